"""The plant of the benchmarks: machines with ten signals, each signal on its own topic `bench/<n>`.

The number of signals comes from the environment variable `BENCH_SIGNALS` (4,000 by default), because a server takes a
plant file and nothing else.
"""

import os

from plantverse import Binding, Plant, Telemetry, Twin

PER_TWIN = 10
SIGNALS = int(os.environ.get("BENCH_SIGNALS", "4000"))


class Machine(Twin):
    """Ten numbers with a range, so that the quality gate has something to check."""

    s0 = Telemetry(range=(0, 1000))
    s1 = Telemetry(range=(0, 1000))
    s2 = Telemetry(range=(0, 1000))
    s3 = Telemetry(range=(0, 1000))
    s4 = Telemetry(range=(0, 1000))
    s5 = Telemetry(range=(0, 1000))
    s6 = Telemetry(range=(0, 1000))
    s7 = Telemetry(range=(0, 1000))
    s8 = Telemetry(range=(0, 1000))
    s9 = Telemetry(range=(0, 1000))


plant = Plant("bench")
for number in range(0, SIGNALS, PER_TWIN):
    plant.add(
        Machine(
            f"bench/m{number // PER_TWIN}",
            bindings=[
                Binding(path=f"s{k}", topic=f"bench/{number + k}", key="value")
                for k in range(min(PER_TWIN, SIGNALS - number))
            ],
        )
    )

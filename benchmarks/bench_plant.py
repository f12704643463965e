"""The plant of the benchmarks: machines with ten signals, each signal on its own topic `bench/<n>`.

The number of signals comes from the environment variable `BENCH_SIGNALS` (4,000 by default), because a server takes a
plant file and nothing else; with `BENCH_PAYLOAD=batch` a hundred signals share the topic `bench-batch/<k>`.
"""

import os

from plantverse import Binding, Plant, Telemetry, Twin

PER_TWIN = 10
PER_MESSAGE = 100
BATCHED = os.environ.get("BENCH_PAYLOAD") == "batch"
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


def source(path: str, number: int) -> Binding:
    """Return where the load generator sends a signal."""
    if BATCHED:
        return Binding(path=path, topic=f"bench-batch/{number // PER_MESSAGE}", key=f"values.s{number}")
    return Binding(path=path, topic=f"bench/{number}", key="value")


plant = Plant("bench")
for number in range(0, SIGNALS, PER_TWIN):
    plant.add(
        Machine(
            f"bench/m{number // PER_TWIN}",
            bindings=[source(f"s{k}", number + k) for k in range(min(PER_TWIN, SIGNALS - number))],
        )
    )

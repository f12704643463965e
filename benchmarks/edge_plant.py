"""The plant of `benchmarks.edge_live`: eight halls, each a group of its own, whose signals `benchmarks.blast` sends."""

import os

from benchmarks.bench_plant import PER_TWIN, Machine, source
from plantverse import Plant

HALLS = 8
SIGNALS = int(os.environ.get("BENCH_SIGNALS", "400"))

plant = Plant("edge-bench")
for number in range(0, SIGNALS, PER_TWIN):
    twin = number // PER_TWIN
    plant.add(
        Machine(
            f"hall-{twin % HALLS}/m{twin}",
            bindings=[source(f"s{k}", number + k) for k in range(min(PER_TWIN, SIGNALS - number))],
        )
    )

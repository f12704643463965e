"""Rows of normal operation of a machine of the bottling plant, simulated faster than real time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.sim.bottling.world import BottlingWorld

PUMP = "process/product-pump"
MIDNIGHT_S = 1_764_028_800.0
PATHS = (
    "flow", "suction", "pressure", "npsh_margin", "power",
    "motor.speed", "motor.current", "motor.temperature", "motor.vibration",
)  # fmt: skip


def normal_runs(
    twin: str = PUMP, paths: Sequence[str] = PATHS, *, runs: int = 8, seconds: int = 300, warm_up_s: float = 60.0
) -> list[NDArray[np.float64]]:
    """Return runs of one row a second from a start-up on, spread over the hours of a day, each of another seed."""
    hours = [24.0 * n / runs for n in range(runs)]
    return [_run(twin, paths, seed, hour, seconds, warm_up_s) for seed, hour in enumerate(hours, 100)]


def _run(
    twin: str, paths: Sequence[str], seed: int, hour: float, seconds: int, warm_up_s: float
) -> NDArray[np.float64]:
    world = BottlingWorld(start_s=MIDNIGHT_S + hour * 3600.0, seed=seed, step_s=0.5)
    world.run(warm_up_s)
    rows = []
    for _ in range(seconds):
        world.run(1.0)
        payload = world.payload(twin)
        rows.append([_at(payload, path) for path in paths])
    return np.array(rows)


def _at(payload: dict[str, Any], path: str) -> float:
    found: Any = payload
    for key in path.split("."):
        found = found[key]
    return float(found)

"""Records the bottling plant with faults of known kind, severity and onset, for generators to learn from."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import numpy as np

from plantverse.ai.generate import NORMAL, Recorded, Recording, rules_of_twins
from plantverse.errors import RequestInvalid
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.plant import plant
from plantverse.sim.bottling.world import BottlingWorld

COLUMNS: Final = (
    *(f"process/water-pump:{path}" for path in ("flow", "pressure", "npsh_margin", "power")),
    *(f"process/water-pump:motor.{path}" for path in ("current", "temperature", "vibration")),
    *(f"process/water-filter:{path}" for path in ("drop", "turbidity", "passed")),
    *(f"process/water-valve:{path}" for path in ("position", "flow", "drop")),
    *(f"process/blend-tank:{path}" for path in ("level", "temperature", "inflow", "outflow", "imbalance")),
    *(f"process/product-pump:{path}" for path in ("flow", "pressure", "power")),
    *(f"process/product-pump:motor.{path}" for path in ("temperature", "vibration")),
    *(f"process/product-valve:{path}" for path in ("position", "drop")),
    *(f"process/product-cooler:{path}" for path in ("hot_in", "hot_out", "heat")),
)
"""Signals of the way from the water pump to the product cooler."""
FAULTS: Final = ("bearing_wear", "cavitation", "leak", "clogged_filter", "stuck_valve")
"""Kinds that show in those signals, each at its usual place."""
SEVERITIES: Final = (0.3, 1.0)
WARM_UP_S: Final = (240.0, 900.0)
STEP_S: Final = 0.5
ONSET_S: Final = 10.0
"""Until a fault is as bad as its severity."""
_NOON_S: Final = 1_764_064_800.0


def record(
    faults: Sequence[str] = FAULTS,
    *,
    runs: int = 16,
    normal_runs: int = 32,
    rows: int = 192,
    every_s: float = 5.0,
    seed: int = 1,
    note: Callable[[str], None] = lambda _: None,
) -> Recorded:
    """Simulate runs of production, each from another hour of another day, and return their rows with what is true.

    Args:
        faults: Kinds; each run of one has its own severity (.3 to 1) and an onset in the second quarter of its rows.
        runs: Of each kind of fault.
        normal_runs: Without a fault.
        rows: Of a run.
        every_s: Seconds from row to row, a multiple of 0.5.
        seed: Of everything; equal arguments give equal runs.
        note: Told of each kind.

    Raises:
        RequestInvalid: An unknown fault, or numbers out of range.
    """
    unknown = [kind for kind in faults if kind not in KINDS]
    if unknown:
        raise RequestInvalid("fault", expected=", ".join(KINDS), got=unknown[0])
    if min(runs, normal_runs, rows) < 1 or every_s < STEP_S or every_s % STEP_S:
        raise RequestInvalid(
            "runs, rows, every", expected="at least 1, and a multiple of 0.5 s", got=(runs, normal_runs, rows, every_s)
        )
    dice = Random(seed)  # noqa: S311  what is simulated, nothing secret
    recordings: list[Recording] = []
    for kind, count in ((NORMAL, normal_runs), *((kind, runs) for kind in faults)):
        note(f"{kind}: {count} runs")
        recordings += [_run(f"{kind}-{k}", kind, rows, every_s, dice) for k in range(count)]
    return Recorded(
        runs=tuple(recordings), columns=COLUMNS, every_s=every_s, rules=rules_of_twins(plant.spec().twins, COLUMNS)
    )


def _run(name: str, kind: str, rows: int, every_s: float, dice: Random) -> Recording:
    world = BottlingWorld(
        start_s=_NOON_S + dice.uniform(0.0, 7 * 86_400.0), seed=dice.getrandbits(32), step_s=STEP_S, order_s=86_400.0
    )
    world.run(dice.uniform(*WARM_UP_S))
    severity = round(dice.uniform(*SEVERITIES), 3)
    onset = dice.randrange(rows // 4, max(rows // 2, rows // 4 + 1))
    values = np.empty((rows, len(COLUMNS)))
    for row in range(rows):
        if row == onset and kind != NORMAL:
            world.faults.inject(kind, "", severity, ONSET_S)
        world.run(every_s)
        seen = {twin: world.payload(twin) for twin in dict.fromkeys(c.partition(":")[0] for c in COLUMNS)}
        values[row] = [_value(seen, column) for column in COLUMNS]
    if kind == NORMAL:
        return Recording(name=name, rows=values)
    return Recording(name=name, rows=values, fault=kind, severity=severity, onset=onset)


def _value(seen: dict[str, dict[str, Any]], column: str) -> float:
    twin, _, path = column.partition(":")
    at: Any = seen[twin]
    for part in path.split("."):
        at = at[part]
    return float(at)

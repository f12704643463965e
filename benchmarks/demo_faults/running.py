"""The demo plant without broker and server, as fast as the physics go: what its devices say, as rows at even steps.

Devices speak as in `plantverse sim run`, at a lower rate; rows are made of it as `plantverse ai fit` makes them, and
signals are derived from the rows by the formulas of the twins' types.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.demo_faults.plan import HOURS, NOTHING, STANDS_S, Episode
from plantverse.ai.grid import Grid, Samples, grid
from plantverse.sim.bottling.plant import SIM_ID, plant
from plantverse.sim.bottling.telegrams import Telegrams
from plantverse.sim.bottling.world import BottlingWorld
from plantverse.twins.formulas import Columns
from plantverse.twins.specs import TwinSpec

STEP_S = 0.25
"""Of the physics; 0.1 s outside of studies. `python -m benchmarks.demo_faults step` says what that changes."""
TICK_S = 2.5
"""Vehicles speak once in a tick, machines in two, tanks in five, the air's sensors in ten."""
EVERY_S = 5.0
"""From row to row."""
HOLD_S = 50.0
"""Ten rows, as `plantverse ai fit` takes it where nobody says."""
MIDNIGHT_S = 1_764_028_800.0
"""25 November 2025, 0 h UTC."""

SPECS: dict[str, TwinSpec] = {twin.id: twin for twin in plant.spec().twins if twin.id != SIM_ID}
"""Every twin but that of the simulation itself, which knows the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One run.

    Attributes:
        names: Of the columns, `twin:signal`.
        rows: float32, shape (time, column), every `EVERY_S`; NaN where nothing fresh was known.
        time_s: Of each row since the start of the run.
        phase: Code of `schedule.Phase` per row.
    """

    names: tuple[str, ...]
    rows: NDArray[np.float32]
    time_s: NDArray[np.float64]
    phase: NDArray[np.int8]


def run(seed: int, hour: float, episodes: Sequence[Episode], hours: float = HOURS, step_s: float = STEP_S) -> Recorded:
    """Simulate a plant with these faults.

    Args:
        seed: Of the plant.
        hour: Time of day at the beginning, UTC.
    """
    world = BottlingWorld(start_s=MIDNIGHT_S + hour * 3600.0, seed=seed, step_s=step_s)
    telegrams = Telegrams(world, TICK_S)
    begins = {e.begin_s: e for e in episodes if e.kind != NOTHING}
    ends = {e.begin_s + STANDS_S: e for e in episodes if e.kind != NOTHING}
    heard: dict[str, tuple[list[float], list[float]]] = {}
    codes = _codes()
    phase = []
    for tick in range(round(hours * 3600.0 / TICK_S)):
        if over := ends.get(tick * TICK_S):
            world.mend(over.kind, over.place)
        if begun := begins.get(tick * TICK_S):
            world.faults.inject(begun.kind, begun.place, begun.severity, begun.onset_s)
        world.run(TICK_S)
        at_us = world.elapsed_s * 1e6
        for twin_id, payload in telegrams.due():
            if twin_id == SIM_ID:
                continue
            for name, value in _numbers(f"{twin_id}:", payload, codes):
                times, values = heard.setdefault(name, ([], []))
                times.append(at_us)
                values.append(value)
        phase.append(int(world.plan.phase))
    samples = {
        name: Samples(time_us=np.array(times), value=np.array(values)) for name, (times, values) in heard.items()
    }
    rows = grid(samples, tuple(samples), every_s=EVERY_S, hold_s=HOLD_S)
    return _recorded(rows, tuple(samples), np.array(phase, np.int8))


def _codes() -> dict[str, dict[str, int]]:
    """Return the code of each word of each signal that has words."""
    return {
        f"{twin.id}:{signal.path}": {word: code for code, word in signal.codes.items()}
        for twin in SPECS.values()
        for signal in twin.signals()
        if signal.codes
    }


def _numbers(
    prefix: str, payload: Mapping[str, Any], codes: Mapping[str, Mapping[str, int]]
) -> Iterator[tuple[str, float]]:
    for key, value in payload.items():
        name = prefix + key
        if isinstance(value, Mapping):
            yield from _numbers(f"{name}.", value, codes)
        elif isinstance(value, int | float):
            yield name, float(value)
        elif name in codes:
            yield name, float(codes[name][value])


def _recorded(found: Grid, names: tuple[str, ...], phase: NDArray[np.int8]) -> Recorded:
    """Return rows in the order of the twins' signals, with those that are derived."""
    heard = {name: found.rows[:, i] for i, name in enumerate(names)}
    columns: dict[str, NDArray[np.float64]] = {}
    for twin in SPECS.values():
        own = {s.path: heard[f"{twin.id}:{s.path}"] for s in twin.signals() if f"{twin.id}:{s.path}" in heard}
        for derived in twin.type.derived:
            with np.errstate(all="ignore"):
                own[derived.signal.path] = np.asarray(derived.compute(Columns(own)), np.float64)
        columns |= {f"{twin.id}:{path}": column for path, column in own.items()}
    time_s = found.time_us / 1e6
    return Recorded(
        names=tuple(columns),
        rows=np.column_stack(list(columns.values())).astype(np.float32),
        time_s=time_s,
        phase=phase[np.clip(np.ceil(time_s / TICK_S).astype(int) - 1, 0, len(phase) - 1)],
    )

"""What is judged: the shipped detectors, one for each machine or one for the plant, and controls that know less.

Everything is learned from the training runs. A row alarm becomes an alarm as `docs/how-to/detect-anomalies.md` has it:
5 s on-delay, 30 s off-delay.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.demo_faults.running import EVERY_S, SPECS, Recorded
from plantverse.ai.detectors import Detector
from plantverse.ai.errors import RowsUnfit
from plantverse.ai.stretches import Flags, stretches

ON_ROWS = round(5.0 / EVERY_S) + 1
OFF_ROWS = round(30.0 / EVERY_S)
PLANT_MODE = "line/filler:state"
NAMED = 3
"""Machines and signals that an alarm names."""
_PAST_ROWS = 250
"""Rows that a smoothed score remembers: 0.9 to that power is 4e-12."""

Fit = Callable[[Sequence[NDArray[np.float64]], Sequence[str]], Detector]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm as it comes.

    Attributes:
        machine: Whose it is.
        machines: The first three to look at.
        signals: The first three of `machine`, full names.
    """

    at_s: float
    machine: str
    machines: tuple[str, ...]
    signals: tuple[str, ...]


class Watcher(Protocol):
    """What looks at a run."""

    def alarms(self, run: Recorded) -> list[Alarm]:
        """Return the alarms of a run in order of time."""
        ...


def machine_of(name: str) -> str:
    """Return the twin of a signal."""
    return name.partition(":")[0]


def mode_of(names: Sequence[str]) -> list[str]:
    """Return the signal that tells the regime: the state of a machine, else nothing."""
    return [name for name in names if name.endswith(":state")][:1]


def watched(names: Sequence[str]) -> dict[str, list[int]]:
    """Return columns by machine, without counters: they only grow, and no limit holds for what only grows."""
    counters = {f"{twin.id}:{s.path}" for twin in SPECS.values() for s in twin.signals() if s.counter}
    found: dict[str, list[int]] = defaultdict(list)
    for column, name in enumerate(names):
        if name not in counters:
            found[machine_of(name)].append(column)
    return found


def starts(beyond: Flags, on_rows: int = ON_ROWS, off_rows: int = OFF_ROWS) -> list[int]:
    """Return the rows in which an alarm comes: `on_rows` in a row beyond, and not while the last one still stands."""
    found: list[int] = []
    ends = -1
    for start, stop in stretches(beyond):
        # A stretch that begins within the off-delay of a standing alarm belongs to it.
        if start <= ends:
            ends = max(ends, stop + off_rows)
        elif stop - start >= on_rows:
            found.append(start + on_rows - 1)
            ends = stop + off_rows
    return found


class Machines:
    """One detector for each machine.

    Args:
        training: Runs without faults.
        fit: Makes a detector of rows and names.
        mode: Signal that tells the regime of a machine without a state of its own; "" where regimes do not count.
    """

    def __init__(self, training: Sequence[Recorded], fit: Fit, mode: str = "") -> None:
        self.detectors: dict[str, tuple[list[int], Detector]] = {}
        names = training[0].names
        for machine, own in watched(names).items():
            # Who has no mode of its own goes by that of the line.
            columns = own if not mode or mode_of([names[i] for i in own]) else [*own, names.index(mode)]
            runs = [run.rows[:, columns].astype(np.float64) for run in training]
            try:
                self.detectors[machine] = columns, fit(runs, [names[i] for i in columns])
            except RowsUnfit:
                # Nothing of the gateway moves in normal operation.
                continue

    def alarms(self, run: Recorded) -> list[Alarm]:
        """Judge every machine by its own detector; the highest scores name the machines."""
        scores = {}
        for machine, (columns, detector) in self.detectors.items():
            detector.reset()
            scores[machine] = np.nan_to_num(detector.scores(run.rows[:, columns].astype(np.float64)))
        order = list(scores)
        table = np.column_stack(list(scores.values()))
        found = []
        for machine in order:
            columns, detector = self.detectors[machine]
            for row in starts(scores[machine] > 1):
                ranked = [order[i] for i in np.argsort(-table[row], kind="stable")[:NAMED]]
                signals = blamed(detector, run.rows[:, columns], row)
                found.append(
                    Alarm(at_s=float(run.time_s[row]), machine=machine, machines=tuple(ranked), signals=signals[:NAMED])
                )
        return sorted(found, key=lambda alarm: alarm.at_s)


class Plant:
    """One detector for everything."""

    def __init__(self, training: Sequence[Recorded], fit: Fit) -> None:
        names = training[0].names
        self._columns = sorted(i for columns in watched(names).values() for i in columns)
        runs = [run.rows[:, self._columns].astype(np.float64) for run in training]
        self.detector = fit(runs, [names[i] for i in self._columns])

    def alarms(self, run: Recorded) -> list[Alarm]:
        """Judge whole rows; the shares of its signals name a machine."""
        rows = run.rows[:, self._columns].astype(np.float64)
        self.detector.reset()
        found = []
        for row in starts(np.nan_to_num(self.detector.scores(rows)) > 1):
            shares: dict[str, float] = defaultdict(float)
            past = rows[max(row - _PAST_ROWS, 0) : row + 1]
            contributions = _contributions(self.detector, past)
            for name, share in zip(self.detector.columns.names, contributions, strict=True):
                shares[machine_of(name)] += share
            machines = sorted(shares, key=lambda machine: -shares[machine])[:NAMED]
            own = [n for n in blamed(self.detector, rows, row) if machine_of(n) == machines[0]]
            found.append(
                Alarm(
                    at_s=float(run.time_s[row]),
                    machine=machines[0],
                    machines=tuple(machines),
                    signals=tuple(own[:NAMED]),
                )
            )
        return found


class RandomAlarms:
    """Raises as many alarms as another watcher did in the same run, but anywhere."""

    def __init__(self, other: Watcher) -> None:
        self._other = other

    def alarms(self, run: Recorded) -> list[Alarm]:
        """Draw alarms."""
        like = self._other.alarms(run)
        rng = np.random.default_rng(len(like) + round(1000 * abs(float(run.rows[-1, 0]))))
        machines = sorted({machine_of(name) for name in run.names})
        found = []
        for at_s in sorted(rng.uniform(0, float(run.time_s[-1]), len(like))):
            named = [str(m) for m in rng.choice(machines, NAMED, replace=False)]
            own = [name for name in run.names if machine_of(name) == named[0]]
            signals = [str(s) for s in rng.permutation(own)[:NAMED]]
            found.append(Alarm(at_s=float(at_s), machine=named[0], machines=tuple(named), signals=tuple(signals)))
        return found


def blamed(detector: Detector, rows: NDArray[np.float64] | NDArray[np.float32], row: int) -> tuple[str, ...]:
    """Return the columns of a row by their share, largest first."""
    shares = _contributions(detector, rows[max(row - _PAST_ROWS, 0) : row + 1].astype(np.float64))
    return tuple(detector.columns.names[i] for i in np.argsort(-shares, kind="stable") if shares[i] > 0)


def _contributions(detector: Detector, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    detector.reset()
    detector.scores(rows[:-1])
    return detector.update(rows[-1]).contributions

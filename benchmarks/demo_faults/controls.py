"""Controls: the limits and rules that the twins have anyway, and an EWMA chart of each signal for itself."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.demo_faults.running import EVERY_S, SPECS, Recorded
from benchmarks.demo_faults.watchers import NAMED, Alarm
from plantverse.ai.detectors.core import Arrays, Row, stepped
from plantverse.ai.stretches import Flags, stretches
from plantverse.platform.config import AlarmSettings
from plantverse.twins.formulas import Columns
from plantverse.twins.limits import LIMIT_NAMES
from plantverse.twins.specs import Limits, SignalSpec, TwinSpec

_SETTINGS = AlarmSettings()


class FixedLimits:
    """Limits with deadband and delays, and rules, of the twins' types; nothing is learned."""

    def alarms(self, run: Recorded) -> list[Alarm]:
        """Return alarms as they come, the machines that stand in alarm first by who came first."""
        at = {name: run.rows[:, i].astype(np.float64) for i, name in enumerate(run.names)}
        came = []
        for twin in SPECS.values():
            for signals, beyond, on_s, off_s in _conditions(twin, at):
                on_rows, off_rows = int(np.ceil(on_s / EVERY_S)) + 1, int(np.ceil(off_s / EVERY_S))
                came += [(start, stop, twin.id, signals) for start, stop in _standing(beyond, on_rows, off_rows)]
        came.sort(key=lambda each: each[0])
        found = []
        for start, _, machine, signals in came:
            before = [m for s, e, m, _ in came if s <= start < e]
            machines = tuple(dict.fromkeys(before))[:NAMED]
            found.append(
                Alarm(at_s=float(run.time_s[start]), machine=machine, machines=machines, signals=signals[:NAMED])
            )
        return found


def _conditions(
    twin: TwinSpec, at: dict[str, NDArray[np.float64]]
) -> Iterator[tuple[tuple[str, ...], Flags, float, float]]:
    """Yield (signals, where the cause is there, on-delay, off-delay) of every limit and rule of a twin."""
    for signal in twin.signals():
        limits = twin.limits.get(signal.path, signal.limits)
        name = f"{twin.id}:{signal.path}"
        if limits is None or name not in at:
            continue
        for which in LIMIT_NAMES:
            if (limit := getattr(limits, which)) is not None:
                sign = 1.0 if which in {"h", "hh"} else -1.0
                beyond = _beyond(sign * at[name], sign * limit, _deadband(signal, limits))
                yield (
                    (name,),
                    beyond,
                    limits.on_delay_s or _SETTINGS.on_delay_s,
                    limits.off_delay_s or _SETTINGS.off_delay_s,
                )
    own = {s.path: at[f"{twin.id}:{s.path}"] for s in twin.signals() if f"{twin.id}:{s.path}" in at}
    for rule in twin.type.rules:
        with np.errstate(all="ignore"):
            found = np.asarray(rule.condition(Columns(own)), np.bool_)
        signals = tuple(f"{twin.id}:{path}" for path in rule.inputs)
        yield signals, found, rule.on_delay_s or _SETTINGS.on_delay_s, rule.off_delay_s or _SETTINGS.off_delay_s


def _deadband(signal: SignalSpec, limits: Limits) -> float:
    if limits.deadband or signal.range is None:
        return limits.deadband
    return abs(signal.range[1] - signal.range[0]) * _SETTINGS.deadband_percent / 100


def _beyond(value: NDArray[np.float64], limit: float, deadband: float) -> Flags:
    """Return where a value is above a limit, or was and has not come back by the deadband.

    A missing value changes nothing.
    """
    told = np.where(value > limit, 1, np.where(value <= limit - deadband, 0, -1))
    last = np.maximum.accumulate(np.where(told >= 0, np.arange(len(told)), 0))
    return np.asarray(told[last] == 1, np.bool_)


def _standing(beyond: Flags, on_rows: int, off_rows: int) -> list[tuple[int, int]]:
    """Return from which row to which an alarm stands."""
    found: list[tuple[int, int]] = []
    for start, stop in stretches(beyond):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], stop + off_rows)
        elif stop - start >= on_rows:
            found.append((start + on_rows - 1, stop + off_rows))
    return found


class EachSignalCore:
    """An EWMA chart for each signal: what does not know that signals belong together."""

    kind: ClassVar[str] = "each-signal"
    statistics: ClassVar[tuple[str, ...]] = ("largest",)
    weight: ClassVar[float] = 0.1

    def __init__(self, spread: Row) -> None:
        self._spread = spread
        self.reset()

    @classmethod
    def learn(cls, runs: Sequence[NDArray[np.float64]]) -> Self:
        """Take the spread of each smoothed signal."""
        core = cls(np.ones(runs[0].shape[1]))
        squares = []
        for run in runs:
            core.reset()
            squares.append((np.array([core.smoothed(row) for row in run]) ** 2).mean(0))
        return cls(np.maximum(np.sqrt(np.mean(squares, 0)), 1e-9))

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        return cls(arrays["spread"])

    def arrays(self) -> Arrays:
        """Return the spreads."""
        return {"spread": self._spread}

    def bound(self, limits: Row) -> None:
        """Nothing depends on the limit."""

    def reset(self) -> None:
        """Start at the mean."""
        self._smooth = np.zeros(len(self._spread))

    def smoothed(self, row: Row) -> Row:
        """Take a row and return the smoothed one."""
        self._smooth = self._smooth + self.weight * np.nan_to_num(row - self._smooth)
        return self._smooth

    def step(self, row: Row) -> Row:
        """Return the largest deviation."""
        return np.abs(self.smoothed(row) / self._spread).max(keepdims=True)

    def run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest deviation of each row."""
        return stepped(self, rows)

    def blame(self) -> Row:
        """Return each signal's own deviation."""
        return np.asarray((self._smooth / self._spread) ** 2)

    def memory(self) -> dict[str, Any]:
        """Return the smoothed row."""
        return {"smooth": self._smooth}

    def recall(self, memory: Arrays) -> None:
        """Go on from it."""
        self._smooth = memory["smooth"]

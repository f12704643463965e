"""What a window should show: which fault, how bad, since when; and which of that a generator has ever seen."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import ConditionUnseen, RowsUnfit

NORMAL = "normal"
"""The name for no fault at all."""
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What one window shows.

    Attributes:
        fault: Kind of fault, or `normal`.
        severity: Above 0 and at most 1; 0 for normal.
        onset: Row of the window at which the fault begins; negative if it began so many rows before. 0 for normal.

    Raises:
        RowsUnfit: A severity or an onset that cannot be.

    Example:
        >>> Condition(fault="leak", severity=0.5, onset=-20.0).facts()
        {'fault': 'leak', 'severity': 0.5, 'onset': -20.0}
    """

    fault: str = NORMAL
    severity: float = 0.0
    onset: float = 0.0

    def __post_init__(self) -> None:
        if not self.fault:
            raise RowsUnfit("fault: expected a name, got nothing")
        if self.fault == NORMAL:
            object.__setattr__(self, "severity", 0.0)
            object.__setattr__(self, "onset", 0.0)
        elif not 0.0 < self.severity <= 1.0:
            raise RowsUnfit(f"severity of {self.fault}: expected above 0 and at most 1, got {self.severity!r}")
        elif not math.isfinite(self.onset):
            raise RowsUnfit(f"onset of {self.fault}: expected a number of rows, got {self.onset!r}")

    def facts(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"fault": self.fault, "severity": self.severity, "onset": self.onset}


NORMAL_OPERATION = Condition()
"""No fault at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Conditions as columns, for the methods.

    Attributes:
        fault: int64, index into the names that were seen, shape (window,).
        severity: float64, shape (window,).
        onset: float64, rows, shape (window,).
        normal: Index of normal among the names, -1 where it was never seen.
        period: Rows after which the plant's readings come round again, 1 where each row is like the next.
        phase: Row of the window in which a round begins, 0 to period - 1, shape (window,).
    """

    fault: NDArray[np.int64]
    severity: NDArray[np.float64]
    onset: NDArray[np.float64]
    normal: int
    period: int
    phase: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.fault)

    def active(self, length: int) -> NDArray[np.bool_]:
        """Return for each row of each window whether the fault is there, shape (window, length)."""
        faulty = self.fault != self.normal
        return np.asarray(faulty[:, None] & (np.arange(length)[None] >= self.onset[:, None]), np.bool_)

    def take(self, at: Any) -> "Labels":
        """Return some of them, as numpy indexes."""
        return Labels(
            fault=self.fault[at],
            severity=self.severity[at],
            onset=self.onset[at],
            normal=self.normal,
            period=self.period,
            phase=self.phase[at],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Every fault that was learned, with the span of severities and onsets that were there to learn from.

    Attributes:
        faults: Names, sorted.
        count: Windows of each.
        severity: Lowest and highest of each.
        onset: Earliest and latest of each, rows.
    """

    faults: tuple[str, ...]
    count: tuple[int, ...]
    severity: tuple[tuple[float, float], ...]
    onset: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, conditions: Iterable[Condition]) -> Self:
        """Return what these conditions cover."""
        by: dict[str, list[Condition]] = {}
        for condition in conditions:
            by.setdefault(condition.fault, []).append(condition)
        names = tuple(sorted(by))
        return cls(
            faults=names,
            count=tuple(len(by[n]) for n in names),
            severity=tuple((min(c.severity for c in by[n]), max(c.severity for c in by[n])) for n in names),
            onset=tuple((min(c.onset for c in by[n]), max(c.onset for c in by[n])) for n in names),
        )

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Return what `facts` gave."""
        return cls(
            faults=tuple(facts),
            count=tuple(int(f["windows"]) for f in facts.values()),
            severity=tuple((float(f["severity"][0]), float(f["severity"][1])) for f in facts.values()),
            onset=tuple((float(f["onset"][0]), float(f["onset"][1])) for f in facts.values()),
        )

    def facts(self) -> dict[str, Any]:
        """Return it as plain JSON, by fault."""
        return {
            name: {"windows": n, "severity": list(s), "onset": list(o)}
            for name, n, s, o in zip(self.faults, self.count, self.severity, self.onset, strict=True)
        }

    def check(self, condition: Condition) -> None:
        """Refuse what was never seen.

        Raises:
            ConditionUnseen: The fault, its severity or its onset is outside what was learned.
        """
        if condition.fault not in self.faults:
            raise ConditionUnseen(f"fault {condition.fault}: never seen in training", hint="seen: " + self.text())
        at = self.faults.index(condition.fault)
        for what, value, (low, high) in (
            ("severity", condition.severity, self.severity[at]),
            ("onset", condition.onset, self.onset[at]),
        ):
            if not low - _SLACK <= value <= high + _SLACK:
                raise ConditionUnseen(
                    f"{what} {value:g} of {condition.fault}: {low:g} to {high:g} was seen in training",
                    hint="teach it runs like that, or ask for what was seen",
                )

    def clip(self, condition: Condition) -> Condition:
        """Return the nearest condition with this fault that was seen; `check` refuses a fault that never was."""
        if condition.fault not in self.faults:
            self.check(condition)
        if condition.fault == NORMAL:
            return condition
        at = self.faults.index(condition.fault)
        return Condition(
            fault=condition.fault,
            severity=min(max(condition.severity, self.severity[at][0]), self.severity[at][1]),
            onset=min(max(condition.onset, self.onset[at][0]), self.onset[at][1]),
        )

    def labels(self, conditions: Sequence[Condition], phase: NDArray[np.int64], period: int) -> Labels:
        """Return conditions, all of them seen, as columns; see `Labels` for phase and period."""
        index = {name: k for k, name in enumerate(self.faults)}
        return Labels(
            fault=np.array([index[c.fault] for c in conditions], np.int64),
            severity=np.array([c.severity for c in conditions], np.float64),
            onset=np.array([c.onset for c in conditions], np.float64),
            normal=index.get(NORMAL, -1),
            period=period,
            phase=phase,
        )

    def text(self) -> str:
        """Return the faults as people read them."""
        return ", ".join(self.faults)


def age_of(onset: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Return onsets on a scale where a row early in a fault counts for more than one late in it.

    Inside the window it is the share of rows before the fault, in (0, 1); before the window it falls with the
    logarithm of the windows that have passed since.

    Example:
        >>> age_of(np.array([12.0, 0.0, -24.0, -240.0]), 24).round(2).tolist()
        [0.5, 0.0, -0.69, -2.4]
    """
    # Adding 0 turns -0 into 0.
    return np.where(onset > 0, onset / length, -np.log1p(np.maximum(-onset, 0.0) / length)) + 0.0

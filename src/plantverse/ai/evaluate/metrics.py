"""Figures of one scored run, in counts that can be pooled over runs. No point adjustment, no best threshold."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.stretches import Flags, stretches


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What happened, in rows and events; sums over runs are sums of their fields."""

    true_alarms: int = 0
    false_alarms: int = 0
    missed: int = 0
    quiet: int = 0
    false_before: int = 0
    """False alarms before the run's first event: afterwards an alarm may still be ending."""
    quiet_before: int = 0
    events: int = 0
    events_found: int = 0
    first_blame_right: int = 0
    """Events found whose cause was the most blamed column in the first alarm row."""
    events_with_cause: int = 0
    """Events found whose cause is known."""
    false_episodes: int = 0
    """Stretches of alarm rows that touch no anomalous row."""
    delays: tuple[int, ...] = ()
    """Rows from start to first alarm of each event found."""

    @classmethod
    def sum(cls, parts: Iterable["Counts"]) -> "Counts":
        """Return all parts as one."""
        total = {f.name: () if f.name == "delays" else 0 for f in fields(cls)}
        for part in parts:
            total = {name: value + getattr(part, name) for name, value in total.items()}
        return cls(**total)  # type: ignore[arg-type]

    def figures(self) -> dict[str, float | None]:
        """Return the rates that a reader compares; None where there is nothing to divide by."""
        return {
            "f1": _share(2 * self.true_alarms, 2 * self.true_alarms + self.false_alarms + self.missed),
            "precision": _share(self.true_alarms, self.true_alarms + self.false_alarms),
            "recall": _share(self.true_alarms, self.true_alarms + self.missed),
            "far": _share(self.false_alarms, self.false_alarms + self.quiet),
            "far_before": _share(self.false_before, self.false_before + self.quiet_before),
            "mar": _share(self.missed, self.true_alarms + self.missed),
            "event_recall": _share(self.events_found, self.events),
            "top1": _share(self.first_blame_right, self.events_with_cause),
            "false_episodes": float(self.false_episodes),
            "median_delay": float(np.median(self.delays)) if self.delays else None,
        }


def count(alarm: Flags, truth: Flags, blamed: NDArray[np.int64] | None = None, cause: int | None = None) -> Counts:
    """Compare alarms with the truth row by row and event by event.

    Args:
        alarm: Shape (time,).
        truth: Whether the row is anomalous, shape (time,); an event is a stretch of such rows.
        blamed: Most blamed column per row, shape (time,).
        cause: The column that is really to blame, where known.
    """
    found, right, delays = 0, 0, []
    events = stretches(truth)
    first = events[0][0] if events else len(truth)
    for start, stop in events:
        hits = np.flatnonzero(alarm[start:stop])
        if len(hits):
            found += 1
            delays.append(int(hits[0]))
            right += int(blamed is not None and cause is not None and blamed[start + hits[0]] == cause)
    return Counts(
        true_alarms=int((alarm & truth).sum()),
        false_alarms=int((alarm & ~truth).sum()),
        missed=int((~alarm & truth).sum()),
        quiet=int((~alarm & ~truth).sum()),
        false_before=int(alarm[:first].sum()),
        quiet_before=int((~alarm[:first]).sum()),
        events=len(events),
        events_found=found,
        first_blame_right=right,
        events_with_cause=found if cause is not None else 0,
        false_episodes=sum(not truth[start:stop].any() for start, stop in stretches(alarm)),
        delays=tuple(delays),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

"""What ingestion counts: every message ends as accepted or as rejected for one cause."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class IngestStats:
    """Counters since the start.

    Attributes:
        received: Messages that were handed in.
        accepted: Messages of which something was used.
        rejected: Messages of which nothing was used, by cause; `received` is `accepted` plus all of these.
        values: Samples that were taken.
        rejected_values: Values that were not taken, by cause, also those of accepted messages.
        notes: Things worth knowing that cost nothing: `coerced`, `unknown_member`, `counter_reset`.
    """

    received: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    values: int = 0
    rejected_values: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

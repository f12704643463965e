"""A history that keeps everything in a list: small enough to be seen right, the measure for the real ones."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.errors import Conflict, HistoryUnavailable, NotFound
from plantverse.platform.history.redelivery import ArrivalWindow
from plantverse.platform.history.store import Buckets, LastState, Series, StoredEvent
from plantverse.twins.samples import Flag, SampleBatch

BAD = 128


@dataclass(frozen=True, slots=True)
class Row:
    """A sample; `value` and `exact` are None where there is none."""

    key: int
    observed_ns: int
    received_ns: int
    value: float | None
    quality: int
    stamped: bool
    redelivered: bool
    packet: int
    exact: int | None

    def same_message(self, other: "Row") -> bool:
        """Whether the two can be deliveries of one sample, times of arrival aside."""
        mine = (self.key, self.packet, self.value, self.exact, self.stamped)
        theirs = (other.key, other.packet, other.value, other.exact, other.stamped)
        return mine == theirs and (not self.stamped or self.observed_ns == other.observed_ns)


class MemoryHistory:
    """A `HistoryStore` without a disk. Set `refusing` to a text to have every write fail with it."""

    def __init__(self, *, redelivery_ns: int = 120_000_000_000) -> None:
        self.refusing = ""
        self.rows: list[Row] = []
        self.writes = 0
        self._names: list[str] = []
        self._events: list[StoredEvent] = []
        self._documents: dict[str, tuple[str, int, int]] = {}
        self._epoch = 0
        self._horizon_ns = 0
        self._arrived_ns = 0
        self._redelivery_ns = redelivery_ns
        self._window = ArrivalWindow(redelivery_ns)

    def origin(self) -> str:
        return "memory"

    def next_epoch(self) -> int:
        self._epoch += 1
        return self._epoch

    def newest(self) -> LastState:
        found = [row for key in range(len(self._names)) if (row := self._last(key, 2**63, 0)) is not None]
        return LastState(
            keys=np.array([row.key for row in found], np.int64),
            observed_ns=np.array([row.observed_ns for row in found], np.int64),
            value=np.array([row.value for row in found], np.float64),
            quality=np.array([row.quality for row in found], np.uint8),
            exact=np.array([row.exact or 0 for row in found], np.int64),
            has_exact=np.array([row.exact is not None for row in found], np.bool_),
        )

    def keys(self, signals: Sequence[str]) -> NDArray[np.int64]:
        for name in signals:
            if name not in self._names:
                self._names.append(name)
        return np.array([self._names.index(name) for name in signals], np.int64)

    def signals(self) -> list[str]:
        return list(self._names)

    def rename(self, old: str, new: str) -> None:
        if old not in self._names:
            raise NotFound(f"{old}: no history under this name")
        if new != old and new in self._names:
            raise Conflict(f"{new}: has a history of its own")
        self._names[self._names.index(old)] = new

    def write(self, batch: SampleBatch, keys: NDArray[np.int64]) -> int:
        self._refuse()
        rows = [_row(batch, keys, at) for at in range(len(batch))]
        again = [row.received_ns for row in rows if row.redelivered]
        since_ns = self._window.since_ns(min(again), self._arrived_ns) if again else 0
        fresh = [
            row
            for at, row in enumerate(rows)
            if not (row.redelivered and (self._stored(row, since_ns) or _repeated(rows[:at], row)))
        ]
        self.rows += fresh
        self.writes += 1
        if fresh:
            self._arrived_ns = fresh[-1].received_ns
        return len(fresh)

    def write_events(self, events: Sequence[StoredEvent]) -> None:
        self._refuse()
        self._events += events

    def write_documents(self, documents: Sequence[tuple[str, str, int]]) -> None:
        self._refuse()
        for twin, body, revision in documents:
            self._documents[twin] = (body, self._epoch, revision)

    def documents(self) -> list[tuple[str, str, int]]:
        return [(twin, body, revision) for twin, (body, _, revision) in sorted(self._documents.items())]

    def series(self, signal: str, start_ns: int, end_ns: int, limit: int = 1_000_000) -> Series:
        rows = self._range(signal, start_ns, end_ns)[:limit]
        needed = any(row.exact is not None for row in rows)
        exact = [_rounded(row.value) if row.exact is None else row.exact for row in rows]
        return Series(
            observed_ns=np.array([row.observed_ns for row in rows], np.int64),
            value=np.array([math.nan if row.value is None else row.value for row in rows], np.float64),
            quality=np.array([row.quality for row in rows], np.uint8),
            received_ns=np.array([row.received_ns for row in rows], np.int64),
            exact=np.array(exact, np.int64) if needed else None,
        )

    def buckets(self, signal: str, start_ns: int, end_ns: int, width_ns: int) -> Buckets:
        if width_ns <= 0:
            raise ValueError(f"buckets of {width_ns} ns")
        grouped: dict[int, list[Row]] = {}
        for row in self._range(signal, start_ns, end_ns):
            grouped.setdefault(row.observed_ns - row.observed_ns % width_ns, []).append(row)
        usable = [[r.value for r in rows if r.value is not None and r.quality < BAD] for rows in grouped.values()]
        return Buckets(
            start_ns=np.array(list(grouped), np.int64),
            minimum=np.array([min(values, default=math.nan) for values in usable], np.float64),
            maximum=np.array([max(values, default=math.nan) for values in usable], np.float64),
            mean=np.array([sum(values) / len(values) if values else math.nan for values in usable], np.float64),
            count=np.array([sum(r.value is not None for r in rows) for rows in grouped.values()], np.int64),
            worst=np.array([max(r.quality for r in rows) for rows in grouped.values()], np.uint8),
        )

    def as_of(
        self, signals: Sequence[str], at_ns: int, look_back_ns: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]:
        first_ns = 0 if look_back_ns is None else at_ns - look_back_ns
        found = [
            self._last(self._names.index(name), at_ns + 1, first_ns) if name in self._names else None
            for name in signals
        ]
        return (
            np.array([0 if row is None else row.observed_ns for row in found], np.int64),
            np.array([math.nan if row is None else row.value for row in found], np.float64),
            np.array([0 if row is None else row.quality for row in found], np.uint8),
        )

    def events(
        self, start_ns: int, end_ns: int, *, kind: str | None = None, twin: str | None = None, limit: int = 10_000
    ) -> list[StoredEvent]:
        found = [
            event
            for event in self._events
            if start_ns <= event.at_ns < end_ns and kind in {None, event.kind} and twin in {None, event.twin}
        ]
        found.sort(key=lambda event: (event.at_ns, event.epoch, event.revision))
        return found[-limit:]

    def count_events(self, start_ns: int, end_ns: int, *, kind: str | None = None, twin: str | None = None) -> int:
        return len(self.events(start_ns, end_ns, kind=kind, twin=twin, limit=2**62))

    def raised_ns(self, start_ns: int, end_ns: int) -> NDArray[np.int64]:
        alarms = ((e.at_ns, json.loads(e.body)) for e in self.events(start_ns, end_ns, kind="alarm", limit=2**62))
        raised = [at for at, body in alarms if body.get("action") == "raised" and not body.get("synthetic")]
        return np.array(raised, np.int64)

    def forget(self, before_ns: int) -> int:
        before = len(self.rows)
        self.rows = [row for row in self.rows if row.observed_ns >= before_ns]
        self._events = [event for event in self._events if event.at_ns >= before_ns]
        self._horizon_ns = max(self._horizon_ns, before_ns)
        return before - len(self.rows)

    def last_revision(self) -> tuple[int, int]:
        seen = [(event.epoch, event.revision) for event in self._events]
        seen += [(epoch, revision) for _, epoch, revision in self._documents.values()]
        return max(seen, default=(0, 0))

    def size_bytes(self) -> int:
        return 64 * len(self.rows)

    def notice(self) -> str:
        return ""

    def counts(self) -> Mapping[str, int]:
        return {}

    def close(self) -> None:
        """What a restart forgets."""
        self._window = ArrivalWindow(self._redelivery_ns)

    def _refuse(self) -> None:
        if self.refusing:
            raise HistoryUnavailable(self.refusing)

    def _stored(self, row: Row, since_ns: int) -> bool:
        if row.stamped:
            # A store does not keep whether a time was the device's.
            mine = (row.key, row.packet, row.value, row.exact, row.observed_ns)
            return any(mine == (s.key, s.packet, s.value, s.exact, s.observed_ns) for s in self.rows)
        users = [stored for stored in self.rows if stored.packet == row.packet and stored.received_ns >= since_ns]
        last_ns = max((stored.received_ns for stored in users), default=0)
        return any(
            (stored.key, stored.value, stored.exact) == (row.key, row.value, row.exact)
            for stored in users
            if stored.received_ns == last_ns
        )

    def _range(self, signal: str, start_ns: int, end_ns: int) -> list[Row]:
        if signal not in self._names:
            return []
        key, start_ns = self._names.index(signal), max(start_ns, self._horizon_ns)
        rows = [row for row in self.rows if row.key == key and start_ns <= row.observed_ns < end_ns]
        return sorted(rows, key=lambda row: row.observed_ns)

    def _last(self, key: int, end_ns: int, start_ns: int) -> Row | None:
        start_ns = max(start_ns, self._horizon_ns)
        best = None
        for row in self.rows:
            wanted = row.key == key and row.value is not None and start_ns <= row.observed_ns < end_ns
            if wanted and (best is None or row.observed_ns >= best.observed_ns):
                best = row
        return best


def _row(batch: SampleBatch, keys: NDArray[np.int64], at: int) -> Row:
    value, flags = float(batch.value[at]), int(batch.flags[at])
    return Row(
        key=int(keys[at]),
        observed_ns=int(batch.observed_ns[at]),
        received_ns=int(batch.received_ns[at]),
        value=None if math.isnan(value) else value,
        quality=int(batch.quality[at]),
        stamped=bool(flags & Flag.STAMPED),
        redelivered=bool(flags & Flag.REDELIVERED),
        packet=int(batch.packet[at]),
        exact=int(batch.exact[at]) if flags & Flag.EXACT and batch.exact is not None else None,
    )


def _repeated(earlier: list[Row], row: Row) -> bool:
    first = next((other for other in earlier if row.same_message(other)), row)
    return first.received_ns != row.received_ns


def _rounded(value: float | None) -> int:
    fits = value is not None and math.isfinite(value) and abs(value) < 2.0**63
    return round(value) if value is not None and fits else 0

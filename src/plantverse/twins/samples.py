"""Samples as columns: the batch that ingestion hands over, and the bounded log that everything else reads.

A sample never becomes an object. A batch is a handful of numpy arrays of equal length; the log is a ring of the
same columns in which each reader keeps a cursor.
"""

from dataclasses import dataclass, field
from enum import IntFlag
from typing import Self

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I32 = NDArray[np.int32]

EXACT_LIMIT = 2**53
"""Beyond this, float64 no longer holds every integer (IEEE 754 binary64 has a 53-bit significand)."""


class Flag(IntFlag):
    """What the packet said about a sample."""

    NONE = 0
    STAMPED = 1
    """The device gave a usable time; without it `observed_ns` is `received_ns`."""
    RETAINED = 2
    """The broker kept this message; it says nothing about now."""
    REDELIVERED = 4
    """The packet may have been delivered before (DUP, or the first packets of a resumed session)."""
    VALUELESS = 8
    """No usable number came (NaN, null, wrong type): quality changes, the last good value stays."""
    EXACT = 16
    """`exact` holds the integer; `value` is its nearest float."""
    LATE = 32
    """Older than the newest of its signal: history only. Set by the telemetry plane."""


@dataclass(slots=True, kw_only=True)
class SampleBatch:
    """Samples in order of arrival. All columns have the same length n.

    Attributes:
        slot: int32, the signal's dense index in this epoch.
        value: float64, in the signal's declared unit; NaN where `VALUELESS`.
        observed_ns: int64, device time (or `received_ns` where the device gave none or an impossible one).
        received_ns: int64, our time.
        quality: uint8, see `quality.pack`.
        flags: uint8, bits of `Flag`.
        stamp_ns: int64, the device's own stamp as it came, also where it was refused; 0 where there was none.
        packet: uint16, the MQTT packet id; 0 for QoS 0. With `STAMPED` missing it tells a redelivery from news.
        exact: int64, the integer where `EXACT` is set; None while no row of the batch needs it.
        revision: uint64, filled in when the telemetry plane commits the batch.
    """

    slot: I32
    value: F64
    observed_ns: I64
    received_ns: I64
    quality: U8
    flags: U8
    stamp_ns: I64
    packet: U16
    exact: I64 | None = None
    revision: NDArray[np.uint64] | None = None

    def __len__(self) -> int:
        return len(self.slot)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """Return a batch of the rows at these indices or where the mask is true."""
        return type(self)(
            slot=self.slot[rows],
            value=self.value[rows],
            observed_ns=self.observed_ns[rows],
            received_ns=self.received_ns[rows],
            quality=self.quality[rows],
            flags=self.flags[rows],
            stamp_ns=self.stamp_ns[rows],
            packet=self.packet[rows],
            exact=None if self.exact is None else self.exact[rows],
            revision=None if self.revision is None else self.revision[rows],
        )

    @classmethod
    def of(
        cls,
        slot: object,
        value: object,
        observed_ns: object,
        received_ns: object | None = None,
        *,
        quality: object | None = None,
        flags: int = Flag.STAMPED,
        packet: object | None = None,
    ) -> Self:
        """Return a batch of plain sequences; for tests, derived values and publishers off the hot path."""
        slots = np.atleast_1d(np.asarray(slot, np.int32))
        n = len(slots)
        observed = np.broadcast_to(np.asarray(observed_ns, np.int64), n).copy()
        return cls(
            slot=slots,
            value=np.broadcast_to(np.asarray(value, np.float64), n).copy(),
            observed_ns=observed,
            received_ns=observed
            if received_ns is None
            else np.broadcast_to(np.asarray(received_ns, np.int64), n).copy(),
            quality=np.zeros(n, np.uint8)
            if quality is None
            else np.broadcast_to(np.asarray(quality, np.uint8), n).copy(),
            flags=np.full(n, int(flags), np.uint8),
            stamp_ns=observed.copy() if flags & Flag.STAMPED else np.zeros(n, np.int64),
            packet=np.zeros(n, np.uint16)
            if packet is None
            else np.broadcast_to(np.asarray(packet, np.uint16), n).copy(),
        )


@dataclass(slots=True)
class LogReader:
    """One reader's place in the sample log."""

    position: int
    missed: int = field(default=0)
    """Rows overwritten before this reader came to them."""


class SampleLog:
    """Every committed sample, newest `capacity` rows, as a ring of columns.

    The writer never waits: a reader that falls more than `capacity` behind loses the oldest rows and is told how
    many. Positions count rows since the start and never wrap.

    Args:
        capacity: Rows kept; 45 bytes each.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.position = 0
        self._columns = SampleBatch(
            slot=np.zeros(capacity, np.int32),
            value=np.zeros(capacity, np.float64),
            observed_ns=np.zeros(capacity, np.int64),
            received_ns=np.zeros(capacity, np.int64),
            quality=np.zeros(capacity, np.uint8),
            flags=np.zeros(capacity, np.uint8),
            stamp_ns=np.zeros(capacity, np.int64),
            packet=np.zeros(capacity, np.uint16),
            exact=np.zeros(capacity, np.int64),
            revision=np.zeros(capacity, np.uint64),
        )

    def append(self, batch: SampleBatch) -> None:
        """Copy a committed batch into the ring."""
        if len(batch) > self.capacity:
            self.position += len(batch) - self.capacity
            batch = batch.take(np.arange(len(batch) - self.capacity, len(batch)))
        start = self.position % self.capacity
        first = min(len(batch), self.capacity - start)
        _copy(batch, 0, self._columns, start, first)
        _copy(batch, first, self._columns, 0, len(batch) - first)
        self.position += len(batch)

    def reader(self, *, from_start: bool = False) -> LogReader:
        """Return a reader that starts now, or at the oldest row kept."""
        return LogReader(max(0, self.position - self.capacity) if from_start else self.position)

    def read(self, reader: LogReader, limit: int | None = None) -> SampleBatch | None:
        """Return the next rows of this reader and advance it; None when there is nothing new.

        Args:
            reader: From `reader()`; its `missed` grows when rows were overwritten.
            limit: At most so many rows.
        """
        oldest = self.position - self.capacity
        if reader.position < oldest:
            reader.missed += oldest - reader.position
            reader.position = oldest
        count = self.position - reader.position
        if limit is not None:
            count = min(count, limit)
        if count <= 0:
            return None
        rows = np.arange(reader.position, reader.position + count) % self.capacity
        reader.position += count
        return self._columns.take(rows)


def _copy(source: SampleBatch, at: int, target: SampleBatch, to: int, count: int) -> None:
    if not count:
        return
    for name in ("slot", "value", "observed_ns", "received_ns", "quality", "flags", "stamp_ns", "packet"):
        getattr(target, name)[to : to + count] = getattr(source, name)[at : at + count]
    if target.exact is not None:
        target.exact[to : to + count] = 0 if source.exact is None else source.exact[at : at + count]
    if target.revision is not None and source.revision is not None:
        target.revision[to : to + count] = source.revision[at : at + count]

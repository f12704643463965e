"""The telemetry plane: the newest sample of every numeric signal, as columns indexed by slot.

`commit` is on every sample's way. It works on whole batches: no loop over rows, no object per row.

Ordering rules (tests/property/test_ordering.py):
- O1 The live value is the one with the newest observation; of equal stamps the later arrival is live.
- O2 An older sample goes to the log (history), flagged LATE, and leaves the live value alone.
- O3 A sample without a value changes the quality and leaves value and observation, so that the value keeps ageing.
- O4 A retained sample without a device time says nothing about when: observation 0 (unknown), never fresh. It does
  not touch a signal whose value is the same.
- O5 No order of arrival makes a signal younger than the newest observation that really came.
"""

import numpy as np
from numpy.typing import NDArray

from plantverse.twins import quality as q
from plantverse.twins.registry import Registry, grown
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag, SampleBatch, SampleLog

DEFAULT_LOG_ROWS = 200_000
"""Five seconds at 40,000 samples/s: longer than any reader's tick, 9 MB."""


class TelemetryPlane:
    """Columns of the newest values, and the log of all.

    Attributes:
        value: float64 per slot; NaN before the first sample.
        exact: int64 per slot, valid where `exact_set`.
        observed_ns: int64 per slot; 0 = unknown.
        received_ns: int64 per slot.
        committed_ns: int64 per slot, when the value came into the plane (the third hop of a sample).
        quality: uint8 per slot.
        revision: uint64 per slot, revision of the last change.
    """

    def __init__(self, registry: Registry, revision: Revision, *, log_rows: int = DEFAULT_LOG_ROWS) -> None:
        self._registry = registry
        self._revision = revision
        self.log = SampleLog(log_rows)
        size = 64
        self.value: NDArray[np.float64] = np.full(size, np.nan)
        self.exact: NDArray[np.int64] = np.zeros(size, np.int64)
        self.exact_set: NDArray[np.bool_] = np.zeros(size, np.bool_)
        self.observed_ns: NDArray[np.int64] = np.zeros(size, np.int64)
        self.received_ns: NDArray[np.int64] = np.zeros(size, np.int64)
        self.committed_ns: NDArray[np.int64] = np.zeros(size, np.int64)
        self.quality: NDArray[np.uint8] = np.full(size, q.NEVER_SEEN, np.uint8)
        self.revision: NDArray[np.uint64] = np.zeros(size, np.uint64)
        self.late = 0
        self.last_change = 0
        """Revision of the last change to any signal; a quick test for publishers."""

    def ensure(self) -> None:
        """Make room for slots that the registry has given since the last call."""
        needed = self._registry.slot_count
        size = len(self.value)
        if needed <= size:
            return
        while size < needed:
            size *= 2
        self.value = grown(self.value, size, np.nan)
        self.exact = grown(self.exact, size, 0)
        self.exact_set = grown(self.exact_set, size, fill=False)
        self.observed_ns = grown(self.observed_ns, size, 0)
        self.received_ns = grown(self.received_ns, size, 0)
        self.committed_ns = grown(self.committed_ns, size, 0)
        self.quality = grown(self.quality, size, q.NEVER_SEEN)
        self.revision = grown(self.revision, size, 0)

    def commit(self, batch: SampleBatch, now_ns: int) -> SampleBatch:
        """Take a batch in order of arrival: log every row, move live values on, return it as logged.

        The returned batch has its revisions and LATE flags filled in and is in order of arrival.

        Args:
            batch: Rows whose slots exist.
            now_ns: Wall clock, for `committed_ns`.
        """
        n = len(batch)
        if n == 0:
            return batch
        first = self._revision.take(n)
        batch.revision = np.arange(first, first + n, dtype=np.uint64)
        if batch.flags.max() >= Flag.RETAINED:
            self._commit_mixed(batch, now_ns)
        else:
            self._advance(batch, np.arange(n), now_ns)
        self.log.append(batch)
        self.last_change = self._revision.value
        return batch

    def set_quality(self, slots: NDArray[np.intp], quality: int) -> int:
        """Set the quality of signals that have something else, and return how many changed."""
        changed = slots[self.quality[slots] != quality]
        if len(changed):
            first = self._revision.take(len(changed))
            self.quality[changed] = quality
            self.revision[changed] = np.arange(first, first + len(changed), dtype=np.uint64)
            self.last_change = self._revision.value
        return len(changed)

    def mark_stale(self, now_ns: int) -> int:
        """Give `uncertain: stale` to every good signal older than its limit and return their number."""
        n = self._registry.slot_count
        age = now_ns - self.observed_ns[:n]
        old = (age > self._registry.max_age_ns[:n]) & (self.quality[:n] < q.pack(q.Severity.UNCERTAIN))
        return self.set_quality(np.flatnonzero(old & self._registry.alive[:n]), q.STALE)

    def clock_set_back(self, now_ns: int, by_ns: int) -> int:
        """The host's clock was set back: keep the ages of what seems to come from the future, and return how many.

        Without this a signal without device times would look younger than it is, and stand still until the clock has
        caught up, because everything new counts as late.

        Args:
            now_ns: Wall clock after the change.
            by_ns: How far it was set back, positive.
        """
        ahead = np.flatnonzero(self.observed_ns > now_ns)
        if len(ahead):
            self.observed_ns[ahead] = np.minimum(self.observed_ns[ahead] - by_ns, now_ns)
            self.received_ns[ahead] -= by_ns
            first = self._revision.take(len(ahead))
            self.revision[ahead] = np.arange(first, first + len(ahead), dtype=np.uint64)
            self.last_change = self._revision.value
        return len(ahead)

    def restore(
        self,
        slots: NDArray[np.intp],
        value: NDArray[np.float64],
        observed_ns: NDArray[np.int64],
        *,
        exact: NDArray[np.int64] | None = None,
        has_exact: NDArray[np.bool_] | None = None,
    ) -> None:
        """Bring back the last state after a restart: uncertain, with its age, until news comes."""
        first = self._revision.take(len(slots))
        self.value[slots] = value
        self.observed_ns[slots] = observed_ns
        self.quality[slots] = q.RESTORED
        self.revision[slots] = np.arange(first, first + len(slots), dtype=np.uint64)
        if exact is not None and has_exact is not None:
            self.exact[slots] = exact
            self.exact_set[slots] = has_exact
        self.last_change = self._revision.value

    def _commit_mixed(self, batch: SampleBatch, now_ns: int) -> None:
        flags = batch.flags
        plain = (flags & (Flag.VALUELESS | Flag.RETAINED)) == 0
        if plain.any():
            self._advance(batch, np.flatnonzero(plain), now_ns)
        valueless = np.flatnonzero((flags & Flag.VALUELESS) != 0)
        if len(valueless):
            self._degrade(batch, valueless)
        retained = np.flatnonzero((flags & (Flag.VALUELESS | Flag.RETAINED)) == Flag.RETAINED)
        if len(retained):
            self._take_retained(batch, retained, now_ns)

    def _advance(self, batch: SampleBatch, rows: NDArray[np.intp], now_ns: int) -> None:
        """O1, O2: numpy keeps the last of repeated indices, so a stable sort by observation suffices."""
        observed = batch.observed_ns[rows]
        if len(rows) > 1 and (np.diff(observed) < 0).any():
            rows = rows[np.argsort(observed, kind="stable")]
            observed = batch.observed_ns[rows]
        slots = batch.slot[rows]
        fresh = observed >= self.observed_ns[slots]
        if not fresh.all():
            late = rows[~fresh]
            batch.flags[late] |= np.uint8(Flag.LATE)
            self.late += len(late)
            rows, slots = rows[fresh], slots[fresh]
        self._store(batch, rows, slots, batch.observed_ns[rows], now_ns)

    def _store(
        self,
        batch: SampleBatch,
        rows: NDArray[np.intp],
        slots: NDArray[np.int32],
        observed: NDArray[np.int64],
        now_ns: int,
    ) -> None:
        revision = batch.revision
        if revision is None:
            raise AssertionError("a batch is numbered before it is stored")
        self.value[slots] = batch.value[rows]
        self.observed_ns[slots] = observed
        self.received_ns[slots] = batch.received_ns[rows]
        self.committed_ns[slots] = now_ns
        self.quality[slots] = batch.quality[rows]
        self.revision[slots] = revision[rows]
        if batch.exact is not None:
            self.exact[slots] = batch.exact[rows]
            self.exact_set[slots] = (batch.flags[rows] & Flag.EXACT) != 0
        else:
            self.exact_set[slots] = False

    def _degrade(self, batch: SampleBatch, rows: NDArray[np.intp]) -> None:
        """O3: only a row that is not older than the live value may degrade it."""
        revision = batch.revision
        if revision is None:
            raise AssertionError("a batch is numbered before it is stored")
        observed, live = batch.observed_ns[rows], batch.slot[rows]
        later = (observed == self.observed_ns[live]) & (revision[rows] > self.revision[live])
        fresh = (observed > self.observed_ns[live]) | later
        fresh &= (batch.flags[rows] & Flag.RETAINED) == 0
        rows = rows[fresh]
        slots = batch.slot[rows]
        self.quality[slots] = batch.quality[rows]
        self.revision[slots] = revision[rows]

    def _take_retained(self, batch: SampleBatch, rows: NDArray[np.intp], now_ns: int) -> None:
        """O4: with a device time it competes by that time, without one only by being different."""
        slots = batch.slot[rows]
        stamped = (batch.flags[rows] & Flag.STAMPED) != 0
        newer = np.where(
            stamped, batch.observed_ns[rows] > self.observed_ns[slots], batch.value[rows] != self.value[slots]
        )
        rows, slots, stamped = rows[newer], slots[newer], stamped[newer]
        self._store(batch, rows, slots, np.where(stamped, batch.observed_ns[rows], 0), now_ns)

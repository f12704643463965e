"""What a node sent, judged: only its own slots, only numbers that can be, stamps by the server's clock.

A node may be wrong or lie. Its rows go through the same gate as those of the server's own decoder, so the worst that it
can do is to say something believable about a signal that it was given.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plantverse.twins import quality as q
from plantverse.twins.gate import quality_gate
from plantverse.twins.registry import Registry
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.telemetry import TelemetryPlane

DELAY_LIMIT_NS = 600_000_000_000
"""Ten minutes: longer than any node may hold rows back; an older arrival comes from a clock that is wrong."""
_STAMP_LIMIT = 1 << 62
_JUDGED_HERE = (q.OUT_OF_RANGE, q.CLOCK_SKEW, q.RETAINED)
_FROM_DEVICE = q.pack(q.Severity.BAD, q.Cause.DEVICE)


@dataclass(slots=True)
class Counts:
    """What became of a node's rows.

    Attributes:
        batches, rows: Taken.
        stale: Batches with an old token, discarded.
        foreign: Rows of slots that are not the group's, discarded.
        skewed: Rows whose time of arrival or stamp cannot be.
        out_of_range: Rows outside the range of their signal; kept, uncertain.
        not_a_number: Rows that claim a value and have none; they only change the quality.
        implausible: What it said besides rows and cannot be: left out, or its time replaced.
        repeated: Retained rows that say nothing new, and rows that the server had read itself; discarded.
    """

    batches: int = 0
    rows: int = 0
    stale: int = 0
    foreign: int = 0
    skewed: int = 0
    out_of_range: int = 0
    not_a_number: int = 0
    implausible: int = 0
    repeated: int = 0
    rejected: dict[str, int] = field(default_factory=dict)


class Admission:
    """The gate between nodes and the planes.

    Args:
        registry: Ranges.
        telemetry: What is known already.
        future_ns, past_ns: How far a device's stamp may lie from its arrival.
    """

    def __init__(self, registry: Registry, telemetry: TelemetryPlane, *, future_ns: int, past_ns: int) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._future_ns = future_ns
        self._past_ns = past_ns

    def admit(
        self, rows: SampleBatch, *, own: NDArray[np.bool_], offset_ns: int, now_ns: int, counts: Counts
    ) -> SampleBatch:
        """Return the rows that count, judged.

        Args:
            rows: As `columns.decode_batch` returns them.
            own: bool by slot: what the sender may speak for.
            offset_ns: The server's wall clock minus the node's.
            now_ns: The server's wall clock.
            counts: Of the node.
        """
        known = rows.slot < len(own)
        known[known] = own[rows.slot[known]]
        if not known.all():
            counts.foreign += int(np.count_nonzero(~known))
            rows = rows.take(known)
        rows.flags &= np.uint8(0xFF ^ (Flag.STAMPED | Flag.LATE))
        rows.stamp_ns = rows.stamp_ns.clip(0, _STAMP_LIMIT)
        late = self._arrival(rows, offset_ns, now_ns)
        said = rows.quality
        rows.quality = np.zeros(len(rows), np.uint8)
        rows.observed_ns = rows.received_ns.copy()
        unreadable = ((said == q.CLOCK_SKEW) & (rows.stamp_ns == 0)) | (late & (rows.stamp_ns == 0))
        quality_gate(rows, self._registry, future_ns=self._future_ns, past_ns=self._past_ns, unreadable=unreadable)
        counts.skewed += int(np.count_nonzero(late | (rows.quality == q.CLOCK_SKEW)))
        counts.out_of_range += int(np.count_nonzero(rows.quality == q.OUT_OF_RANGE))
        said = np.where(np.isin(said, _JUDGED_HERE), q.GOOD, said)
        said = np.where(said >= q.pack(q.Severity.BAD) + 64, _FROM_DEVICE, said)
        rows.quality = np.maximum(rows.quality, said).astype(np.uint8)
        self._check_values(rows, counts)
        return self._without_old_news(rows, counts)

    @staticmethod
    def _arrival(rows: SampleBatch, offset_ns: int, now_ns: int) -> NDArray[np.bool_]:
        """Put the arrival on the server's clock; return where it cannot be and was replaced."""
        received = rows.received_ns.clip(-_STAMP_LIMIT, _STAMP_LIMIT) + offset_ns
        wrong = received < now_ns - DELAY_LIMIT_NS
        # Half a round trip is only guessed, so a little into the future is our own error.
        ahead = received > now_ns
        wrong |= received > now_ns + 1_000_000_000
        rows.received_ns = np.where(wrong | ahead, now_ns, received)
        return wrong

    @staticmethod
    def _check_values(rows: SampleBatch, counts: Counts) -> None:
        valueless = (rows.flags & Flag.VALUELESS) != 0
        odd = ~np.isfinite(rows.value) & ~valueless
        if odd.any():
            counts.not_a_number += int(np.count_nonzero(odd))
            rows.flags[odd] |= np.uint8(Flag.VALUELESS)
            rows.quality[odd] = q.NOT_A_NUMBER
        rows.value[(rows.flags & Flag.VALUELESS) != 0] = np.nan
        if rows.exact is None:
            rows.flags &= np.uint8(0xFF ^ Flag.EXACT)

    def _without_old_news(self, rows: SampleBatch, counts: Counts) -> SampleBatch:
        """Each new holder of a group gets the retained messages again; the server has had them before."""
        retained = (rows.flags & Flag.RETAINED) != 0
        if not retained.any():
            return rows
        plane, slots = self._telemetry, rows.slot
        stamped = (rows.flags & Flag.STAMPED) != 0
        same = np.where(stamped, rows.observed_ns <= plane.observed_ns[slots], rows.value == plane.value[slots])
        old = retained & same
        counts.repeated += int(np.count_nonzero(old))
        return rows.take(~old) if old.any() else rows

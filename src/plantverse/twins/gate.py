"""The quality gate: which device clocks are believed, and which values are outside their range. Whole batches only."""

import numpy as np
from numpy.typing import NDArray

from plantverse.twins import quality as q
from plantverse.twins.registry import Registry
from plantverse.twins.samples import Flag, SampleBatch

_STAMPED = np.uint8(Flag.STAMPED)
_RETAINED = np.uint8(Flag.RETAINED)


def quality_gate(
    batch: SampleBatch, registry: Registry, *, future_ns: int, past_ns: int, unreadable: NDArray[np.bool_]
) -> None:
    """Believe a stamp within the tolerance, and say which values are outside their range.

    Args:
        batch: Rows with `stamp_ns` (below 2^62) and `received_ns`; `observed_ns`, flags and quality are filled in.
        registry: Gives the ranges.
        future_ns: How far a stamp may lie after its arrival.
        past_ns: How far before it.
        unreadable: bool, shape (n,): there was a stamp that is no time.
    """
    ahead = batch.stamp_ns - batch.received_ns
    stamped = batch.stamp_ns != 0
    believed = stamped & (ahead <= future_ns) & (ahead >= -past_ns)
    batch.observed_ns[believed] = batch.stamp_ns[believed]
    batch.flags[believed] |= _STAMPED
    value = batch.value
    outside = (value < registry.low[batch.slot]) | (value > registry.high[batch.slot])
    if outside.any():
        batch.quality[outside] = q.OUT_OF_RANGE
    skewed = stamped & ~believed | unreadable
    if skewed.any():
        batch.quality[skewed] = q.CLOCK_SKEW
    retained = (batch.flags & _RETAINED) != 0
    if retained.any():
        batch.quality[retained & (batch.quality == q.GOOD)] = q.RETAINED

"""Joins the batches of many submissions to the one that is committed."""

from collections.abc import Sequence

import numpy as np

from plantverse.twins.samples import SampleBatch


def joined(batches: Sequence[SampleBatch]) -> SampleBatch:
    """Return one batch with the rows of several, in their order; revisions are left out, history keeps none.

    Raises:
        ValueError: There is no batch.
    """
    if len(batches) == 1:
        return batches[0]
    exact = None
    if any(batch.exact is not None for batch in batches):
        exact = np.concatenate(
            [np.zeros(len(batch), np.int64) if batch.exact is None else batch.exact for batch in batches]
        )
    return SampleBatch(
        slot=np.concatenate([batch.slot for batch in batches]),
        value=np.concatenate([batch.value for batch in batches]),
        observed_ns=np.concatenate([batch.observed_ns for batch in batches]),
        received_ns=np.concatenate([batch.received_ns for batch in batches]),
        quality=np.concatenate([batch.quality for batch in batches]),
        flags=np.concatenate([batch.flags for batch in batches]),
        stamp_ns=np.concatenate([batch.stamp_ns for batch in batches]),
        packet=np.concatenate([batch.packet for batch in batches]),
        exact=exact,
    )

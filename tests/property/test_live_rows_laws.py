"""Many values at once are the same as one after the other, in whatever order they come."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from plantverse.ai.live import Latest, LiveRows

VALUES = st.lists(
    st.tuples(st.integers(0, 3), st.one_of(st.none(), st.floats(-10, 10)), st.integers(0, 20)), max_size=40
)
NAMES = ("a", "b", "c", "d")


@given(values=VALUES, cut=st.integers(0, 40), now=st.integers(0, 25))
def test_a_batch_is_its_values(values: list[tuple[int, float | None, int]], cut: int, now: int) -> None:
    single, many, store = LiveRows(NAMES, 5e-6), LiveRows(NAMES, 5e-6), Latest(len(NAMES) + 3)
    many.share(store, 2)
    # Of equal moments the later arrival counts, as in the telemetry plane; across batches that is the order of calls.
    for column, value, at in values:
        single.take(NAMES[column], value, float(at))
    for part in (values[:cut], values[cut:]):
        columns, found, at_us = (np.array([row[k] for row in part]) for k in range(3))
        store.take(2 + columns.astype(np.intp), found.astype(float), at_us.astype(float))
    assert np.array_equal(single.row(float(now)), many.row(float(now)), equal_nan=True)

"""Under random writes, redeliveries and restarts every store answers like the list in memory."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from doubles.databases import InfluxDb
from doubles.memory_history import MemoryHistory
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.history.influx_http import InfluxOptions
from plantverse.platform.history.influx_store import InfluxStore
from plantverse.platform.history.store import HistoryStore
from plantverse.twins.samples import Flag, SampleBatch

S = 1_000_000_000
T0 = 1_700_000_000 * S
SIGNALS = ["p:a", "p:b", "q:a"]
VALUES = [1.0, 1.0, 1.0, -2.5, float("nan"), float("inf")]
"""Few, so that different messages are often alike."""

row = st.tuples(
    st.sampled_from([0, 0, 0, 1, 2]),
    st.sampled_from(VALUES),
    st.integers(0, 12),  # observed, seconds
    st.integers(0, 2),  # how much later than the row before it arrived
    st.sampled_from([0, 64, 130]),
    st.booleans(),  # stamped
    st.booleans(),  # redelivered
    st.integers(1, 2),  # packet
    st.sampled_from([None, None, 2**60 + 1]),
)
step = st.one_of(st.lists(row, min_size=1, max_size=6), st.just("restart"))


def batch_of(rows: list[tuple], now_s: int) -> tuple[SampleBatch, np.ndarray, int]:
    received = now_s + np.cumsum([r[3] for r in rows])
    received_ns = T0 + received.astype(np.int64) * S
    stamped = np.array([r[5] for r in rows])
    exact = [None if np.isnan(r[1]) else r[8] for r in rows]
    batch = SampleBatch.of(
        [r[0] for r in rows],
        [r[1] for r in rows],
        np.where(stamped, T0 + np.array([r[2] for r in rows], np.int64) * S, received_ns),
        received_ns,
        quality=[r[4] for r in rows],
        packet=[r[7] for r in rows],
    )
    flags = [
        Flag.STAMPED * r[5] | Flag.REDELIVERED * r[6] | Flag.EXACT * (e is not None)
        for r, e in zip(rows, exact, strict=True)
    ]
    batch.flags = np.array(flags, np.uint8)
    batch.exact = np.array([e or 0 for e in exact], np.int64)
    return batch, np.array([r[0] for r in rows], np.int64), int(received[-1])


def same(left: object, right: object) -> None:
    """Compare two answers made of arrays."""
    for name in left.__slots__:
        a, b = getattr(left, name), getattr(right, name)
        assert (a is None) == (b is None), name
        if a is not None:
            np.testing.assert_array_equal(a, b, err_msg=name)


def compare(store: HistoryStore, model: HistoryStore) -> None:
    same(store.newest(), model.newest())
    for signal in SIGNALS:
        same(store.series(signal, T0, T0 + 2**40), model.series(signal, T0, T0 + 2**40))
        same(store.series(signal, T0 + 2 * S, T0 + 8 * S, 3), model.series(signal, T0 + 2 * S, T0 + 8 * S, 3))
        same(store.buckets(signal, 0, 2**62, 3 * S), model.buckets(signal, 0, 2**62, 3 * S))
    for at_s in (0, 3, 7, 60):
        for look_back_ns in (None, 2 * S):
            for ours, theirs in zip(
                store.as_of([*SIGNALS, "p:none"], T0 + at_s * S, look_back_ns),
                model.as_of([*SIGNALS, "p:none"], T0 + at_s * S, look_back_ns),
                strict=True,
            ):
                np.testing.assert_array_equal(ours, theirs)


def check(steps: list, forget_s: int, opened: Callable[[Path], HistoryStore]) -> None:
    """Give a store and the list in memory the same, and compare what they answer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = MemoryHistory()
        store = opened(folder)
        assert store.keys(SIGNALS).tolist() == model.keys(SIGNALS).tolist()
        now_s = 0
        for each in steps:
            if each == "restart":
                store.close()
                model.close()
                store = opened(folder)
            else:
                batch, keys, now_s = batch_of(each, now_s)
                assert store.write(batch, keys) == model.write(batch, keys)
        compare(store, model)
        assert store.forget(T0 + forget_s * S) == model.forget(T0 + forget_s * S)
        compare(store, model)
        store.close()
        store = opened(folder)
        compare(store, model)
        store.close()


@settings(max_examples=40, deadline=None)
@example(
    steps=[[(0, 1.0, 0, 0, 0, False, False, 1, None)], [(0, 1.0, 0, 0, 0, True, True, 1, None)]], forget_s=0
)  # a sample without a device time that arrived at the very time which a repetition claims
@given(steps=st.lists(step, min_size=1, max_size=8), forget_s=st.integers(0, 14))
def test_duckdb_answers_like_memory(steps: list, forget_s: int) -> None:
    check(steps, forget_s, lambda folder: DuckDbStore(folder, period_ns=3 * S, snapshot_rows=4))


@pytest.mark.database
@settings(max_examples=15, deadline=None)
@given(steps=st.lists(step, min_size=1, max_size=8), forget_s=st.integers(0, 14))
def test_influx_answers_like_memory(influx: InfluxDb, steps: list, forget_s: int) -> None:
    check(steps, forget_s, lambda folder: InfluxStore(folder, InfluxOptions(url=influx.url)))

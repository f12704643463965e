"""The sample log: a ring that never stops the writer and counts what a reader missed."""

import numpy as np

from plantverse.twins.samples import SampleBatch, SampleLog


def rows(start: int, count: int) -> SampleBatch:
    values = np.arange(start, start + count)
    batch = SampleBatch.of(np.zeros(count, int), values, values)
    batch.revision = values.astype(np.uint64)
    return batch


def test_a_reader_gets_every_row_once_in_order() -> None:
    log = SampleLog(64)
    reader = log.reader()
    got: list[float] = []
    for start in range(0, 200, 20):
        log.append(rows(start, 20))
        batch = log.read(reader)
        assert batch is not None
        got += batch.value.tolist()
    assert got == list(range(200))
    assert reader.missed == 0
    assert log.read(reader) is None


def test_a_reader_that_falls_behind_is_told_how_many_rows_are_gone() -> None:
    log = SampleLog(64)
    reader = log.reader()
    for start in range(0, 200, 20):
        log.append(rows(start, 20))
    batch = log.read(reader)
    assert batch is not None
    assert reader.missed == 200 - 64
    assert batch.value.tolist() == list(range(136, 200))


def test_a_batch_larger_than_the_ring_leaves_its_newest_rows() -> None:
    log = SampleLog(16)
    reader = log.reader()
    log.append(rows(0, 100))
    batch = log.read(reader)
    assert batch is not None
    assert batch.value.tolist() == list(range(84, 100))
    assert reader.missed == 84


def test_a_limit_splits_the_reading() -> None:
    log = SampleLog(64)
    reader = log.reader()
    log.append(rows(0, 50))
    sizes = []
    while (batch := log.read(reader, 20)) is not None:
        sizes.append(len(batch))
    assert sizes == [20, 20, 10]


def test_exact_integers_pass_through() -> None:
    log = SampleLog(8)
    reader = log.reader()
    batch = rows(0, 2)
    batch.exact = np.array([2**60 + 1, 2**60 + 3])
    log.append(batch)
    got = log.read(reader)
    assert got is not None
    assert got.exact is not None
    assert got.exact.tolist() == [2**60 + 1, 2**60 + 3]

"""The spool on a real disk: order, limits, and what is left after a crash."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from plantverse.errors import HistoryUnavailable
from plantverse.platform.history.influx_spool import Spool, Spooled
from plantverse.twins.samples import Flag, SampleBatch


def spooled(number: int, rows: int = 2, lines: bytes = b"") -> Spooled:
    return Spooled.of(SampleBatch.of(np.zeros(rows), np.full(rows, number), 1_000 + number), np.arange(rows), lines)


def numbers(spool: Spool) -> list[float]:
    return [each.batch()[0].value[0] for each in spool]


def test_a_batch_comes_back_as_it_was(tmp_path: Path) -> None:
    batch = SampleBatch.of([0, 0], [1.5, math.nan], [7, 8], [9, 10], quality=[0, 130], packet=[3, 65_535])
    batch.flags[0] |= Flag.EXACT
    batch.exact = np.array([2**60 + 1, 0], np.int64)
    Spool(tmp_path, 1 << 20).add(Spooled.of(batch, np.array([4, 70_000]), b"lines"))
    (kept,) = Spool(tmp_path, 1 << 20)
    again, keys = kept.batch()
    for name in ("value", "observed_ns", "received_ns", "quality", "flags", "stamp_ns", "packet", "exact"):
        np.testing.assert_array_equal(getattr(again, name), getattr(batch, name), err_msg=name)
    assert keys.tolist() == [4, 70_000]
    assert kept.lines == b"lines"


def test_order_and_count_survive_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1 << 20)
    for number in range(12):
        spool.add(spooled(number))
    spool.drop()
    again = Spool(tmp_path, 1 << 20)
    again.add(spooled(12))
    assert numbers(again) == list(range(1, 13))
    assert (len(again), again.rows) == (12, 24)
    assert again.bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_settling_replaces_the_oldest(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1 << 20)
    spool.add(spooled(0, rows=3))
    spool.add(spooled(1))
    spool.settle(spooled(0, rows=1, lines=b"x"))
    for each in (spool, Spool(tmp_path, 1 << 20)):
        oldest = each.oldest()
        assert oldest is not None
        assert (oldest.rows, oldest.lines) == (1, b"x")
        assert (len(each), each.rows) == (2, 3)


def test_what_was_cut_short_is_cleared_away_and_what_is_damaged_put_aside(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1 << 20)
    for number in range(3):
        spool.add(spooled(number))
    first, second, _ = sorted(tmp_path.iterdir())
    first.write_bytes(first.read_bytes()[:-1])
    (tmp_path / "000000000004.samples.unfinished").write_bytes(b"half")
    again = Spool(tmp_path, 1 << 20)
    assert numbers(again) == [1.0, 2.0]
    second.write_bytes(b"")
    oldest = again.oldest()
    assert oldest is not None
    assert oldest.batch()[0].value[0] == 2.0
    assert (len(again), again.rows) == (1, 2)
    assert {path.suffix for path in tmp_path.iterdir()} == {".samples", ".damaged"}


def test_the_limit_refuses_and_keeps_nothing_of_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1_000)
    spool.add(spooled(0))
    with pytest.raises(HistoryUnavailable, match="is full"):
        spool.add(spooled(1, rows=100))
    assert numbers(spool) == [0.0]


def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 1 << 20)
    spool.add(spooled(0))
    shutil.rmtree(tmp_path / "spool")
    with pytest.raises(HistoryUnavailable, match="cannot be used"):
        spool.add(spooled(1))
    assert spool.oldest() is None
    assert (len(spool), spool.rows, spool.bytes) == (0, 0, 0)

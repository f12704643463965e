"""Samples as line protocol."""

import math

import numpy as np

from plantverse.platform.history.influx_lines import INFINITE, from_stored, lines, ranks, series_head
from plantverse.twins.samples import Flag, SampleBatch

HEADS = {3: series_head("abc", 3, "hall/p1:flow")}


def written(batch: SampleBatch, number: int = 0) -> list[str]:
    return lines(batch, np.full(len(batch), 3), np.full(len(batch), number), HEADS)


def test_a_line_has_everything_and_nothing_twice() -> None:
    batch = SampleBatch.of([0], [1.5], 1_000, 2_000, quality=[7], packet=[9])
    assert written(batch) == [
        "plantverse,history=abc,key=3,signal=hall/p1:flow quality=7i,received=2000i,flags=1i,packet=9i,value=1.5 1000"
    ]


def test_what_is_optional_shows_when_it_is_there() -> None:
    batch = SampleBatch.of([0], [2.0**60], 1_000, flags=Flag.STAMPED | Flag.EXACT)
    batch.exact = np.array([2**60 + 1], np.int64)
    batch.stamp_ns[:] = 5
    (line,) = written(batch, number=2)
    assert line.startswith("plantverse,history=abc,key=3,n=2,signal=hall/p1:flow ")
    assert line.endswith(",value=1.152921504606847e+18,exact=1152921504606846977i,stamp=5i 1000")


def test_no_value_is_no_field_and_infinity_comes_back() -> None:
    nothing, plus, minus = written(SampleBatch.of([0] * 3, [math.nan, math.inf, -math.inf], 1_000))
    assert ",value=" not in nothing
    assert f",value={INFINITE!r} " in plus
    assert f",value={-INFINITE!r} " in minus
    np.testing.assert_array_equal(
        from_stored(np.array([math.nan, INFINITE, -INFINITE, 1.0])), [math.nan, math.inf, -math.inf, 1.0]
    )


def test_names_are_escaped() -> None:
    assert series_head("abc", 3, "a b,c=d\ne")[1] == ",signal=a\\ b\\,c\\=d\\\\ne"


def test_rows_with_one_key_and_stamp_are_counted() -> None:
    keys = np.array([1, 2, 1, 1, 2, 1])
    at = np.array([5, 5, 5, 6, 5, 5])
    assert ranks(keys, at).tolist() == [0, 0, 1, 0, 1, 2]
    assert ranks(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []

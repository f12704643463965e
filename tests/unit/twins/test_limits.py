"""Limits over batches: what crosses, what comes back, and which samples say nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from plantverse.twins import quality as q
from plantverse.twins.limits import LIMIT_NAMES, LimitTable
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import Limits

ALL = Limits(ll=0, l=10, h=90, hh=100)
LIVE: NDArray[np.int64] = np.zeros(256, np.int64)


def table(limits: Limits = ALL, deadband: float = 0.0) -> LimitTable:
    made = LimitTable()
    made.set(3, limits, deadband)
    return made


def crossed(made: LimitTable, *values: float, slot: int = 3) -> list[str]:
    batch = SampleBatch.of([slot] * len(values), values, np.arange(len(values)) + 1)
    return [("+" if c.beyond else "-") + c.limit for c in made.crossings(batch, LIVE)]


def test_each_limit_comes_and_goes() -> None:
    made = table()
    assert crossed(made, 50, 91, 101, 95, 50) == ["+h", "+hh", "-hh", "-h"]
    assert crossed(made, 9, -1, 5, 50) == ["+l", "+ll", "-ll", "-l"]


def test_a_jump_passes_several() -> None:
    assert crossed(table(), 150, -5) == ["+h", "+hh", "-h", "-hh", "+l", "+ll"]


def test_a_spike_inside_a_batch_is_seen() -> None:
    assert crossed(table(), 50, 50, 95, 50, 50) == ["+h", "-h"]


def test_at_the_limit_is_not_beyond_it() -> None:
    made = table()
    assert crossed(made, 90, 10) == []
    assert crossed(made, np.nextafter(90, 91)) == ["+h"]
    assert crossed(made, 90) == ["-h"]


def test_deadband() -> None:
    made = table(deadband=2.0)
    assert crossed(made, 91, 89, 88.1, 91, 88) == ["+h", "-h"]
    assert crossed(made, 9, 11.9, 12) == ["+l", "-l"]


def test_only_given_limits_count() -> None:
    assert crossed(table(Limits(h=90)), -1e9, 1e9) == ["+h"]


def test_the_value_that_crossed_is_told() -> None:
    made = table()
    batch = SampleBatch.of([3, 3], [95.5, 20], [1, 2])
    assert [c.value for c in made.crossings(batch, LIVE)] == [95.5, 20]


def test_rows_are_followed_in_order_of_observation() -> None:
    batch = SampleBatch.of([3, 3], [20, 95], [2, 1])
    assert [c.beyond for c in table().crossings(batch, LIVE)] == [True, False]


def test_signals_without_limits_are_left_alone() -> None:
    made = table()
    assert crossed(made, 1e9, slot=4) == []
    made.set(3, None)
    assert crossed(made, 1e9) == []
    assert made.slots() == []


@pytest.mark.parametrize(
    ("flags", "quality"),
    [
        (Flag.STAMPED | Flag.LATE, q.GOOD),
        (Flag.STAMPED | Flag.VALUELESS, q.NOT_A_NUMBER),
        (Flag.RETAINED, q.RETAINED),
        (Flag.STAMPED, q.pack(q.Severity.BAD, q.Cause.DEVICE)),
    ],
)
def test_samples_that_say_nothing_about_now(flags: int, quality: int) -> None:
    made = table()
    batch = SampleBatch.of([3], [95], [10], flags=flags, quality=quality)
    assert made.crossings(batch, LIVE) == []
    assert crossed(made, 95) == ["+h"]


def test_uncertain_and_stamped_retained_samples_do() -> None:
    for flags, quality in ((Flag.STAMPED, q.CLOCK_SKEW), (Flag.STAMPED | Flag.RETAINED, q.GOOD)):
        batch = SampleBatch.of([3], [95], [10], flags=flags, quality=quality)
        assert len(table().crossings(batch, LIVE)) == 1


def test_a_retained_sample_older_than_the_live_value_says_nothing() -> None:
    batch = SampleBatch.of([3], [95], [10], flags=Flag.STAMPED | Flag.RETAINED)
    assert table().crossings(batch, LIVE + 11) == []


def test_not_a_number_is_neither_beyond_nor_back() -> None:
    made = table()
    assert crossed(made, 95, np.nan) == ["+h"]
    assert made.is_beyond(3, "h")


def test_changed_limits_keep_what_stands() -> None:
    made = table()
    crossed(made, 101)
    made.set(3, Limits(h=80, l=10), 0.0)
    assert (made.is_beyond(3, "h"), made.is_beyond(3, "hh")) == (True, False)
    assert crossed(made, 85, 79) == ["-h"]


def test_forced_state_is_left_by_the_next_sample() -> None:
    made = table()
    made.force(3, "l", beyond=True)
    assert crossed(made, 50) == ["-l"]
    made.force(4, "l", beyond=True)
    assert not made.is_beyond(4, "l")


def test_room_for_more_slots() -> None:
    made = table()
    made.ensure(200)
    made.set(199, Limits(h=1))
    assert crossed(made, 2, slot=199) == ["+h"]
    assert crossed(made, 95) == ["+h"]


def test_a_batch_gives_what_single_rows_give() -> None:
    rng = np.random.default_rng(7)
    slots, values = rng.integers(0, 8, 500), rng.uniform(-20, 120, 500)
    at_once, singly = LimitTable(), LimitTable()
    for slot in range(8):
        at_once.set(slot, ALL, 3.0)
        singly.set(slot, ALL, 3.0)
    found = at_once.crossings(SampleBatch.of(slots, values, np.arange(500)), LIVE)
    one_by_one = [
        c for i in range(500) for c in singly.crossings(SampleBatch.of(slots[i : i + 1], values[i : i + 1], [i]), LIVE)
    ]
    assert found == one_by_one
    assert {c.limit for c in found} == set(LIMIT_NAMES)

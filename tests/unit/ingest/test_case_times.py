"""When something was observed: rows 5-8 and 27, and clocks that are wrong."""

import pytest

from doubles.plant_in_engine import NOW_NS, PlantInEngine, plant, twin
from plantverse.ingest.engine import IngestOptions
from plantverse.ingest.mqtt import DUP, REDELIVERED, RETAIN
from plantverse.ingest.session_state import MessageBatch
from plantverse.twins.samples import Flag
from plantverse.twins.specs import Binding

SECOND = 1_000_000_000
RECENT = NOW_NS - 60 * SECOND
"""A minute ago: 1764115140 s."""


def bound(**given: object) -> PlantInEngine:
    return plant("flow", bindings=[Binding(path="flow", topic="x", key="flow", **given)], topic="")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stamp", "observed_ns"),
    [
        ("1764115140", RECENT),
        ("1764115140090", RECENT + 90_000_000),
        ("1764115140090001", RECENT + 90_001_000),
        ("1764115140090001002", RECENT + 90_001_002),
        ("1764115140.09", RECENT + 90_000_000),
        ("1764115140.123456", RECENT + 123_456_000),
        ('"1764115140"', RECENT),
        ('"2025-11-25T23:59:00Z"', RECENT),
        ('"2025-11-26T00:59:00+01:00"', RECENT),
        ('"2025-11-25 23:59:00.123456789"', RECENT + 123_456_789),
    ],
)
def test_epochs_and_iso_times_are_told_apart_the_same_on_both_ways(stamp: str, observed_ns: int) -> None:
    p = bound()
    payload = f'{{"ts": {stamp}, "flow": 1.5}}'
    first, second = p.send("x", payload, payload)  # the first is read the general way, the second where possible fast
    assert (first.observed_ns, second.observed_ns) == (observed_ns, observed_ns)
    assert (first.quality, second.quality) == ("good", "good")
    assert Flag.STAMPED in first.flags


@pytest.mark.parametrize(("unit", "stamp"), [("s", "1764115140"), ("ms", "1764115140000"), ("ns", f"{RECENT}")])
def test_a_declared_unit_is_taken_at_its_word(unit: str, stamp: str) -> None:
    assert bound(time_unit=unit).send("x", f'{{"ts": {stamp}, "flow": 1}}')[0].observed_ns == RECENT
    wrong = {"s": "ms", "ms": "s", "ns": "us"}[unit]
    assert bound(time_unit=wrong).send("x", f'{{"ts": {stamp}, "flow": 1}}')[0].quality == "uncertain: clock_skew"


@pytest.mark.parametrize(
    ("zone", "text", "quality"),
    [
        ("Europe/Berlin", "2025-11-26T00:59:00", "good"),
        ("UTC", "2025-11-25T23:59:00", "good"),
        ("Europe/Berlin", "2025-10-26T02:30:00", "uncertain: local_time_ambiguous"),
        ("Europe/Berlin", "2025-10-26T02:30:00+01:00", "good"),
    ],
)
def test_a_time_without_zone_is_the_mappings_and_a_doubled_hour_is_uncertain(
    zone: str, text: str, quality: str
) -> None:
    p = PlantInEngine(
        twin("flow", bindings=[Binding(path="flow", topic="x", key="flow", zone=zone)], topic=""),
        options=IngestOptions(past_limit_s=100 * 86_400),
    )
    (row,) = p.send("x", f'{{"ts": "{text}", "flow": 1}}')
    assert row.quality == quality
    if "11-2" in text:
        assert row.observed_ns == RECENT


@pytest.mark.parametrize("stamp", ["1764201600", "3", "0", "-5", '"yesterday"', "true", "[]", "1e300", f"{'9' * 30}"])
def test_a_clock_that_is_wrong_neither_freezes_a_signal_nor_makes_it_young(stamp: str) -> None:
    p = bound()
    p.send("x", '{"ts": 1764115140, "flow": 1.5}')
    (row,) = p.send("x", f'{{"ts": {stamp}, "flow": 2.5}}')
    assert (row.value, row.quality, row.observed_ns) == (2.5, "uncertain: clock_skew", NOW_NS)
    assert Flag.STAMPED not in row.flags


def test_a_clock_slightly_ahead_is_within_the_tolerance() -> None:
    (row,) = bound().send("x", '{"ts": 1764115204, "flow": 1}')
    assert (row.quality, row.observed_ns) == ("good", NOW_NS + 4 * SECOND)


def test_without_a_time_the_arrival_counts() -> None:
    for p in (bound(), bound(time_key="")):
        for row in p.send("x", '{"flow": 1.5}', '{"ts": null, "flow": 2.5}'):
            assert (row.observed_ns, Flag.STAMPED in row.flags) == (NOW_NS, False)
    (row,) = bound(time_key="").send("x", '{"ts": 1764115140, "flow": 1}')
    assert row.observed_ns == NOW_NS
    (row,) = bound(time_key="meta.at").send("x", '{"meta": {"at": 1764115140}, "flow": 1}')
    assert row.observed_ns == RECENT


def test_the_time_beside_a_nested_value_wins_over_the_messages() -> None:
    p = plant("a.v", "b", topic="m")
    rows = p.send("m", '{"ts": 1764115199, "a": {"v": 1, "ts": 1764115140}, "b": 2}')
    assert {r.signal: r.observed_ns for r in rows} == {"a.v": RECENT, "b": NOW_NS - SECOND}


def test_a_retained_value_is_uncertain_and_says_so() -> None:
    p = bound()
    old, worse = p.send("x", '{"flow": 1.5}', '{"flow": NaN}', flags=RETAIN)
    assert (old.value, old.quality, Flag.RETAINED in old.flags) == (1.5, "uncertain: retained", True)
    assert worse.quality == "bad: not_a_number"


@pytest.mark.parametrize("bits", [DUP, REDELIVERED])
def test_what_may_be_a_repetition_is_marked_and_never_dropped_here(bits: int) -> None:
    p = bound()
    payload = '{"ts": 1764115140, "flow": 1.5}'
    rows = p.send("x", payload, payload, flags=bits, packet=7)
    assert [Flag.REDELIVERED in r.flags for r in rows] == [True, True]


def test_equal_stamps_with_different_values_stay_in_order_of_arrival() -> None:
    p = bound()
    rows = p.send("x", *(f'{{"ts": 1764115140, "flow": {n}.5}}' for n in range(10)))
    assert [r.value for r in rows] == [n + 0.5 for n in range(10)]
    assert {r.observed_ns for r in rows} == {RECENT}


def test_messages_of_several_reads_keep_their_own_time_of_arrival() -> None:
    p = bound()
    for n in range(3):
        p.engine.feed(MessageBatch(1, NOW_NS + n, [b"x"], [b'{"flow": 1.5}'], [n], [0]))
    batch = p.engine.drain()
    assert batch is not None
    assert batch.received_ns.tolist() == [NOW_NS, NOW_NS + 1, NOW_NS + 2]
    assert batch.packet.tolist() == [0, 1, 2]
    assert p.engine.drain() is None

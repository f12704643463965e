"""The ordering rules O1-O5 of the telemetry plane under any order and any grouping of arrivals."""

from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from plantverse.twins import quality as q
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import SignalSpec, TwinSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

SLOTS = 3
NOW_NS = 1_700_000_000_000_000_000
TYPE = TwinType(name="T", signals=tuple(SignalSpec(path=f"s{i}") for i in range(SLOTS)))

Row = tuple[int, float, int]
rows = st.lists(st.tuples(st.integers(0, SLOTS - 1), st.floats(-100, 100), st.integers(1, 20)), min_size=1, max_size=40)
cuts = st.lists(st.integers(0, 40), max_size=6)


def plane() -> TelemetryPlane:
    revision = Revision()
    registry = Registry(revision)
    registry.add(TwinSpec(id="t", type=TYPE))
    telemetry = TelemetryPlane(registry, revision, log_rows=256)
    telemetry.ensure()
    return telemetry


def batch(some: list[Row], *, flags: int = Flag.STAMPED) -> SampleBatch:
    return SampleBatch.of(
        [r[0] for r in some], [r[1] for r in some], [NOW_NS + r[2] for r in some], NOW_NS + 1_000, flags=flags
    )


def commit_in_pieces(telemetry: TelemetryPlane, some: list[Row], at: list[int]) -> None:
    edges = sorted({min(i, len(some)) for i in at} | {0, len(some)})
    for start, end in pairwise(edges):
        telemetry.commit(batch(some[start:end]), NOW_NS)


@settings(deadline=None)
@given(rows, cuts, st.randoms(use_true_random=False))
def test_o1_o2_the_newest_observation_is_live_in_any_order_and_grouping(some, at, random) -> None:  # type: ignore[no-untyped-def]
    telemetry = plane()
    shuffled = random.sample(some, len(some))
    commit_in_pieces(telemetry, shuffled, at)
    for slot in range(SLOTS):
        mine = [r for r in shuffled if r[0] == slot]
        if not mine:
            assert np.isnan(telemetry.value[slot])
            continue
        newest = max(r[2] for r in mine)
        last = [r for r in mine if r[2] == newest][-1]
        assert telemetry.observed_ns[slot] == NOW_NS + newest
        assert telemetry.value[slot] == last[1]


@settings(deadline=None)
@given(rows, cuts)
def test_o2_every_row_is_in_the_log_once_and_late_ones_say_so(some: list[Row], at: list[int]) -> None:
    telemetry = plane()
    reader = telemetry.log.reader()
    commit_in_pieces(telemetry, some, at)
    logged = telemetry.log.read(reader)
    assert logged is not None
    assert sorted(logged.value.tolist()) == sorted(r[1] for r in some)
    newest: dict[int, int] = {}
    assert logged.revision is not None
    assert len(set(logged.revision.tolist())) == len(some)
    assert telemetry.late == int(((logged.flags & np.uint8(Flag.LATE)) != 0).sum())
    for slot, stamp in zip(logged.slot.tolist(), logged.observed_ns.tolist(), strict=True):
        newest[slot] = max(newest.get(slot, 0), stamp)
    assert all(telemetry.observed_ns[s] == t for s, t in newest.items())


@settings(deadline=None)
@given(rows, st.integers(0, SLOTS - 1), st.integers(1, 30))
def test_o3_a_row_without_a_value_leaves_value_and_age(some: list[Row], slot: int, at: int) -> None:
    telemetry = plane()
    telemetry.commit(batch(some), NOW_NS)
    value, observed = telemetry.value[slot].copy(), telemetry.observed_ns[slot].copy()
    quiet = SampleBatch.of(slot, np.nan, NOW_NS + at, quality=q.NOT_A_NUMBER, flags=Flag.STAMPED | Flag.VALUELESS)
    telemetry.commit(quiet, NOW_NS)
    np.testing.assert_equal(telemetry.value[slot], value)
    assert telemetry.observed_ns[slot] == observed
    if NOW_NS + at > observed:
        assert telemetry.quality[slot] == q.NOT_A_NUMBER


@settings(deadline=None)
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_o4_a_retained_row_without_a_time_is_never_fresh(live: float, kept: float) -> None:
    telemetry = plane()
    telemetry.commit(batch([(0, live, 5)]), NOW_NS)
    retained = SampleBatch.of(0, kept, NOW_NS + 50, quality=q.RETAINED, flags=Flag.RETAINED)
    telemetry.commit(retained, NOW_NS)
    if kept == live:
        assert telemetry.observed_ns[0] == NOW_NS + 5
        assert telemetry.quality[0] == q.GOOD
    else:
        assert telemetry.observed_ns[0] == 0
        assert telemetry.quality[0] == q.RETAINED


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.floats(-9, 9), st.integers(1, 20), st.sampled_from([1, 2, 3, 5, 9])),
        min_size=1,
        max_size=30,
    )
)
def test_o5_no_signal_is_younger_than_what_really_came(
    some: list[tuple[int, float, int, int]],
) -> None:
    telemetry = plane()
    for slot, value, at, flags in some:
        number = np.nan if flags & Flag.VALUELESS else value
        telemetry.commit(SampleBatch.of(slot, number, NOW_NS + at, flags=flags), NOW_NS)
    for slot in (0, 1):
        real = [at for s, _, at, f in some if s == slot and not f & Flag.VALUELESS]
        assert telemetry.observed_ns[slot] <= (NOW_NS + max(real) if real else 0)

"""Nodes that are wrong or lie: foreign slots, impossible times and values."""

import numpy as np
import pytest

from plantverse.platform.edge.admission import Admission, Counts
from plantverse.twins import quality as q
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import SignalSpec, TwinSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

NOW = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
OWN = np.array([True, True, False])


@pytest.fixture
def plane() -> TelemetryPlane:
    revision = Revision()
    registry = Registry(revision)
    kind = TwinType(name="P", signals=(SignalSpec(path="x", range=(0.0, 100.0)), SignalSpec(path="y")))
    registry.add(TwinSpec(id="a", type=kind))
    registry.add(TwinSpec(id="b", type=kind))
    made = TelemetryPlane(registry, revision)
    made.ensure()
    return made


def admitted(
    plane: TelemetryPlane, rows: SampleBatch, *, offset_ns: int = 0
) -> tuple[SampleBatch, Counts]:  # fmt: skip
    counts = Counts()
    gate = Admission(plane._registry, plane, future_ns=5 * SECOND, past_ns=86_400 * SECOND)
    rows.observed_ns = np.zeros(len(rows), np.int64)
    return gate.admit(rows, own=OWN, offset_ns=offset_ns, now_ns=NOW, counts=counts), counts


def test_honest_rows_pass_as_they_are(plane: TelemetryPlane) -> None:
    rows, counts = admitted(plane, SampleBatch.of([0, 1], [5.0, 7.0], NOW - SECOND, NOW - SECOND // 2))
    assert rows.value.tolist() == [5.0, 7.0]
    assert rows.observed_ns.tolist() == [NOW - SECOND] * 2
    assert rows.received_ns.tolist() == [NOW - SECOND // 2] * 2
    assert rows.quality.tolist() == [0, 0]
    assert (rows.flags & Flag.STAMPED).all()
    assert counts == Counts()


def test_slots_of_others_are_dropped_and_counted(plane: TelemetryPlane) -> None:
    rows, counts = admitted(plane, SampleBatch.of([0, 2, 3, 2**31 - 1], [1.0, 2.0, 3.0, 4.0], NOW - 1, NOW - 1))
    assert rows.slot.tolist() == [0]
    assert counts.foreign == 3


@pytest.mark.parametrize("stamp", [NOW + 3_600 * SECOND, 1, 2**63 - 1, -(2**63)])
def test_a_stamp_that_cannot_be_neither_freezes_nor_makes_young(plane: TelemetryPlane, stamp: int) -> None:
    sent = SampleBatch.of([0], [1.0], NOW - 1, NOW - 1)
    sent.stamp_ns = np.array([stamp], np.int64)
    rows, counts = admitted(plane, sent)
    assert rows.observed_ns.tolist() == [NOW - 1]
    assert not (rows.flags & Flag.STAMPED).any()
    if stamp > 0:
        assert rows.quality.tolist() == [q.CLOCK_SKEW]
        assert counts.skewed == 1


def test_a_nodes_own_clock_is_put_right_by_its_offset(plane: TelemetryPlane) -> None:
    yesterday = NOW - 86_400 * SECOND
    sent = SampleBatch.of([0], [1.0], yesterday, yesterday, flags=Flag.NONE)
    rows, counts = admitted(plane, sent, offset_ns=86_400 * SECOND - SECOND)
    assert rows.received_ns.tolist() == rows.observed_ns.tolist() == [NOW - SECOND]
    assert counts.skewed == 0


@pytest.mark.parametrize("received", [NOW - 7_200 * SECOND, NOW + 60 * SECOND, 2**63 - 1, -(2**63)])
def test_an_arrival_that_cannot_be_is_now_and_says_so(plane: TelemetryPlane, received: int) -> None:
    rows, counts = admitted(plane, SampleBatch.of([0], [1.0], received, received, flags=Flag.NONE))
    assert rows.received_ns.tolist() == rows.observed_ns.tolist() == [NOW]
    assert rows.quality.tolist() == [q.CLOCK_SKEW]
    assert counts.skewed == 1


def test_values_out_of_range_are_kept_and_marked(plane: TelemetryPlane) -> None:
    rows, counts = admitted(plane, SampleBatch.of([0, 1], [1e6, 1e6], NOW - 1, NOW - 1))
    assert rows.quality.tolist() == [q.OUT_OF_RANGE, q.GOOD]
    assert counts.out_of_range == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_changes_the_quality_alone(plane: TelemetryPlane, value: float) -> None:
    rows, counts = admitted(plane, SampleBatch.of([1], [value], NOW - 1, NOW - 1))
    assert rows.quality.tolist() == [q.NOT_A_NUMBER]
    assert (rows.flags & Flag.VALUELESS).all()
    assert np.isnan(rows.value).all()
    assert counts.not_a_number == 1


def test_what_the_device_said_of_its_value_is_kept_but_no_invented_severity(plane: TelemetryPlane) -> None:
    rows, _ = admitted(plane, SampleBatch.of([0, 1, 1], [1.0] * 3, NOW - 1, NOW - 1, quality=[q.NO_READING, 255, 1]))
    assert rows.quality.tolist() == [q.NO_READING, q.pack(q.Severity.BAD, q.Cause.DEVICE), 1]


def test_retained_rows_that_say_nothing_new_are_left_out(plane: TelemetryPlane) -> None:
    plane.commit(SampleBatch.of([0, 1], [1.0, 2.0], NOW - 5 * SECOND), NOW)
    again = SampleBatch.of([0, 1], [1.0, 2.0], NOW - 5 * SECOND, NOW - 1, flags=Flag.STAMPED | Flag.RETAINED)
    rows, counts = admitted(plane, again)
    assert len(rows) == 0
    assert counts.repeated == 2
    other = SampleBatch.of([0, 1], [9.0, 2.0], NOW - 1, NOW - 1, flags=Flag.RETAINED)
    rows, _ = admitted(plane, other)
    assert rows.value.tolist() == [9.0]

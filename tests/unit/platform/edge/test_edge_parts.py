"""Groups, overlaps, latencies and placement, each by itself."""

import numpy as np
import pytest

from plantverse.offload.registry import POLICIES, make_policy
from plantverse.offload.work import DEFER, REJECT, Tier
from plantverse.platform.edge.groups import groups_of
from plantverse.platform.edge.latency import Latencies
from plantverse.platform.edge.overlap import Overlap
from plantverse.platform.edge.placement import GAIN_S, Place, Placement, heaviness
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import SignalSpec, TwinSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

NOW = 1_700_000_000_000_000_000


def test_branches_that_share_a_topic_are_one_group() -> None:
    groups = groups_of({"a/1": ["t1"], "a/2": ["t2"], "b/1": ["t3", "t2"], "c/1": ["t4"], "lone": ["t5"], "mute": []})
    assert {name: group.twins for name, group in groups.items()} == {
        "a": ("a/1", "a/2", "b/1"), "c": ("c/1",), "lone": ("lone",),
    }  # fmt: skip
    assert groups["a"].topics == {"t1", "t2", "t3"}


def test_no_topic_is_in_two_groups_and_what_the_server_keeps_in_none() -> None:
    groups = groups_of({"a/1": ["t1", "status"], "a/2": ["t2"], "b/1": ["t3"]}, stay=["status"])
    assert {name: group.twins for name, group in groups.items()} == {"a": ("a/2",), "b": ("b/1",)}


def rows(*values: float, stamp: int = 0, slot: int = 0) -> SampleBatch:
    batch = SampleBatch.of([slot] * len(values), values, NOW, flags=Flag.STAMPED if stamp else Flag.NONE)
    batch.stamp_ns[:] = stamp
    return batch


def test_each_row_cancels_one() -> None:
    overlap = Overlap(np.array([True, False]))
    overlap.note(rows(1.0, 1.0, 2.0))
    overlap.note(rows(3.0, slot=1))
    overlap.note(rows(4.0, slot=9))
    assert overlap.fresh(rows(3.0, slot=1)).value.tolist() == [3.0]
    assert overlap.fresh(rows(1.0, 1.0, 1.0, 2.0, 5.0)).value.tolist() == [1.0, 5.0]
    assert overlap.fresh(rows(1.0)).value.tolist() == [1.0]


def test_what_was_cancelled_and_not_acknowledged_is_cancelled_again() -> None:
    overlap = Overlap(np.array([True]))
    overlap.note(rows(1.0, stamp=NOW))
    first = rows(1.0, stamp=NOW)
    assert len(overlap.fresh(first)) == 0
    again = rows(1.0, 2.0, stamp=NOW)
    again.flags |= np.uint8(Flag.REDELIVERED)
    assert overlap.fresh(again).value.tolist() == [2.0]
    assert len(overlap.fresh(first)) == 1


def test_a_stamp_tells_equal_values_apart() -> None:
    overlap = Overlap(np.array([True]))
    overlap.note(rows(1.0, stamp=NOW))
    assert len(overlap.fresh(rows(1.0, stamp=NOW + 1))) == 1
    assert len(overlap.fresh(rows(1.0, stamp=NOW))) == 0
    overlap.note(rows(np.nan, stamp=NOW))
    assert len(overlap.fresh(rows(np.nan, stamp=NOW))) == 0


def test_latencies_are_those_of_fresh_values() -> None:
    revision = Revision()
    registry = Registry(revision)
    entry = registry.add(
        TwinSpec(id="a", type=TwinType(name="T", signals=(SignalSpec(path="x"), SignalSpec(path="y"))))
    )
    plane = TelemetryPlane(registry, revision)
    latencies = Latencies(registry, plane)
    latencies.rebuild({"g": np.array([True, False])})
    assert latencies.of("g") is None
    for age_ms in (10, 20, 30):
        batch = plane.commit(
            SampleBatch.of([entry.slots["x"], entry.slots["y"]], [1.0, 1.0], NOW), NOW + age_ms * 10**6
        )
        latencies.count(batch)
        latencies.measure(NOW + age_ms * 10**6)
    found = latencies.of("g")
    assert found is not None
    assert found[0] == pytest.approx(0.02)
    assert found[1] == pytest.approx(0.03, abs=1e-3)
    assert latencies.rows == {"g": 3}
    latencies.measure(NOW + 10**9)
    assert latencies.of("g") == found, "nothing new came"


def place(name: str, **others: float | bool) -> Place:
    tier = Tier.CLOUD if name == "server" else Tier.EDGE
    return Place(name=name, tier=tier, speed=100_000.0, **others)  # type: ignore[arg-type]


def decided(
    placement: Placement,
    *places: Place,
    here: str = "",
    rate: float = 100.0,
    rates: dict[str, float] | None = None,
    resting: bool = False,
) -> tuple[str, str]:
    all_rates = {here: rate} | (rates or {})
    found = placement.decide("g", rate=rate, here=here, places=places, rates=all_rates, now_s=1.0, resting=resting)
    return found.place, found.reason


def jsec() -> Placement:
    return Placement(make_policy("jsec"), fallback="server")


SERVER = place("server", penalty_s=0.05)


def test_a_squeezed_link_moves_a_group_and_noise_does_not() -> None:
    near, far = place("near", rtt_s=0.002), place("far", rtt_s=0.006)
    assert decided(jsec(), near, far, SERVER, here="near")[0] == "near"
    near.rtt_s = 0.006
    assert decided(jsec(), near, far, SERVER, here="near")[0] == "near"
    near.rtt_s = 0.3
    assert decided(jsec(), near, far, SERVER, here="near")[0] == "far"
    assert decided(jsec(), near, far, SERVER, here="near", resting=True)[0] == "near"
    far.rtt_s = 0.3 - GAIN_S
    assert "would gain only" in decided(jsec(), near, far, here="near")[1]


def test_a_full_place_is_left_even_while_the_group_rests() -> None:
    full, free = place("full"), place("free")
    crowded = {"full": 120_000.0, "free": 1_000.0}
    assert decided(jsec(), full, free, here="full", rates=crowded, resting=True) == ("free", "full is full")
    crowded |= {"free": 120_000.0, "server": 120_000.0}
    got = decided(jsec(), full, free, SERVER, here="full", rates=crowded, resting=True)
    assert got == ("full", "stays: the policy says reject"), "where nothing fits, it is not moved about"
    assert decided(jsec(), full, free, SERVER, rates=crowded)[0] == "server"


def test_dead_and_drained_places_are_left_and_without_any_the_server_takes_it() -> None:
    one = place("one")
    for bad in ({"alive": False}, {"drained": True}):
        gone = place("one", **bad)
        assert decided(jsec(), gone, place("two"), SERVER, here="one") == ("two", "one is gone or drained")
        assert decided(jsec(), gone, SERVER, here="one")[0] == "server"
    assert decided(jsec(), one, SERVER)[0] == "one", "the server is a little worse on purpose"
    one.rtt_s = 0.5
    assert decided(jsec(), one, SERVER)[0] == "server"


@pytest.mark.parametrize("action", [REJECT, DEFER])
def test_reject_and_defer_are_actions(action: int) -> None:
    class Says:
        name = "says"

        def decide(self, *_: object) -> int:
            return action

        def learn(self, *_: object) -> None:
            raise AssertionError

    placement = Placement(Says(), fallback="server")
    assert decided(placement, place("one"), SERVER, here="one")[0] == "one"
    assert decided(placement, place("one"), SERVER)[0] == "server"


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_runs_live(policy: str) -> None:
    placement = Placement(make_policy(policy), fallback="server")
    for here in ("", "one", "server", "gone"):
        assert decided(placement, place("one"), place("two", alive=False), SERVER, here=here)[0] in {"one", "server"}
    placement.learn("g", "one", 0.01)
    placement.learn("unknown", "one", float("inf"), lost=True)


def test_what_a_row_costs_is_seen_from_the_load() -> None:
    busy = place("busy", load=0.55)
    assert heaviness(busy, {"busy": 1_000.0}) == pytest.approx(50.0)
    assert heaviness(place("idle", load=0.02), {"idle": 1_000.0}) == 1.0
    assert heaviness(busy, {}) == 1.0


def test_predictions_learn_their_overhead_from_what_came() -> None:
    placement = jsec()
    for _ in range(100):
        decision = placement.decide("g", rate=10.0, here="one", places=[place("one", rtt_s=0.01)], rates={}, now_s=0.0)
        placement.compare(decision, 0.035)
    assert decision.predicted_s == pytest.approx(0.035, rel=0.05)

"""Rules of docs/spec/sync.md, each quoted in the name of its test."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from doubles.plant_state import SENSOR, PlantState
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import Binding
from plantverse.twins.sync.frames import decode_frame, is_frame
from plantverse.twins.sync.messages import (
    MAX_MESSAGE,
    PROTOCOL,
    Ack,
    Bye,
    Events,
    Hello,
    Invoke,
    Lag,
    Patch,
    Ping,
    Pong,
    Presence,
    Reply,
    Schema,
    ServerMessage,
    Subscribe,
    Welcome,
    decode_server,
    encode,
)
from plantverse.twins.sync.publisher import SyncOptions
from plantverse.twins.sync.session import ServerSession


def messages(session: ServerSession, now_s: float) -> list[Any]:
    return [decode_frame(m) if is_frame(m) else decode_server(m) for m in session.to_send(now_s)]


def of(kind: type, sent: list[Any]) -> list[Any]:
    return [m for m in sent if isinstance(m, kind)]


def frames(sent: list[Any]) -> list[Any]:
    return [m for m in sent if hasattr(m, "observed_us")]


def greeted(plant: PlantState, *, resume: dict[str, tuple[int, int]] | None = None) -> ServerSession:
    session = ServerSession(plant.publisher, plant.now_s)
    session.receive(encode(Hello(versions=[PROTOCOL], resume=resume or {})), plant.now_s)
    session.requests()
    session.accept("ada", "operator")
    return session


def subscribed(plant: PlantState, selector: str = "*", **options: Any) -> ServerSession:
    session = greeted(plant)
    session.receive(encode(Subscribe(id=1, selector=selector, **options)), plant.now_s)
    return session


def sample(plant: PlantState, slot: int, value: float, at_s: float = 0.0) -> None:
    at_ns = plant.clock.time_ns() + round(at_s * 1e9)
    plant.telemetry.commit(SampleBatch.of(slot, value, at_ns), plant.clock.time_ns())


@pytest.fixture
def plant() -> PlantState:
    state = PlantState()
    state.add("hall/p1")
    state.add("hall/t1", SENSOR)
    return state


def test_s1_another_message_before_hello_ends_the_session(plant: PlantState) -> None:
    session = ServerSession(plant.publisher, 0.0)
    session.receive(encode(Ping(sent_us=1.0)), 0.0)
    assert session.closed is not None
    assert session.closed.code == "hello_expected"


def test_s1_silence_ends_the_session_after_ten_seconds(plant: PlantState) -> None:
    session = ServerSession(plant.publisher, 0.0)
    assert session.to_send(9.9) == []
    assert messages(session, 10.1)[-1].code == "hello_expected"


def test_s2_no_common_version_names_our_own(plant: PlantState) -> None:
    session = ServerSession(plant.publisher, 0.0)
    session.receive(encode(Hello(versions=["plantverse.sync.v99"])), 0.0)
    assert session.closed is not None
    assert session.closed.code == "version_unsupported"
    assert PROTOCOL in session.closed.message + session.closed.hint


@pytest.mark.parametrize(
    "data", [b"", b"\xc1", b"not a message", b"\x81\xa4type\xa7unknown", b"\xff" * 64, b"\x93" * 5_000]
)
def test_s3_s4_what_does_not_decode_ends_the_session(plant: PlantState, data: bytes) -> None:
    session = subscribed(plant)
    session.receive(data, 0.0)
    assert session.closed is not None
    assert session.closed.code == "message_invalid"


def test_s3_a_large_message_ends_the_session_unread(plant: PlantState) -> None:
    session = subscribed(plant)
    session.receive(b"\x00" * (MAX_MESSAGE + 1), 0.0)
    assert isinstance(messages(session, 0.0)[-1], Bye)


def test_s4_unknown_fields_are_ignored(plant: PlantState) -> None:
    import msgspec

    session = greeted(plant)
    session.receive(msgspec.msgpack.encode({"type": "ping", "sent_us": 5.0, "later": [1, {"a": 2}]}), 0.0)
    assert of(Pong, messages(session, 0.0))[0].sent_us == 5.0


def test_t1_structure_comes_before_documents_and_documents_before_values(plant: PlantState) -> None:
    plant.state.patch("hall/p1", {"reported": {"mode": "auto"}})
    sample(plant, 0, 3.5)
    sent = messages(subscribed(plant), plant.now_s)
    kinds = [type(m) for m in sent]
    assert kinds[:3] == [Welcome, Schema, Patch]
    assert frames(sent)[0].value.tolist() == [3.5]
    named = {s.slot for t in sent[1].twins for s in t.signals}
    assert set(frames(sent)[0].slot.tolist()) <= named


def test_t2_t3_a_changed_twin_is_sent_whole_and_a_removed_one_is_named(plant: PlantState) -> None:
    session = subscribed(plant)
    session.to_send(plant.now_s)
    plant.registry.remove("hall/t1")
    plant.add("hall/t2", SENSOR)
    schema = of(Schema, messages(session, plant.now_s))[0]
    assert schema.removed == ["hall/t1"]
    assert [t.id for t in schema.twins] == ["hall/t2"]
    assert schema.twins[0].signals[0].slot == 3


def test_t6_a_signal_without_a_source_is_named_and_sent_anew_once_it_has_one(plant: PlantState) -> None:
    session = subscribed(plant, "hall/p1")
    told = of(Schema, messages(session, plant.now_s))[0].twins[0]
    assert {s.path: s.bound for s in told.signals} == {"flow": False, "starts": False}
    spec = plant.registry.get("hall/p1").spec
    plant.registry.replace(replace(spec, bindings=(Binding(path="flow", topic="plc/flow"),)))
    told = of(Schema, messages(session, plant.now_s))[0].twins[0]
    assert {s.path: s.bound for s in told.signals} == {"flow": True, "starts": False}


def test_f2_f3_at_most_two_frames_are_outstanding_and_the_next_one_has_the_newest(plant: PlantState) -> None:
    session = subscribed(plant)
    numbers = []
    for value in range(5):
        sample(plant, 0, float(value))
        plant.clock.advance(0.05)
        numbers += [f.number for f in frames(messages(session, plant.now_s))]
    assert numbers == [1, 2]
    session.receive(encode(Ack(frame=2)), plant.now_s)
    frame = frames(messages(session, plant.now_s))[0]
    assert (frame.number, frame.slot.tolist(), frame.value.tolist()) == (3, [0], [4.0])


def test_f4_no_acknowledgement_for_the_limit_ends_the_session(plant: PlantState) -> None:
    session = subscribed(plant)
    sample(plant, 0, 1.0)
    session.to_send(plant.now_s)
    assert session.behind is False, "one frame more would be sent"
    sample(plant, 0, 2.0)
    plant.clock.advance(1.0)
    session.to_send(plant.now_s)
    assert session.behind
    plant.clock.advance(29.5)
    assert messages(session, plant.now_s)[-1].code == "slow_client"
    assert not session.behind, "it has ended"


def test_f5_batch_mode_carries_every_sample_late_ones_too_and_says_what_was_lost() -> None:
    plant = PlantState()
    plant.add("p1")
    session = subscribed(plant, mode="batch")
    session.to_send(plant.now_s)
    for value, at_s in ((1.0, 0.0), (2.0, 1.0), (3.0, 0.5)):
        sample(plant, 0, value, at_s)
    plant.clock.advance(1.0)
    frame = frames(messages(session, plant.now_s))[-1]
    assert frame.value.tolist() == [1.0, 2.0, 3.0]
    session.receive(encode(Ack(frame=frame.number)), plant.now_s)
    log_rows = plant.telemetry.log.capacity
    for _ in range(3):
        rows = SampleBatch.of(np.zeros(log_rows // 2, int), 1.0, plant.clock.time_ns())
        plant.telemetry.commit(rows, plant.clock.time_ns())
    plant.clock.advance(1.0)
    sent = messages(session, plant.now_s)
    assert of(Lag, sent)[0].dropped == log_rows // 2
    assert len(frames(sent)[0].value) == log_rows


def test_f7_max_hz_bounds_the_frames_of_a_subscription(plant: PlantState) -> None:
    session = subscribed(plant, max_hz=2.0)
    count = 0
    for tick in range(100):
        sample(plant, 0, float(tick))
        plant.clock.advance(0.05)
        sent = frames(messages(session, plant.now_s))
        count += len(sent)
        for frame in sent:
            session.receive(encode(Ack(frame=frame.number)), plant.now_s)
    assert 9 <= count <= 11


def test_c2_a_heartbeat_comes_each_second_while_nothing_changes(plant: PlantState) -> None:
    session = subscribed(plant)
    session.to_send(plant.now_s)
    beats = 0
    for _ in range(100):
        plant.clock.advance(0.05)
        for frame in frames(messages(session, plant.now_s)):
            assert len(frame.slot) == 0
            beats += 1
            session.receive(encode(Ack(frame=frame.number)), plant.now_s)
    assert 4 <= beats <= 6


def test_r2_a_known_epoch_resumes_with_a_delta_only(plant: PlantState) -> None:
    sample(plant, 0, 1.0)
    sample(plant, 2, 20.0)
    held = plant.revision.value
    sample(plant, 0, 2.0)
    session = greeted(plant, resume={"plant-1": (1, held)})
    session.receive(encode(Subscribe(id=1, selector="*", since=-1)), plant.now_s)
    sent = messages(session, plant.now_s)
    assert sent[0].resumed
    assert of(Schema, sent) == []
    assert frames(sent)[0].slot.tolist() == [0]


@pytest.mark.parametrize("resume", [{"plant-1": (7, 3)}, {"another": (1, 3)}, {"plant-1": (1, 10**9)}])
def test_r2_anything_else_gets_a_snapshot(plant: PlantState, resume: dict[str, tuple[int, int]]) -> None:
    sample(plant, 0, 1.0)
    session = greeted(plant, resume=resume)
    session.receive(encode(Subscribe(id=1, selector="*", since=-1)), plant.now_s)
    sent = messages(session, plant.now_s)
    assert not sent[0].resumed
    assert len(of(Schema, sent)[0].twins) == 2


def test_e1_events_are_delivered_unmerged_in_order(plant: PlantState) -> None:
    session = subscribed(plant)
    session.to_send(plant.now_s)
    for number in range(600):
        plant.events.append("system", "", plant.clock.time_ns(), {"number": number})
    got = []
    for _ in range(4):
        got += [e.body["number"] for m in of(Events, messages(session, plant.now_s)) for e in m.events]
        plant.clock.advance(0.05)
    assert got == list(range(600))


def test_e1_events_that_left_the_log_are_counted() -> None:
    plant = PlantState(events_kept=100)
    plant.add("p1")
    session = subscribed(plant)
    session.to_send(plant.now_s)
    for number in range(1_000):
        plant.events.append("system", "", 0, {"number": number})
    got: list[ServerMessage] = []
    for _ in range(3):
        got += of(Events, messages(session, plant.now_s))
    assert sum(m.missed for m in got) + sum(len(m.events) for m in got) == 1_000
    assert got[0].missed > 0


def test_e3_a_repeated_request_is_answered_but_not_done_again(plant: PlantState) -> None:
    session = subscribed(plant)
    ask = encode(Invoke(request="r1", twin="hall/p1", command="start", args={}))
    session.receive(ask, 0.0)
    assert len(session.requests()) == 1
    session.receive(ask, 0.0)
    assert session.requests() == []
    assert of(Reply, messages(session, 0.0))[0].status == "pending"
    session.reply(Reply(request="r1", status="succeeded"))
    session.to_send(0.0)
    session.receive(ask, 0.0)
    assert session.requests() == []
    assert of(Reply, messages(session, 0.0))[0].status == "succeeded"


def test_a_selector_that_does_not_parse_is_refused_and_the_session_lives(plant: PlantState) -> None:
    session = subscribed(plant, "type=(")
    replies = of(Reply, messages(session, 0.0))
    assert (replies[0].request, replies[0].status) == ("subscribe:1", "refused")
    assert session.closed is None


def test_subscriptions_are_limited(plant: PlantState) -> None:
    plant = PlantState(options=SyncOptions(max_subscriptions=3))
    session = greeted(plant)
    for number in range(4):
        session.receive(encode(Subscribe(id=number, selector="*")), 0.0)
    assert session.closed is not None
    assert session.closed.code == "overloaded"


def test_integers_beyond_the_float_are_exact(plant: PlantState) -> None:
    from plantverse.twins.samples import Flag

    rows = SampleBatch.of(1, float(2**60), plant.clock.time_ns(), flags=Flag.STAMPED | Flag.EXACT)
    rows.exact = np.array([2**60 + 1], np.int64)
    plant.telemetry.commit(rows, plant.clock.time_ns())
    frame = frames(messages(subscribed(plant), plant.now_s))[0]
    assert frame.exact.tolist() == [2**60 + 1]
    assert frame.slot[frame.exact_row].tolist() == [1]


def test_others_see_head_and_hands_and_a_pose_that_is_none_changes_nothing() -> None:
    plant = PlantState()
    session = subscribed(plant)
    hand = (0.4, 1.2, -0.3, 0.0, 0.0, 0.0, 1.0)
    seen = Presence(position=(1.0, 1.6, 2.0), left=hand)
    session.receive(encode(seen), plant.now_s)
    for lost in (Presence(position=(float("nan"), 0.0, 0.0)), Presence(right=(*hand[:3], float("inf"), *hand[4:]))):
        session.receive(encode(lost), plant.now_s)
    assert list(plant.publisher.people.values()) == [("ada", seen)]

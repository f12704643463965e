"""Commands: checked, written down before they are sent, ended once."""

import asyncio
import json

import pytest

from doubles.requests import ENGINEER, OPERATOR, VALVE, VIEWER, Desk
from plantverse.errors import (
    AuditUnavailable,
    BrokerUnavailable,
    Conflict,
    NotAllowed,
    NotFound,
    PlantverseError,
    RequestInvalid,
)
from plantverse.twins.commands import CUT_OFF, RequestState
from plantverse.twins.specs import TwinSpec


@pytest.fixture
def desk() -> Desk:
    return Desk()


ANSWERS = "plant/v1/cmd/answer"


def answer(desk: Desk, request: str, status: str = "succeeded", *, topic: str = ANSWERS, **more: object) -> None:
    payload = json.dumps({"id": request, "status": status, **more}).encode()
    desk.commands.answer(topic, payload, desk.plant.clock.time_ns())


async def test_a_command_is_published_with_id_arguments_and_expiry_and_ends_with_the_answer(desk: Desk) -> None:
    ends: list[RequestState] = []
    state = await desk.commands.invoke(OPERATOR, "v1", "move", {"to": 40}, reason="test", on_change=ends.append)
    assert state.status == "pending"
    topic, payload, expiry_s = desk.broker.sent[0]
    assert topic == "plant/v1/cmd/move"
    assert payload["id"] == state.request
    assert payload["args"] == {"to": 40.0}
    assert payload["expires_us"] == state.expires_ns // 1000
    assert expiry_s == 10
    answer(desk, state.request, message="moved", result={"at": 40})
    ended = desk.commands.requests.get(state.request)
    assert (ended.status, ended.message, ended.result) == ("succeeded", "moved", {"at": 40})
    assert [s.status for s in ends] == ["succeeded"]
    assert desk.events("command") == ["pending", "succeeded"]
    await desk.commands.requests.close()
    assert desk.log.actions == ["command.asked", "command.succeeded"]
    assert desk.log.records[0][0] == "olga"
    assert desk.log.records[0][3]["reason"] == "test"


async def test_events_say_as_what_it_was_asked_so_that_an_asker_finds_its_end_without_the_reply(desk: Desk) -> None:
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {}, asked_as="x" * 100)
    answer(desk, state.request)
    await desk.commands.invoke(OPERATOR, "v1", "open", {})
    found, _, _ = desk.plant.events.read(0, 1_000)
    told = [(e.body["status"], e.body.get("asked_as")) for e in found if e.kind == "command"]
    assert told == [("pending", "x" * 64), ("succeeded", "x" * 64), ("pending", None)]


async def test_the_audit_record_comes_before_the_message(desk: Desk) -> None:
    desk.log.fails = AuditUnavailable("disk full")
    with pytest.raises(AuditUnavailable):
        await desk.commands.invoke(OPERATOR, "v1", "open", {})
    assert desk.broker.sent == []


async def test_without_an_answer_it_expires_and_a_late_answer_changes_nothing(desk: Desk) -> None:
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {})
    desk.plant.clock.advance(4.9)
    desk.commands.requests.expire(desk.plant.clock.time_ns())
    assert desk.commands.requests.get(state.request).status == "pending"
    desk.plant.clock.advance(0.2)
    desk.commands.requests.expire(desk.plant.clock.time_ns())
    assert desk.commands.requests.get(state.request).status == "expired"
    answer(desk, state.request)
    assert desk.commands.requests.get(state.request).status == "expired"
    assert desk.commands.requests.strangers == 1


async def test_a_second_answer_changes_nothing(desk: Desk) -> None:
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {})
    answer(desk, state.request, "refused", message="locked")
    answer(desk, state.request, "succeeded")
    assert desk.commands.requests.get(state.request).status == "refused"
    assert desk.events("command") == ["pending", "refused"]


async def test_a_broker_that_does_not_take_it_fails_the_command(desk: Desk) -> None:
    desk.broker.refuses = BrokerUnavailable("not connected")
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {})
    assert state.status == "failed"
    assert "not connected" in state.message
    assert desk.events("command") == ["pending", "failed"]


async def test_a_broker_that_is_only_watched_gets_no_command(desk: Desk) -> None:
    desk.broker.refuses = NotAllowed("this broker is only watched", hint="run with --allow-write")
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {})
    assert (state.status, state.message) == ("refused", "this broker is only watched (run with --allow-write)")
    await desk.commands.requests.close()
    assert desk.log.actions == ["command.asked", "command.refused"]


async def test_a_device_cannot_answer_for_another(desk: Desk) -> None:
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {})
    answer(desk, state.request, topic="plant/v2/cmd/answer")
    assert desk.commands.requests.get(state.request).status == "pending"
    assert desk.commands.requests.strangers == 1
    answer(desk, state.request)
    assert desk.commands.requests.get(state.request).status == "succeeded"


async def test_a_command_to_a_renamed_twin_ends_with_its_answer(desk: Desk) -> None:
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {})
    renamed = TwinSpec(id="valve-1", type=desk.plant.registry.get("v1").spec.type, topic="plant/v1")
    desk.plant.registry.add(renamed)
    desk.plant.registry.remove("v1")
    desk.commands.requests.rename("v1", renamed)
    answer(desk, state.request)
    assert (desk.commands.requests.get(state.request).status, desk.plant.events.read(0, 9)[0][-1].twin) == (
        "succeeded",
        "valve-1",
    )


async def test_what_waits_when_the_server_goes_down_has_an_end(desk: Desk) -> None:
    ends: list[RequestState] = []
    await desk.commands.invoke(OPERATOR, "v1", "open", {}, on_change=ends.append)
    desk.commands.requests.stop()
    await desk.commands.requests.close()
    assert [(s.status, s.message) for s in ends] == [("failed", CUT_OFF)]
    assert desk.commands.requests.pending == {}
    assert desk.events("command") == ["pending", "failed"]
    assert desk.log.actions == ["command.asked", "command.failed"]


@pytest.mark.parametrize("args", [{"to": float("nan")}, {"to": "x" * 100_000}, {"x" * 100_000: 1}, {"to": 10**400}])
async def test_a_refusal_is_written_down_whatever_was_sent_and_takes_little_room(
    desk: Desk, args: dict[str, object]
) -> None:
    with pytest.raises(RequestInvalid):
        await desk.commands.invoke(OPERATOR, "v1", "move", args, reason="why not")
    (record,) = desk.log.records
    assert record[3]["reason"] == "why not"
    assert len(json.dumps(record[3], allow_nan=False)) < 5_000


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "to: expected a number from 0 to 100 %, got 'nothing'"),
        ({"to": 101}, "to: expected a number from 0 to 100 %, got 101"),
        ({"to": "40"}, "to: expected a number"),
        ({"to": True}, "to: expected a number"),
        ({"to": 10**400}, "to: expected a number"),
        ({"to": float("nan")}, "to: expected a number"),
        ({"to": 4, "gently": 1}, "gently: expected true or false"),
        ({"to": 4, "fast": 1}, "fast: expected one of to, gently"),
    ],
)
async def test_a_wrong_argument_is_refused_with_what_was_expected_and_written_down(
    desk: Desk, args: dict[str, object], said: str
) -> None:
    with pytest.raises(RequestInvalid) as caught:
        await desk.commands.invoke(OPERATOR, "v1", "move", args)
    assert said in caught.value.message
    assert desk.broker.sent == []
    assert desk.log.actions == ["command.refused"]


@pytest.mark.parametrize(
    ("user", "command", "error"),
    [(VIEWER, "open", NotAllowed), (OPERATOR, "calibrate", NotAllowed), (OPERATOR, "explode", NotFound)],
)
async def test_who_may_not_or_what_is_not(desk: Desk, user: object, command: str, error: type[PlantverseError]) -> None:
    with pytest.raises(error):
        await desk.commands.invoke(user, "v1", command, {})  # type: ignore[arg-type]
    assert desk.broker.sent == []


async def test_an_engineer_may_what_an_operator_may_not(desk: Desk) -> None:
    assert (await desk.commands.invoke(ENGINEER, "v1", "calibrate", {})).status == "pending"


async def test_a_stale_twin_takes_no_commands(desk: Desk) -> None:
    desk.plant.clock.advance(11.0)
    with pytest.raises(Conflict, match="its newest sample is 11 s old"):
        await desk.commands.invoke(OPERATOR, "v1", "open", {})
    desk.live()
    assert (await desk.commands.invoke(OPERATOR, "v1", "open", {})).status == "pending"


async def test_a_device_whose_values_nothing_reads_takes_commands(desk: Desk) -> None:
    desk.plant.registry.replace(TwinSpec(id="mute", type=VALVE, command_topic="plant/mute/cmd"))
    desk.plant.clock.advance(11.0)
    assert (await desk.commands.invoke(OPERATOR, "mute", "open", {})).status == "pending"


async def test_an_offline_twin_takes_no_commands(desk: Desk) -> None:
    desk.plant.state.patch("v1", {"connectivity": {"online": False}})
    with pytest.raises(Conflict, match="offline"):
        await desk.commands.invoke(OPERATOR, "v1", "open", {})


async def test_a_twin_without_a_topic_takes_no_commands(desk: Desk) -> None:
    with pytest.raises(Conflict, match="no topic"):
        await desk.commands.invoke(OPERATOR, "mute", "open", {})


async def test_the_number_of_pending_commands_is_bounded(desk: Desk) -> None:
    for _ in range(3):
        await desk.commands.invoke(OPERATOR, "v1", "open", {})
    with pytest.raises(Conflict, match="3 requests wait"):
        await desk.commands.invoke(OPERATOR, "v1", "open", {})


async def test_commands_that_come_at_once_are_bounded_too(desk: Desk) -> None:
    asked = [desk.commands.invoke(OPERATOR, "v1", "open", {}) for _ in range(10)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(r, Conflict) for r in results) == 7
    assert len(desk.broker.sent) == len(desk.commands.requests.pending) == 3


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b'"x"', b'{"id": 5}', b'{"id": "none"}', b"\xff", b"[" * 50_000, b"x" * 100_000]
)
async def test_an_answer_that_answers_nothing_is_counted(desk: Desk, payload: bytes) -> None:
    desk.commands.answer(ANSWERS, payload, 0)
    assert desk.commands.requests.strangers == 1


async def test_an_answer_with_an_unknown_status_is_a_failure_that_says_so(desk: Desk) -> None:
    state = await desk.commands.invoke(OPERATOR, "v1", "open", {})
    answer(desk, state.request, "maybe")
    ended = desk.commands.requests.get(state.request)
    assert ended.status == "failed"
    assert "maybe" in ended.message


def test_the_topics_of_the_conversation_are_known(desk: Desk) -> None:
    assert desk.commands.answer_topics() == ["plant/v1/cmd/answer"]
    assert desk.commands.own_topics() == ["plant/v1/cmd/open", "plant/v1/cmd/move", "plant/v1/cmd/calibrate"]
    assert desk.desired.own_topics() == ["plant/v1/desired"]

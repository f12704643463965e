"""What a killed server left open gets its end at the next start, once."""

from typing import Any

from doubles.plant_state import PlantState
from doubles.requests import Log
from plantverse.errors import AuditUnavailable
from plantverse.platform.unfinished import end_unfinished, unfinished
from plantverse.twins.commands import CUT_OFF


def record(action: str, request: str, **detail: Any) -> dict[str, Any]:
    detail = {"request": request, **detail} if request else detail
    return {"user": "olga", "role": "operator", "action": action, "target": "hall/v1:move", "detail": detail}


def test_what_was_asked_and_has_no_end() -> None:
    records = [
        record("command.asked", "a"),
        record("command.asked", "b"),
        record("command.succeeded", "a"),
        record("alarm.acknowledge", ""),
        record("command.refused", "", why="no"),
        record("desired.asked", "c"),
        record("desired.expired", "d"),
    ]
    assert [r["detail"]["request"] for r in unfinished(records)] == ["b", "c"]


def test_the_end_is_written_with_its_author_and_told_to_history() -> None:
    plant, log = PlantState(), Log()
    records = [
        record("command.asked", "b", args={"to": 40.0}),
        {**record("desired.asked", "c", args={"mode": "auto"}), "target": "hall/v1:desired"},
    ]
    assert end_unfinished(records, audit=log, events=plant.events, clock=plant.clock) == 2
    assert log.records == [
        ("olga", "command.failed", "hall/v1:move", {"request": "b", "message": CUT_OFF}),
        ("olga", "desired.failed", "hall/v1:desired", {"request": "c", "message": CUT_OFF}),
    ]
    command, desired = plant.events.read(0, 9)[0]
    assert (command.kind, command.twin) == ("command", "hall/v1")
    assert command.body == {
        "command": "move",
        "args": {"to": 40.0},
        "request": "b",
        "status": "failed",
        "user": "olga",
        "message": CUT_OFF,
    }
    assert (desired.kind, desired.body["patch"]) == ("desired", {"mode": "auto"})


def test_at_the_start_after_that_nothing_is_open() -> None:
    plant, log = PlantState(), Log()
    records = [record("command.asked", "b")]
    end_unfinished(records, audit=log, events=plant.events, clock=plant.clock)
    records.append(record(log.records[0][1], "b"))
    assert end_unfinished(records, audit=log, events=plant.events, clock=plant.clock) == 0


def test_a_full_disk_does_not_keep_the_server_from_starting() -> None:
    plant, log = PlantState(), Log()
    log.fails = AuditUnavailable("disk full")
    records = [record("command.asked", "b"), record("command.asked", "c")]
    assert end_unfinished(records, audit=log, events=plant.events, clock=plant.clock) == 0
    assert plant.events.read(0, 9)[0] == []

"""Alarm actions of named users: allowed or not, written down before they are done."""

from pathlib import Path

import pytest

from doubles.alarm_plant import AlarmPlant
from doubles.requests import ENGINEER, OPERATOR, VIEWER
from plantverse.errors import AuditUnavailable, Conflict, NotAllowed, NotFound, RequestInvalid
from plantverse.platform.access import User
from plantverse.platform.alarm_desk import AlarmDesk
from plantverse.platform.audit import AuditLog, newest
from plantverse.twins.specs import Limits, SignalSpec, TwinSpec, TwinType

TANK = TwinType(name="Tank", signals=(SignalSpec(path="level", limits=Limits(h=90)),))
HIGH = "t1:level:h"


class Office:
    def __init__(self, folder: Path) -> None:
        self.plant = AlarmPlant(TwinSpec(id="t1", type=TANK))
        self.audit = AuditLog(folder / "audit.jsonl", self.plant.clock)
        self.desk = AlarmDesk(self.plant.alarms, self.audit, max_shelve_s=28_800)

    def records(self) -> list[tuple[str, str, str, object]]:
        return [(r["user"], r["action"], r["target"], r["detail"]) for r in newest(self.audit.path, 100)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_each_action_is_done_and_in_the_audit_log_with_its_author(office: Office) -> None:
    office.plant.feed("t1:level", 95)
    await office.desk.act(OPERATOR, HIGH, "acknowledge", comment="seen")
    await office.desk.act(OPERATOR, HIGH, "shelve", comment="known", duration_s=60)
    await office.desk.act(OPERATOR, HIGH, "unshelve")
    await office.desk.act(ENGINEER, HIGH, "suppress", comment="sensor out")
    await office.desk.act(ENGINEER, HIGH, "unsuppress")
    assert office.plant.actions() == [
        "raised", "acknowledged", "shelved", "unshelved", "suppressed", "unsuppressed"
    ]  # fmt: skip
    assert office.records() == [
        ("olga", "alarm.acknowledge", HIGH, {"comment": "seen"}),
        ("olga", "alarm.shelve", HIGH, {"comment": "known", "duration_s": 60}),
        ("olga", "alarm.unshelve", HIGH, {"comment": ""}),
        ("emil", "alarm.suppress", HIGH, {"comment": "sensor out"}),
        ("emil", "alarm.unsuppress", HIGH, {"comment": ""}),
    ]


async def test_what_cannot_be_written_down_is_not_done(office: Office) -> None:
    office.plant.feed("t1:level", 95)
    office.audit.close()
    with pytest.raises(AuditUnavailable):
        await office.desk.act(ENGINEER, HIGH, "suppress")
    assert office.plant.actions() == ["raised"]
    assert "suppressed" not in office.plant.documents("t1")[HIGH]


@pytest.mark.parametrize(
    ("user", "action"),
    [(VIEWER, "acknowledge"), (VIEWER, "shelve"), (OPERATOR, "suppress"), (OPERATOR, "unsuppress")],
)
async def test_who_may_not(office: Office, user: User, action: str) -> None:
    office.plant.feed("t1:level", 95)
    with pytest.raises(NotAllowed):
        await office.desk.act(user, HIGH, action)
    assert office.plant.actions() == ["raised"]
    assert office.records() == []


@pytest.mark.parametrize("duration_s", [0.0, -1.0, 28_801.0, float("nan"), float("inf")])
async def test_shelving_has_a_longest_time(office: Office, duration_s: float) -> None:
    with pytest.raises(RequestInvalid, match="duration_s"):
        await office.desk.act(OPERATOR, HIGH, "shelve", duration_s=duration_s)
    assert office.records() == []


async def test_an_hour_unless_told_otherwise(office: Office) -> None:
    await office.desk.act(OPERATOR, HIGH, "shelve")
    office.plant.wait(3_599)
    assert office.plant.actions() == ["shelved"]
    office.plant.wait(2)
    assert office.plant.actions() == ["shelved", "unshelved"]


async def test_what_cannot_be_done_is_not_in_the_log(office: Office) -> None:
    with pytest.raises(Conflict):
        await office.desk.act(OPERATOR, HIGH, "acknowledge")
    with pytest.raises(NotFound):
        await office.desk.act(OPERATOR, "t1:level:hh", "shelve")
    with pytest.raises(RequestInvalid, match="action"):
        await office.desk.act(ENGINEER, HIGH, "delete")
    assert office.records() == []

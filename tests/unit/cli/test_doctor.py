"""What the doctor makes of what it finds."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from plantverse.cli import checks
from plantverse.cli.broker_check import DROPPED, VERSION, BrokerFacts, judge

URL = "mqtt://broker"


def states(facts: BrokerFacts) -> list[str]:
    return [check.state for check in judge(URL, facts)]


def test_a_broker_that_is_well() -> None:
    facts = BrokerFacts(limits={"ReceiveMaximum": 20}, counters={VERSION: "mosquitto version 2.0.11", DROPPED: "0"})
    found = judge(URL, facts)
    assert [c.state for c in found] == ["ok", "ok", "ok"]
    assert found[0].message == "mqtt://broker: mosquitto version 2.0.11"
    assert found[1].message == "20 messages in flight towards it"


def test_drops_and_qos_0_are_warnings() -> None:
    facts = BrokerFacts(limits={"MaximumQoS": 0}, counters={DROPPED: "12"})
    assert states(facts) == ["ok", "warn", "warn"]
    assert judge(URL, facts)[2].message == "12 messages since its start"


def test_no_broker_fails_and_says_what_to_look_at() -> None:
    (check,) = judge(URL, BrokerFacts(problem="connection refused"))
    assert (check.state, check.message) == ("fail", "mqtt://broker: connection refused")
    assert "mqtt.url" in check.hint


def test_little_room_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=2**29, total=2**33)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: usage)
    check = checks.disk(tmp_path / "not" / "made" / "yet")
    assert (check.state, check.message) == ("warn", "0.5 GiB free of 8.0")


def test_a_clock_before_this_release_fails() -> None:
    assert checks.clock(1_600_000_000.0).state == "fail"


@pytest.mark.parametrize(("ntp", "state"), [(True, "ok"), (None, "ok"), (False, "warn")])
def test_a_clock_that_nothing_keeps_right(monkeypatch: pytest.MonkeyPatch, ntp: bool | None, state: str) -> None:
    monkeypatch.setattr(checks, "_ntp_state", lambda: ntp)
    assert checks.clock(1_900_000_000.0).state == state


def test_missing_server_packages_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "duckdb" else object())
    check = checks.server_parts()
    assert (check.state, check.message) == ("fail", "not installed: duckdb")


def test_a_store_that_is_not_there_yet(tmp_path: Path) -> None:
    assert checks.history_lock(tmp_path / "history").message == "none yet"

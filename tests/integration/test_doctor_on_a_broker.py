"""`plantverse doctor` against a real broker and a real store that another process holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doubles.mosquitto import Mosquitto, free_port
from plantverse.cli import app
from plantverse.cli.broker_check import DROPPED, VERSION, ask_broker
from plantverse.cli.checks import history_lock, http_port
from plantverse.platform.config import MqttSettings


def test_it_reads_version_limits_and_drops_and_publishes_nothing(mosquitto: Mosquitto) -> None:
    facts = ask_broker(MqttSettings(), mosquitto.url, None)
    assert facts.problem == ""
    assert "mosquitto version" in facts.counters[VERSION]
    assert facts.counters[DROPPED] == "0"
    assert "Received PUBLISH" not in mosquitto.log()


def test_a_broker_that_wants_a_password(make_mosquitto: type[Mosquitto]) -> None:
    broker = make_mosquitto(anonymous=False).start()  # type: ignore[call-arg]
    assert "refused: not authorized" in ask_broker(MqttSettings(), broker.url, None).problem


def test_nobody_there() -> None:
    assert "refused" in ask_broker(MqttSettings(), f"mqtt://127.0.0.1:{free_port()}", None).problem.lower()


def test_the_command_says_it_all(mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plantverse.toml").write_text(f"[http]\nport = {free_port()}\n")
    result = CliRunner().invoke(app, ["doctor", "--mqtt", mosquitto.url, "--json"])
    found = {check["name"]: check for check in json.loads(result.stdout)}
    assert set(found) == {
        "python", "server", "port", "data", "disk", "history", "viewer", "clock",
        "broker", "broker limits", "broker drops",
    }  # fmt: skip
    assert found["port"]["state"] == "ok"
    assert found["port"]["message"].endswith("is free")
    assert found["broker"]["state"] == "ok"


def test_a_port_that_another_program_has(mosquitto: Mosquitto) -> None:
    check = http_port("127.0.0.1", mosquitto.port)
    assert check.state == "fail"
    assert "taken by another program" in check.message


def test_a_store_that_another_process_holds(tmp_path: Path) -> None:
    file = tmp_path / "plant.duckdb"
    code = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        assert "in use by a running process" in history_lock(tmp_path).message
        holder.communicate("")
    assert history_lock(tmp_path).message == f"{tmp_path} is free"

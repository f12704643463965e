"""Commands as somebody types them; the server is a table of answers."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import plantverse.client
from plantverse.cli import app, main
from plantverse.errors import ConfigInvalid, PlantInvalid, PlantverseError

PLANT = """
from plantverse import Plant, Telemetry, Twin

class Pump(Twin):
    flow = Telemetry(unit="m3/h")

plant = Plant("demo")
plant.add(Pump("hall/pump-1", topic="plant/pump-1"))
"""
FLOW = {
    "signal": "p1:flow", "value": 3.14159265, "unit": "m3/h", "observed_us": 1.5e15, "received_us": 1.5e15,
    "age_s": 75.0, "quality": "uncertain: stale", "label": None,
}  # fmt: skip
ANSWERS: dict[str, Any] = {
    "/me": {"user": "vera", "role": "viewer", "local": True, "loopback": True},
    "/signals": {"signals": [FLOW]},
    "/twins": {
        "twins": [{"id": "p1", "type": "Pump", "area": "hall", "commands": [{"name": "start"}], "signals": [{}]}],
    },
    "/history/as-of": {"at_us": 2e15, "signals": [FLOW]},
    "/history/buckets": {
        "signal": "p1:flow", "unit": "m3/h", "start_us": [1.5e15], "min": [1.0], "max": [3.0], "mean": [2.0],
        "count": [4], "worst": [0],
    },
    "/mapping/explain": {
        "topic": "t", "bindings": [{"twin": "p1", "path": "flow", "key": ""}],
        "result": [{"signal": "p1:flow", "value": 3.2}],
    },
}  # fmt: skip


@dataclass
class Terminal:
    """Runs commands in its own folder and shows what came out."""

    folder: Path
    answers: dict[str, Any]

    def __call__(self, *arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    answers = dict(ANSWERS)

    def answer(request: httpx.Request) -> httpx.Response:
        body = answers[request.url.path.removeprefix("/api/v1")]
        return httpx.Response(200, json=body(request) if callable(body) else body)

    real: Callable[..., Any] = plantverse.client.connect
    monkeypatch.setattr(
        plantverse.client,
        "connect",
        lambda url, token, ca: real(url, token, ca=ca, transport=httpx.MockTransport(answer)),
    )
    return Terminal(tmp_path, answers)


def test_help_names_every_group(terminal: Terminal) -> None:
    output = terminal("--help")
    assert all(name in output for name in ("run", "watch", "doctor", "plant", "data", "audit", "user", "import"))


def test_version(terminal: Terminal) -> None:
    assert terminal("--version").strip()[0].isdigit()


def test_main_says_errors_in_two_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["plantverse", "run", "nowhere.toml"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        "error: nowhere.toml: expected a plant file, got 'nothing there'\n  hint: plantverse run --demo\n"
    )


def test_plant_check_counts_what_is_there(terminal: Terminal) -> None:
    (terminal.folder / "plant.py").write_text(PLANT)
    assert "fine. Plant demo: 1 twins of 1 types, 1 signals" in terminal("plant", "check")


def test_plant_check_names_file_and_field(terminal: Terminal) -> None:
    (terminal.folder / "plant.toml").write_text('[[twin]]\nid = "p1"\ntopc = "x"\n')
    with pytest.raises(PlantInvalid, match=r"plant\.toml.*topc"):
        terminal("plant", "check")


def test_plant_check_compiles_the_bindings_too(terminal: Terminal) -> None:
    twin = '[[twin]]\nid = "p1"\ntopic = "p"\n[twin.signals]\nflow = { unit = "m3/h" }\nlevel = { unit = "m" }\n'
    wrong = '[twin.bind]\nflow = { key = "a[" }\nlevel = { key = "b", encoding = "latin-99" }\n'
    (terminal.folder / "plant.toml").write_text(twin + wrong)
    with pytest.raises(PlantverseError) as caught:
        terminal("plant", "check")
    assert str(caught.value).startswith("2 problems\n")
    assert "p1: flow: key: expected a path" in str(caught.value)
    assert "p1: level: encoding" in str(caught.value)


def test_plant_check_without_a_plant(terminal: Terminal) -> None:
    with pytest.raises(PlantInvalid, match=r"expected plant\.toml or plant\.py"):
        terminal("plant", "check")


def test_plant_ls(terminal: Terminal) -> None:
    assert terminal("plant", "ls").splitlines()[1].split("\t") == ["p1", "Pump", "hall", "1", "start", ""]


def test_plant_get_shows_age_and_quality(terminal: Terminal) -> None:
    line = terminal("plant", "get", "p1").splitlines()[1]
    assert line.split("\t") == ["p1:flow", "3.14159", "m³/h", "1.2 min", "uncertain: stale"]
    assert json.loads(terminal("plant", "get", "p1", "--json"))[0]["value"] == 3.14159265


def test_plant_explain(terminal: Terminal) -> None:
    output = terminal("plant", "explain", "t", '{"flow": 3.2}')
    assert output.splitlines() == ["reads twin=p1  path=flow", "gives signal=p1:flow  value=3.2"]


def test_data_query_at_a_moment(terminal: Terminal) -> None:
    assert terminal("data", "query", "*", "--at", "-1h").splitlines()[1].startswith("p1:flow\t3.14159\tm³/h")


def test_data_query_condensed(terminal: Terminal) -> None:
    line = terminal("data", "query", "p1:flow", "--width", "1m", "--start", "-1h").splitlines()[1]
    assert line.split("\t") == ["2017-07-14T02:40:00.000000Z", "1", "2", "3", "m3/h", "4", "good"]


def test_data_query_as_json_has_no_nan(terminal: Terminal) -> None:
    terminal.answers["/history/series"] = {
        "signal": "p1:flow", "unit": "m3/h", "observed_us": [1.5e15], "value": [None], "quality": [133],
    }  # fmt: skip
    row = json.loads(terminal("data", "query", "p1:flow", "--json"))[0]
    assert row == {
        "time": "2017-07-14T02:40:00.000000Z", "value": None, "unit": "m3/h", "quality": "bad: not_a_number",
    }  # fmt: skip


def stored(times_us: list[float]) -> Callable[[httpx.Request], dict[str, Any]]:
    """Answer series requests as the server does, from samples at these times, whose values count up."""

    def series(request: httpx.Request) -> dict[str, Any]:
        start = request.url.params["start"]
        start_us = 0.0 if start.startswith("-") else float(start) * 1e6
        rows = [(t, float(i)) for i, t in enumerate(times_us) if t >= start_us][: int(request.url.params["limit"])]
        return {
            "signal": "p1:flow", "unit": "m3/h", "observed_us": [t for t, _ in rows], "value": [v for _, v in rows],
            "quality": [0] * len(rows),
        }  # fmt: skip

    return series


@pytest.mark.parametrize("size", [3, 4, 7, 8, 100])
def test_data_export_takes_every_sample_once(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("plantverse.cli.export.pages.__kwdefaults__", {"size": size})
    # The third and fourth share a microsecond but not a nanosecond.
    terminal.answers["/history/series"] = stored([1.5e15 + t for t in (0, 1, 2.25, 2.5, 3, 4, 5)])
    terminal("data", "export", "*", "--out", "out.csv")
    rows = list(csv.DictReader(io.StringIO((terminal.folder / "out.csv").read_text())))
    assert [float(row["value"]) for row in rows] == [0, 1, 2, 3, 4, 5, 6]
    assert rows[0] == {
        "signal": "p1:flow", "time": "2017-07-14T02:40:00.000000Z", "value": "0.0", "unit": "m3/h", "quality": "good",
        "synthetic": "false",
    }  # fmt: skip


def test_data_export_as_parquet(terminal: Terminal) -> None:
    import duckdb

    terminal.answers["/history/series"] = stored([1.5e15, 1.5e15 + 1])
    terminal("data", "export", "*", "--out", "it's.parquet")
    file = str(terminal.folder / "it's.parquet")
    with duckdb.connect() as base:
        rows = base.execute(
            "SELECT signal, epoch_us(time), value, unit, quality FROM read_parquet(?)", [file]
        ).fetchall()
    assert rows == [("p1:flow", 15 * 10**14, 0.0, "m3/h", "good"), ("p1:flow", 15 * 10**14 + 1, 1.0, "m3/h", "good")]


def test_data_export_to_another_kind_of_file(terminal: Terminal) -> None:
    with pytest.raises(ConfigInvalid, match=r"expected a \.csv or \.parquet file"):
        terminal("data", "export", "*", "--out", "out.xlsx")


def test_users_are_added_listed_rotated_and_revoked(terminal: Terminal) -> None:
    first = terminal("user", "add", "vera", "--role", "operator").splitlines()[0]
    second = terminal("user", "rotate", "vera").splitlines()[0]
    assert first.startswith("pv_")
    assert first != second
    assert (terminal.folder / ".plantverse" / "users.json").is_file()
    assert terminal("user", "list").splitlines()[1].startswith("vera\toperator\t20")
    terminal("user", "revoke", "vera")
    assert "vera" not in terminal("user", "list")


def test_a_role_that_does_not_exist(terminal: Terminal) -> None:
    with pytest.raises(ConfigInvalid, match="expected one of node, viewer, operator, engineer, admin"):
        terminal("user", "add", "vera", "--role", "boss")


def test_audit_verify_tells_a_changed_line(terminal: Terminal) -> None:
    from plantverse._clock import ManualClock
    from plantverse.platform.audit import AuditLog

    path = terminal.folder / ".plantverse" / "audit.jsonl"
    path.parent.mkdir()
    log = AuditLog(path, ManualClock())
    for target in ("p1", "p2"):
        log.append(user="vera", role="operator", action="command.invoke", target=target)
    log.close()
    assert "2 records hold" in terminal("audit", "verify")
    path.write_bytes(path.read_bytes().replace(b'"p1"', b'"p3"'))
    assert "line 1 is broken" in terminal("audit", "verify", code=1)


def test_import_tags_writes_twins_into_the_plant_file(terminal: Terminal) -> None:
    tags = terminal.folder / "tags.csv"
    tags.write_text(
        "tag,text,unit,topic\nPUMP1.flow,Flow,m3/h,plant/pump1/flow\nPUMP1.temp,Temperature,°C,plant/pump1/temp\n"
    )
    assert "2 signals of 1 twins would be written" in terminal("import", "tags", "tags.csv", "--dry-run")
    assert not (terminal.folder / "plant.toml").exists()
    assert "2 signals of 1 twins written to plant.toml" in terminal("import", "tags", "tags.csv")
    assert "1 twins" in terminal("plant", "check")

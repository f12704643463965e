"""What `plantverse run` makes of its options, without starting anything."""

import json
import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from plantverse.cli import app
from plantverse.cli.logs import JsonLines
from plantverse.cli.run import has_display, plant_file
from plantverse.errors import ConfigInvalid, PlantInvalid
from plantverse.sim.bottling.publisher import BottlingPublisher


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """Calls of `serve`."""
    calls: list[tuple[Any, dict[str, Any]]] = []
    wiring = ModuleType("plantverse.platform.serve")
    wiring.serve = lambda settings, **options: calls.append((settings, options))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "plantverse.platform.serve", wiring)
    monkeypatch.setattr("plantverse.cli.logs.configure", lambda **_: None)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.chdir(tmp_path)
    return calls


def run(*arguments: str) -> None:
    result = CliRunner().invoke(app, ["run", *arguments])
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output


def test_options_become_settings(served: list[Any], tmp_path: Path) -> None:
    run("--port", "0", "--mqtt", "mqtts://broker:8883", "--allow-write", "--data", "here", "--no-browser", "--lan")
    ((settings, options),) = served
    assert (settings.http.port, settings.mqtt.url, settings.mqtt.allow_write) == (0, "mqtts://broker:8883", True)
    assert settings.state_dir == tmp_path / "here"
    assert options == {"plant_path": None, "open_browser": False, "share_on_lan": True, "companion": None}


def test_what_is_not_said_stays_with_the_settings_file(served: list[Any], tmp_path: Path) -> None:
    (tmp_path / "plantverse.toml").write_text("[http]\nport = 9000\n[mqtt]\nallow_write = true\n")
    run("--mqtt-port", "1999")
    ((settings, options),) = served
    assert (settings.http.port, settings.mqtt.port, settings.mqtt.allow_write) == (9000, 1999, True)
    assert options["open_browser"] is True


def test_a_plant_file_here_is_found_and_its_folder_keeps_the_state(served: list[Any], tmp_path: Path) -> None:
    folder = tmp_path / "hall"
    folder.mkdir()
    (folder / "plant.toml").touch()
    run("hall")
    ((settings, options),) = served
    assert options["plant_path"].resolve() == folder / "plant.toml"
    assert settings.state_dir == folder / ".plantverse"


def test_the_demo_keeps_its_state_apart(served: list[Any], tmp_path: Path) -> None:
    (tmp_path / "plant.toml").touch()
    run("--demo")
    ((settings, options),) = served
    assert settings.state_dir == tmp_path / ".plantverse" / "demo"
    assert settings.state_dir in options["plant_path"].parents
    assert options["plant_path"].is_file()
    assert options["companion"] is BottlingPublisher


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--mqtt", "mqtt://h", "--mqtt-port", "1"), "contradict"),
        (("--demo", "plant.toml"), "brings its own plant"),
        (("--mqtt", "http://h"), "expected mqtt://"),
        (("--port", "70000"), "http.port"),
    ],
)
def test_options_that_cannot_be(served: list[Any], arguments: tuple[str, ...], text: str) -> None:
    with pytest.raises(ConfigInvalid, match=text):
        run(*arguments)
    assert served == []


def test_an_installation_without_the_server(served: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")

    monkeypatch.setitem(sys.modules, "plantverse.platform.serve", Missing("plantverse.platform.serve"))
    with pytest.raises(ConfigInvalid, match="fastapi is missing") as error:
        run()
    assert error.value.hint == "pip install 'plantverse[server]'"


def test_plant_file_prefers_data_over_code(tmp_path: Path) -> None:
    (tmp_path / "plant.py").touch()
    assert plant_file(None, tmp_path) == tmp_path / "plant.py"
    (tmp_path / "plant.toml").touch()
    assert plant_file(None, tmp_path) == tmp_path / "plant.toml"
    with pytest.raises(PlantInvalid, match="a folder with"):
        plant_file(Path(__file__).parent, tmp_path)


def test_has_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert [has_display(e) for e in ({}, {"DISPLAY": ""}, {"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"})] == [
        False, False, True, True,
    ]  # fmt: skip


def test_log_lines_are_json_with_the_exception() -> None:
    error = ValueError("no")
    record = logging.getLogger("plantverse.x").makeRecord(
        "plantverse.x", logging.WARNING, "f.py", 1, "broker %s is gone", ("b",), (ValueError, error, None)
    )
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "plantverse.x", "broker b is gone")
    assert "ValueError: no" in line["exception"]
    assert line["time"].endswith("Z")

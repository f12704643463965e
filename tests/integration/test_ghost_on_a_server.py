"""A ghost lives beside its twin from a generator on disk to history, and goes when its stream ends."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import plantverse
from doubles.ghost_model import save_pump_generator
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.cli import app
from plantverse.cli.ai_ghost import members_of, message_of
from plantverse.errors import ConfigInvalid, NotFound

pytestmark = pytest.mark.broker

PLANT = '[plant]\nname = "g"\ntypes = ["types.py"]\n[[twin]]\nid = "hall/p1"\ntype = "Pump"\ntopic = "plant/p1"\n'
TYPES = """\
from plantverse import Telemetry, Twin


class Pump(Twin):
    flow = Telemetry(unit="m3/h")
    running = Telemetry(bool)
"""


def test_rows_of_a_generator_become_a_ghost_with_history(
    mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "types.py").write_text(TYPES)
    (tmp_path / "plant.toml").write_text(PLANT)
    save_pump_generator(tmp_path / "models", "hall/p1", every_s=0.1)
    server = make_server(tmp_path / "plant.toml", mosquitto.url).start()
    command = ["ai", "generate", "ghost", "hall/p1", "--model", "pumps", "--fault", "leak", "--seed", "3"]
    command += ["--onset", "-5", "--models", str(tmp_path / "models"), "--mqtt", mosquitto.url, "--url", server.url]
    ran = CliRunner().invoke(app, [*command, "--seconds", "2", "--keep"])
    assert ran.exit_code == 0, ran.output
    assert "20 rows sent" in ran.output
    with plantverse.connect(server.url) as plant:
        server.wait_for(lambda: len(plant.history("hall/p1.ghost:flow")) == 20, "the rows in history")
        told = plant.history("hall/p1.ghost:flow")
        assert told.synthetic
        assert np.abs(told.value - 20).max() < 10
        assert plant.latest("hall/p1.ghost:running")["hall/p1.ghost:running"].value is True
        assert plant.latest("hall/p1:flow")["hall/p1:flow"].value is None
        origin = plant.twin("hall/p1.ghost")["twin"]["synthetic"]
        assert origin["generator"].startswith("pumps@")
        assert (origin["version"], origin["seed"]) == ("1", 3)
        assert origin["condition"] == {"fault": "leak", "severity": 1.0, "onset": -50.0}
        assert CliRunner().invoke(app, [*command, "--seconds", "0.2"]).exit_code == 0
        with pytest.raises(NotFound):
            plant.twin("hall/p1.ghost")
    wrong = CliRunner().invoke(app, [*command, "--learned-from", "hall/p9"])
    assert isinstance(wrong.exception, ConfigInvalid)
    assert "hall/p1" in (wrong.exception.hint or "")


def test_values_take_the_kind_of_their_signal_and_a_missing_one_is_left_out() -> None:
    from plantverse.ai.generate import StreamRow

    signals = [
        {"path": "flow", "kind": "float"}, {"path": "on", "kind": "bool"}, {"path": "count", "kind": "int"},
        {"path": "sum", "kind": "float", "derived": True}, {"path": "gone", "kind": "float"},
    ]  # fmt: skip
    members = members_of(("p:flow", "p:on", "p:count", "p:sum", "p:gone", "q:flow", "p:other"), "p", signals)
    assert sorted(path for path, _ in members.values()) == ["count", "flow", "gone", "on"]
    row = StreamRow(
        number=0, values=np.array([1.25, 0.6, 7.4, 3.0, np.nan, 9.0, 9.0]), faulty=False, synthetic={"generator": "g"}
    )
    document = message_of(row, members, 1.5)
    assert document == {"ts": 1500, "synthetic": {"generator": "g"}, "flow": 1.25, "on": True, "count": 7}
    json.dumps(document, allow_nan=False)

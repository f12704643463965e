"""`plantverse edge study` prints a table and writes its figures."""

import json
from pathlib import Path

from typer.testing import CliRunner

from plantverse.cli import app


def test_study_prints_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "study.json"
    arguments = ["edge", "study", "asp-repo", "--policy", "random", "--policy", "crash-avoid", "--worlds", "2"]
    result = CliRunner().invoke(app, [*arguments, "--json", str(out)])
    assert result.exit_code == 0, result.output
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert lines[0] == ["policy", "reward", "crashes", "lost", "rejected", "reward against random (95 %)"]
    assert [line[0] for line in lines[1:]] == ["random", "crash-avoid"]
    assert lines[2][2] == "0"
    found = json.loads(out.read_text())
    assert found["asked"]["preset"] == "asp-repo"
    assert len(found["policies"]["crash-avoid"]["worlds"]) == 2
    assert found["policies"]["crash-avoid"]["mean"]["crashes"] == 0


def test_an_unknown_preset_is_refused() -> None:
    result = CliRunner().invoke(app, ["edge", "study", "moon"])
    assert result.exit_code != 0
    assert "asp-repo" in str(result.exception)

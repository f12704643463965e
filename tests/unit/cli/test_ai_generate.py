"""`plantverse ai generate` and `plantverse sim record` as somebody types them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from contract.check_generator import NAMES, RULES, plant
from plantverse.ai.errors import ConditionUnseen, ModelInvalid, RowsUnfit
from plantverse.ai.generate import Recorded, read_recordings, write_recordings
from plantverse.cli import app
from plantverse.errors import ConfigInvalid, PlantverseError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, PlantverseError):
        raise result.exception
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    runs = [plant(96, seed) for seed in range(4)] + [plant(96, 20 + k, "leak", (3 + k) / 10, 30) for k in range(4)]
    recorded = Recorded(runs=tuple(runs), columns=NAMES, every_s=2.0, rules=RULES)
    write_recordings(tmp_path / "small.npz", recorded)
    return tmp_path


def test_fit_and_sample_a_fault(folder: Path) -> None:
    fitted: dict[str, Any] = json.loads(
        run("ai", "generate", "fit", "leaks", "--runs", "small.npz", "--length", "12", "--method", "smote", "--json")
    )
    assert (fitted["version"], fitted["method"]) == (1, "smote")
    assert fitted["seen"]["leak"]["severity"] == [0.3, 0.6]
    assert fitted["report"]["dropped"] == 0
    arguments = ["ai", "generate", "sample", "leaks", "--n", "3", "--fault", "leak", "--severity", "0.5", "--seed", "4"]
    run(*arguments, "--out", "a.npz", "--model-hash", fitted["hash"])
    run(*arguments[:4], "--n", "2", *arguments[6:], "--first", "1", "--out", "b.npz")
    with np.load("a.npz") as a, np.load("b.npz") as b:
        assert np.array_equal(a["values"][1:], b["values"]), "in pieces as in one"
        origin = json.loads(str(a["synthetic"][0]))
    assert origin == {
        "generator": f"leaks@{fitted['hash'][:12]}",
        "version": 1,
        "condition": {"fault": "leak", "severity": 0.5, "onset": 0.0},
        "seed": 4,
    }
    with pytest.raises(ConditionUnseen, match="fault fire"):
        run("ai", "generate", "sample", "leaks", "--fault", "fire", "--out", "c.npz")
    with pytest.raises(ModelInvalid, match="expected the model"):
        run("ai", "generate", "sample", "leaks", "--model-hash", "00", "--out", "c.npz")


def export(path: Path, rows: np.ndarray) -> None:
    lines = ["signal,time,value,unit,quality"]
    for n, row in enumerate(rows):
        stamp = f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z"
        lines += [f"{name},{stamp},{value:.4f},,good" for name, value in zip(NAMES, row, strict=True)]
    path.write_text("\n".join(lines) + "\n")


def test_fit_on_exported_samples_with_a_file_per_fault(folder: Path) -> None:
    export(folder / "normal.csv", plant(200, 1).rows)
    export(folder / "leak.csv", plant(100, 2, "leak", 0.5).rows)
    (folder / "plant.py").write_text(
        "from plantverse import Plant, Telemetry, Twin\n\n\nclass P(Twin):\n    flow = Telemetry(range=(0, 6))\n\n\n"
        'plant = Plant("small")\nplant.add(P("p1", topic="p1"))\n'
    )
    shown = run(
        "ai", "generate", "fit", "s", "--file", "normal.csv", "--fault", "leak@0.5=leak.csv", "--length", "12",
        "--method", "var-gaussian", "--plant", "plant.py",
    )  # fmt: skip
    assert shown.startswith("s version 1: var-gaussian from 93 windows of 12 rows and 6 columns, 0 left out")
    assert "leak\t30\t0.5\t-87 to 0" in shown
    run("ai", "generate", "sample", "s", "--n", "40", "--out", "s.npz")
    with np.load("s.npz") as found:
        at = list(found["columns"]).index("p1:flow")
        assert found["values"][:, :, at].max() <= 6.0, "the twin's range holds"


def test_evaluate_tells_and_keeps_every_figure(folder: Path) -> None:
    shown = run(
        "ai", "generate", "evaluate", "--runs", "small.npz", "--method", "block-bootstrap", "--seeds", "1",
        "--length", "12", "--json", "out.json",
    )  # fmt: skip
    lines = [line.split("\t") for line in shown.splitlines()]
    assert [line[:2] for line in lines[1:]] == [["small", "block-bootstrap"], ["small", "replay"]]
    kept = json.loads((folder / "out.json").read_text())
    assert kept["protocol"]["replay_fails"]
    assert kept["cases"]["small"]["replay"]["mean"]["copies"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("fit", "x"), ConfigInvalid, "either --runs or --file"),
        (("fit", "x", "--runs", "small.npz", "--fault", "leak=a.csv"), ConfigInvalid, "--fault belongs to --file"),
        (("fit", "x", "--file", "a.csv", "--fault", "leak@2=a.csv"), ConfigInvalid, "expected KIND=FILE"),
        (("fit", "x", "--file", "a.csv", "--fault", "leak"), ConfigInvalid, "expected KIND=FILE"),
        (("fit", "x", "--runs", "none.npz"), RowsUnfit, "not a file of recordings"),
        (("fit", "x", "--runs", "small.npz", "--method", "dream"), RowsUnfit, "method dream"),
        (("sample", "x", "--out", "a.npz"), ModelInvalid, "model x: not in"),
        (("evaluate",), ConfigInvalid, "expected --runs or --data"),
        (("evaluate", "--data", "."), RowsUnfit, "no files of tep/ there"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], error: type[PlantverseError], words: str) -> None:
    with pytest.raises(error, match=words):
        run("ai", "generate", *arguments)


def test_record_writes_runs_with_what_is_true(folder: Path) -> None:
    arguments = ["--fault", "leak", "--runs", "2", "--normal-runs", "1", "--rows", "40"]
    run("sim", "record", "--out", "a.npz", *arguments)
    run("sim", "record", "--out", "b.npz", *arguments)
    found, again = read_recordings(folder / "a.npz"), read_recordings(folder / "b.npz")
    assert all(np.array_equal(a.rows, b.rows) for a, b in zip(found.runs, again.runs, strict=True)), "seeded"
    assert [r.fault for r in found.runs] == ["normal", "leak", "leak"]
    assert all(10 <= r.onset < 20 and 0.3 <= r.severity <= 1 for r in found.runs[1:])
    assert found.rules["process/blend-tank:level"].high == 100
    imbalance = found.columns.index("process/blend-tank:imbalance")
    leak = max(found.runs[1:], key=lambda r: r.severity)
    before, after = leak.rows[: leak.onset, imbalance], leak.rows[leak.onset + 4 :, imbalance]
    assert abs(after.mean() - before.mean()) > 2 * before.std(), "the fault shows"
    with pytest.raises(PlantverseError, match="fault"):
        run("sim", "record", "--out", "c.npz", "--fault", "fire")

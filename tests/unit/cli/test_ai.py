"""`plantverse ai` as somebody types it, from files and from a server that is a table of answers."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

import plantverse.client
from plantverse.ai.errors import ModelInvalid, RowsUnfit
from plantverse.cli import app
from plantverse.cli.samples import read_samples
from plantverse.errors import ConfigInvalid, PlantverseError

SIGNALS = ("p1:flow", "p1:power", "p2:speed")
T0 = 1_700_000_000


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["ai", *arguments])
    if isinstance(result.exception, PlantverseError):
        raise result.exception
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def table(rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    speed = rng.normal(size=rows)
    return np.column_stack([10 + speed, 5 + 2 * speed, speed]) + 0.2 * rng.normal(size=(rows, 3))


def write(path: Path, rows: np.ndarray) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("signal", "time", "value", "unit", "quality"))
        for column, signal in enumerate(SIGNALS):
            for n, row in enumerate(rows):
                at = datetime.fromtimestamp(T0 + n, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                writer.writerow((signal, at, row[column], "m3/h", "good"))
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fitted(folder: Path) -> dict[str, Any]:
    files = [a for n in range(5) for a in ("--file", str(write(folder / f"normal-{n}.csv", table(200, n))))]
    found: dict[str, Any] = json.loads(run("fit", "pumps", *files, "--rate", "0.01", "--json"))
    return found


def test_fit_then_score_names_the_broken_signal(fitted: dict[str, Any], folder: Path) -> None:
    assert (fitted["version"], fitted["method"], fitted["report"]["rows"]) == (1, "mewma", 1000)
    rows = table(120, 50)
    rows[80:, 1] += 3
    found = json.loads(run("score", "pumps", "--file", str(write(folder / "now.csv", rows)), "--json"))
    assert found["rows"] == 120
    assert found["not_judged"] == 0
    last = found["alarms"][-1]
    assert last["to"] == "2023-11-14T22:15:19.000000Z"
    assert last["rows"] > 30
    assert next(iter(last["blamed"])) == "p1:power"
    assert last["peak"] > 1


def test_score_writes_every_row_and_says_the_same_in_a_table(fitted: dict[str, Any], folder: Path) -> None:
    rows = table(60, 51)
    rows[40:, 0] += 5
    write(folder / "now.csv", rows)
    shown = run("score", "pumps", "--file", "now.csv", "--out", "scores.csv")
    assert shown.splitlines()[0].split("\t") == ["from", "to", "rows", "peak", "most to do with it"]
    assert "p1:flow" in shown
    with (folder / "scores.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 60
    assert list(lines[0]) == ["time", "score", "alarm", *SIGNALS]
    assert [line["alarm"] for line in lines] == [str(int(float(line["score"]) > 1)) for line in lines]
    assert lines[-1]["alarm"] == "1"


def test_fit_counts_versions_and_score_takes_the_one_asked_for(fitted: dict[str, Any], folder: Path) -> None:
    shown = run("fit", "pumps", "--file", "normal-0.csv", "--file", "normal-1.csv", "--method", "var-cusum")
    assert shown.startswith("pumps version 2: var-cusum on 3 signals, 400 rows")
    now = str(write(folder / "now.csv", table(30, 52)))
    run("score", "pumps", "--file", now, "--model-version", "1", "--model-hash", fitted["hash"])
    with pytest.raises(ModelInvalid, match="expected the model"):
        run("score", "pumps", "--file", now, "--model-hash", fitted["hash"])


def test_a_signal_that_stands_still_is_named(folder: Path) -> None:
    rows = table(300, 1)
    rows[:, 2] = 7
    shown = run("fit", "pumps", "--file", str(write(folder / "n.csv", rows)))
    assert "not watched: p2:speed: constant in the training rows" in shown


def test_ten_rows_are_too_few(folder: Path) -> None:
    with pytest.raises(RowsUnfit, match="at least 60 are needed"):
        run("fit", "pumps", "--file", str(write(folder / "n.csv", table(10, 1))))


def test_a_signal_gone_from_the_scored_file_is_missing_not_an_error(fitted: dict[str, Any], folder: Path) -> None:
    path = write(folder / "now.csv", table(50, 53))
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "p1:power" not in line))
    found = json.loads(run("score", "pumps", "--file", "now.csv", "--json"))
    assert (found["rows"], found["not_judged"]) == (50, 0)


def test_bad_values_are_missing_and_lines_come_in_any_order(folder: Path) -> None:
    (folder / "a.csv").write_text(
        "signal,time,value,unit,quality\np:x,2023-01-01T00:00:02Z,2,,uncertain: stale\n"
        "p:x,2023-01-01T00:00:01Z,1,,good\np:x,2023-01-01T00:00:03Z,3,,bad: not_a_number\n"
        "p:x,2023-01-01T01:00:04+01:00,,,good\n"
    )
    (found,) = read_samples(folder / "a.csv").values()
    assert np.array_equal(found.value, [1, 2, np.nan, np.nan], equal_nan=True)
    assert np.diff(found.time_us).tolist() == [1e6] * 3


def test_parquet_and_csv_say_the_same(folder: Path) -> None:
    import duckdb

    write(folder / "a.csv", table(40, 3))
    with duckdb.connect() as base:
        base.execute(
            "COPY (SELECT signal, time::TIMESTAMPTZ AS time, value::DOUBLE AS value, unit, quality FROM 'a.csv') "
            "TO 'a.parquet'"
        )
    one, two = read_samples(folder / "a.csv"), read_samples(folder / "a.parquet")
    assert set(one) == set(two) == set(SIGNALS)
    for signal in SIGNALS:
        assert np.array_equal(one[signal].time_us, two[signal].time_us)
        assert np.array_equal(one[signal].value, two[signal].value)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "signal,time,value\np:x,yesterday,1\n", "a.csv: line 2: expected signal, time and value"),
        ("a.csv", "a,b\n1,2\n", "line 2"),
        ("a.csv", "signal,time,value,unit,quality\n", "without a single sample"),
        ("a.parquet", "no parquet", "not a file of `plantverse data export`"),
    ],
)
def test_files_that_are_not_an_export(folder: Path, name: str, text: str, words: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(ConfigInvalid, match=words):
        read_samples(folder / name)
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        read_samples(folder / "nowhere.csv")


def test_from_a_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(400, 9)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/me"):
            return httpx.Response(200, json={"user": "vera", "role": "viewer", "local": True, "loopback": True})
        if request.url.path.endswith("/signals"):
            known = {"value": 1.0, "unit": "", "observed_us": 1.0, "received_us": 1.0, "age_s": 1.0, "quality": "good"}
            return httpx.Response(200, json={"signals": [{**known, "signal": s, "label": None} for s in SIGNALS]})
        column = SIGNALS.index(request.url.params["signal"])
        at = [(T0 + n) * 1e6 for n in range(len(rows))]
        body = {"signal": SIGNALS[column], "unit": "", "observed_us": at, "value": rows[:, column].tolist()}
        return httpx.Response(200, json={**body, "quality": [0] * (len(rows) - 1) + [0b1000_0001]})

    real = plantverse.client.connect
    monkeypatch.setattr(
        plantverse.client,
        "connect",
        lambda url, token, ca: real(url, token, ca=ca, transport=httpx.MockTransport(answer)),
    )
    made = json.loads(run("fit", "pumps", "--select", "type:Pump", "--json"))
    assert made["report"]["rows"] == 399, "the last value of each signal is bad, so that row has none"
    assert json.loads(run("score", "pumps", "--json"))["rows"] == 400
    with pytest.raises(ConfigInvalid, match="expected --file or --select"):
        run("fit", "pumps")


def test_evaluate_writes_json_and_a_table(folder: Path) -> None:
    (folder / "tep").mkdir()
    rng = np.random.default_rng(1)
    run_of = rng.normal(size=(300, 52))
    fault = rng.normal(size=(300, 52))
    fault[160:] += 5
    np.savez(folder / "tep" / "tep_train_d00.npz", d00=run_of)
    np.savez(folder / "tep" / "tep_test_runs.npz", d01_te=fault)
    arguments = ("--method", "mewma", "--method", "all-positive", "--seeds", "1", "--rate", "0.02", "--missing", "0.05")
    shown = run("evaluate", "--data", ".", *arguments, "--json", "out.json")
    assert [line.split("\t")[:2] for line in shown.splitlines()] == [
        ["set", "method"], ["tep", "mewma"], ["tep", "all-positive"],
    ]  # fmt: skip
    found = json.loads((folder / "out.json").read_text())
    assert found["protocol"] == {"rate": 0.02, "seeds": 1, "missing": 0.05, "limits": "training rows only"}
    assert found["sets"]["tep"]["mewma"]["mean"]["recall"] > 0.9

"""Every way out of a generator carries where it comes from."""

import csv
import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from contract.check_generator import LEAK, LENGTH, NAMES, learned
from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate import NORMAL_OPERATION, Sampled
from plantverse.ai.generate.jitter import JitterCore
from plantverse.ai.generate.output import messages, write_sampled


@pytest.fixture(scope="module")
def sampled() -> Sampled:
    return learned(JitterCore).sample(3, [LEAK, LEAK, NORMAL_OPERATION], 5, first=7)


ORIGIN = {
    "generator": "jitter",
    "version": 0,
    "condition": {"fault": "leak", "severity": 0.5, "onset": -6.0},
    "seed": 5,
}


def test_arrays(sampled: Sampled, tmp_path: Path) -> None:
    write_sampled(tmp_path / "w.npz", sampled)
    with np.load(tmp_path / "w.npz", allow_pickle=False) as found:
        assert np.array_equal(found["values"], sampled.values)
        assert tuple(found["columns"]) == NAMES
        assert [json.loads(text)["condition"]["fault"] for text in found["synthetic"]] == ["leak", "leak", "normal"]
        assert json.loads(str(found["synthetic"][0])) == ORIGIN


def test_csv(sampled: Sampled, tmp_path: Path) -> None:
    write_sampled(tmp_path / "w.csv", sampled)
    with (tmp_path / "w.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3 * LENGTH
    assert [lines[0][k] for k in ("window", "row", "fault", "onset")] == ["7", "0", "leak", "-6.0"]
    assert [float(lines[0][name]) for name in NAMES] == sampled.values[0, 0].tolist()
    assert all(json.loads(line["synthetic"])["generator"] == "jitter" for line in lines)


def test_parquet(sampled: Sampled, tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    write_sampled(path, sampled)
    with duckdb.connect() as base:
        rows = base.execute('SELECT "window", "row", fault, "p1:flow", synthetic FROM read_parquet(?)', [str(path)])
        found = rows.fetchall()
    assert [row[3] for row in found] == sampled.values[:, :, 0].ravel().tolist()
    assert found[-1][:3] == (9, LENGTH - 1, "normal")
    assert json.loads(found[0][4]) == ORIGIN


def test_messages(sampled: Sampled, tmp_path: Path) -> None:
    rules = learned(JitterCore).shape.rules
    write_sampled(tmp_path / "w.jsonl", sampled, start_ms=1000, topic="ghost", rules=rules)
    lines = [json.loads(line) for line in (tmp_path / "w.jsonl").read_text().splitlines()]
    assert len(lines) == 3 * LENGTH * 2, "one message per twin and row"
    assert [line["topic"] for line in lines[:2]] == ["ghost/p1", "ghost/p2"]
    assert all(line["payload"]["synthetic"] for line in lines)
    assert lines[0]["payload"]["synthetic"] == ORIGIN
    assert lines[0]["payload"]["motor"]["power"] == sampled.values[0, 0, 1]
    assert [line["payload"]["ts"] for line in lines[:3]] == [1000, 1000, 3000]
    assert isinstance(lines[1]["payload"]["running"], int)
    assert isinstance(lines[1]["payload"]["brix"], float)


def test_a_column_without_a_twin_goes_to_the_topic_itself(sampled: Sampled) -> None:
    plain = Sampled(
        values=sampled.values[:1, :1, :1],
        conditions=sampled.conditions[:1],
        columns=("XMEAS(1)",),
        every_s=180.0,
        generator="g",
        version=1,
        seed=0,
        first=0,
    )
    ((topic, payload),) = messages(plain, start_ms=0)
    assert topic == "synthetic"
    assert payload["XMEAS(1)"] == sampled.values[0, 0, 0]


def test_another_ending_is_refused(sampled: Sampled, tmp_path: Path) -> None:
    with pytest.raises(RowsUnfit, match=r"expected a file that ends with \.npz"):
        write_sampled(tmp_path / "w.pickle", sampled)

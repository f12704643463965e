"""The harness on small data in the layout of the public sets."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plantverse.ai.detectors import Verdict
from plantverse.ai.errors import RowsUnfit
from plantverse.ai.evaluate import evaluate, is_causal
from plantverse.ai.evaluate.sets import data_sets

COLUMNS = 52


def skab_file(path: Path, rows: int, fault: tuple[int, int] | None, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, 3))
    labels = np.zeros(rows)
    if fault:
        values[slice(*fault), 1] += 6
        labels[slice(*fault)] = 1
    text = io.StringIO()
    text.write("datetime;A;B;C" + (";anomaly;changepoint" if fault else "") + "\n")
    for n, (row, label) in enumerate(zip(values, labels, strict=True)):
        cells = [f"2020-01-01 00:00:{n % 60:02}", *map(str, row), *([str(label), "0.0"] if fault else [])]
        text.write(";".join(cells) + "\n")
    path.write_bytes(gzip.compress(text.getvalue().encode()))


def tep_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    mix = rng.normal(size=(COLUMNS, COLUMNS)) / 7

    def run(rows: int) -> Any:
        return (rng.normal(size=(rows, COLUMNS)) @ mix).astype(np.float32)

    fault = run(300)
    fault[160:, 7] += 8
    np.savez(folder / "tep_train_d00.npz", d00=run(300))
    np.savez(folder / "tep_normal_extra.npz", **{f"normal_{n}": run(200) for n in range(8)})
    np.savez(folder / "tep_test_runs.npz", d00_te=run(300), d03_te=run(300), d05_te=fault)
    spoofed = np.stack([run(200) for _ in range(2)])
    label = np.zeros((2, 200), np.int8)
    label[:, 100:150] = 1
    spoofed[0, 100:150, 4] += 9
    spoofed[1, 100:150, 30] += 9
    attack = np.array(["bias3,sensor_index=4,start=100,end=150", "bias3,sensor_index=30,start=100,end=150"])
    np.savez(folder / "tep_fdi_runs.npz", x=spoofed, label=label, attack=attack)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    skab_file(folder / "skab" / "valve1" / "0.csv.gz", 520, (450, 490), 1)
    skab_file(folder / "skab" / "other" / "3.csv.gz", 500, (430, 480), 2)
    skab_file(folder / "skab" / "anomaly-free.csv.gz", 1200, None, 3)
    tep_files(folder / "tep")
    return folder


def test_every_set_and_method_is_judged(data: Path) -> None:
    told: list[str] = []
    found = evaluate(data, ["mewma", "random", "all-positive"], seeds=2, note=told.append)
    json.dumps(found)
    assert list(found["sets"]) == ["skab", "skab-normal", "tep", "tep-fdi"]
    assert len(told) == 2 * 4 * 3
    skab = found["sets"]["skab"]
    assert skab["mewma"]["mean"]["event_recall"] == 1
    assert skab["mewma"]["mean"]["f1"] > 0.7
    assert skab["all-positive"]["mean"]["far"] == skab["all-positive"]["mean"]["recall"] == 1
    assert skab["mewma"]["mean"]["vus_pr"] > skab["all-positive"]["mean"]["vus_pr"] + 0.2
    assert set(skab["mewma"]["cases"]) == {"other/3", "valve1/0"}
    assert found["sets"]["skab-normal"]["mewma"]["mean"]["recall"] is None
    tep = found["sets"]["tep"]["mewma"]["mean"]
    assert tep["fdr_without_3_9_15"] > 0.9
    assert tep["fdr"] == pytest.approx(tep["fdr_without_3_9_15"] / 2, abs=0.1), "d03 is a run like any other here"
    fdi = found["sets"]["tep-fdi"]
    assert fdi["mewma"]["mean"]["top1"] == 1
    assert fdi["random"]["worst"]["top1"] != 1
    assert all(summary["causal"] for methods in found["sets"].values() for summary in methods.values())
    assert len(fdi["random"]["seeds"]["f1"]) == 2


def test_the_same_seed_gives_the_same_figures(data: Path) -> None:
    one, two = (evaluate(data, ["random", "pca"], seeds=1, missing=0.1) for _ in range(2))
    assert one == two
    assert evaluate(data, ["random"], seeds=2)["sets"]["tep-fdi"]["random"]["seeds"]["far"][0] != pytest.approx(
        evaluate(data, ["random"], seeds=2)["sets"]["tep-fdi"]["random"]["seeds"]["far"][1], abs=1e-12
    )


@pytest.mark.parametrize("kept", ["skab/valve1", "skab/anomaly-free.csv.gz", "tep"])
def test_any_subset_will_do(data: Path, tmp_path: Path, kept: str) -> None:
    (tmp_path / kept).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / kept).symlink_to(data / kept)
    assert evaluate(tmp_path, ["all-positive"], seeds=1)["sets"]


def test_tep_without_fresh_runs_and_without_spoofed_ones(data: Path, tmp_path: Path) -> None:
    (tmp_path / "tep").mkdir()
    for name in ("tep_train_d00.npz", "tep_test_runs.npz"):
        (tmp_path / "tep" / name).symlink_to(data / "tep" / name)
    found = evaluate(tmp_path, ["mewma"], seeds=1)["sets"]
    assert list(found) == ["tep"]
    assert found["tep"]["mewma"]["mean"]["far_fresh"] is None


def test_refusals(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RowsUnfit, match="no files of skab/ or tep/"):
        evaluate(tmp_path)
    with pytest.raises(RowsUnfit, match="method magic: expected one of random"):
        evaluate(data, ["magic"])
    for wrong in ({"seeds": 0}, {"missing": 1.0}, {"missing": -0.1}):
        with pytest.raises(RowsUnfit, match="at least one seed"):
            evaluate(data, **wrong)  # type: ignore[arg-type]
    (tmp_path / "skab" / "valve1").mkdir(parents=True)
    (tmp_path / "skab" / "valve1" / "0.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(RowsUnfit, match="not a file of SKAB"):
        evaluate(tmp_path)


class Peeking:
    """Scores a row by the table that it is a view of, and so by rows to come."""

    def reset(self) -> None:
        pass

    def update(self, row: np.ndarray) -> Verdict:
        assert row.base is not None, "rows are views of their table"
        return Verdict(score=float(row.base.sum()), alarm=False, contributions=np.zeros(1))


class Remembering(Peeking):
    """Does not forget at a reset."""

    seen = 0

    def update(self, row: np.ndarray) -> Verdict:
        self.seen += 1
        return Verdict(score=float(self.seen), alarm=False, contributions=np.zeros(1))


class Honest(Peeking):
    def update(self, row: np.ndarray) -> Verdict:
        return Verdict(score=float(row.sum()), alarm=False, contributions=np.zeros(1))


def test_the_causality_test_fails_who_peeks_or_remembers() -> None:
    rows = np.arange(20.0).reshape(10, 2)
    assert is_causal(Honest(), rows, 5)
    assert not is_causal(Peeking(), rows, 5)
    assert not is_causal(Remembering(), rows, 5)


def test_nothing_that_is_scored_was_learned_from(data: Path) -> None:
    for seed in range(3):
        for found in data_sets(data, seed):
            for case in found.cases:
                judged = {row.tobytes() for row in case.rows[case.lead :]}
                learned = {row.tobytes() for run in found.trainings[case.train] for row in run}
                assert judged & learned == set(), (found.name, case.name)


def test_the_seed_draws_which_fresh_runs_are_learned_from(data: Path) -> None:
    drawn = {
        tuple(case.name for case in found.cases if case.name.startswith("fresh"))
        for seed in range(5)
        for found in data_sets(data, seed)
        if found.name == "tep"
    }
    assert len(drawn) > 2
    assert all(len(names) == 4 for names in drawn)

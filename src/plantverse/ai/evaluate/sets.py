"""Public data sets as cases: what to learn from, what to score, what is true. Any subset of their files will do.

The layout is the one of docs/explanation/anomaly-detection.md: `skab/<group>/<n>.csv.gz`, `skab/anomaly-free.csv.gz`,
`tep/tep_*.npz`.
"""

import csv
import gzip
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors import Rows
from plantverse.ai.errors import RowsUnfit
from plantverse.ai.stretches import Flags

SKAB_TRAINING = 400
"""Rows at the beginning of each file that its authors give for learning."""
TEP_FAULT_FROM = 160
"""Row from which a fault of a test run is there (8 h at 3 min)."""
TEP_COLUMNS = (*(f"XMEAS({n})" for n in range(1, 42)), *(f"XMV({n})" for n in range(1, 12)))
TEP_CALIBRATION = 4
"""Of the eight fresh normal runs, how many are learned from; the seed draws which. The others only test the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run to score.

    Attributes:
        name: For example `valve1/0` or `d05`.
        train: Index of what is learned from among the set's trainings.
        lead: Rows that are scored first and not judged.
        rows: Shape (time, column), the lead included.
        truth: Shape (time,), the lead included.
        cause: Column that is to blame, where known.
    """

    name: str
    train: int
    rows: Rows
    truth: Flags
    lead: int = 0
    cause: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Trainings and cases under one name."""

    name: str
    columns: tuple[str, ...]
    trainings: tuple[tuple[Rows, ...], ...]
    cases: tuple[Case, ...]


def data_sets(folder: Path, seed: int) -> Iterator[DataSet]:
    """Yield every set that has files in this folder.

    Raises:
        RowsUnfit: A file is not what its name says.
    """
    for make in (_skab, _skab_normal):
        found = make(folder / "skab")
        if found is not None:
            yield found
    yield from _tep(folder / "tep", seed)


def _skab(folder: Path) -> DataSet | None:
    trainings: list[tuple[Rows, ...]] = []
    cases: list[Case] = []
    columns: tuple[str, ...] = ()
    for path in sorted(folder.glob("*/*.csv.gz")):
        columns, values, labels = _read_skab(path)
        if labels is None or len(values) <= SKAB_TRAINING:
            raise RowsUnfit(f"{path}: expected a column anomaly and more than {SKAB_TRAINING} rows")
        name = f"{path.parent.name}/{path.name.removesuffix('.csv.gz')}"
        cases.append(Case(name=name, train=len(cases), rows=values, truth=labels, lead=SKAB_TRAINING))
        trainings.append((values[:SKAB_TRAINING],))
    return _set("skab", columns, trainings, cases)


def _skab_normal(folder: Path) -> DataSet | None:
    """Learn from 400 rows of the anomaly-free file, score the 750 that follow, and so on: every alarm is false."""
    path = folder / "anomaly-free.csv.gz"
    if not path.is_file():
        return None
    columns, values, _ = _read_skab(path)
    size = SKAB_TRAINING + 750
    trainings: list[tuple[Rows, ...]] = []
    cases: list[Case] = []
    for start in range(0, len(values) - size + 1, 750):
        piece = values[start : start + size]
        truth = np.zeros(size, np.bool_)
        cases.append(Case(name=f"from {start}", train=len(cases), rows=piece, truth=truth, lead=SKAB_TRAINING))
        trainings.append((piece[:SKAB_TRAINING],))
    return _set("skab-normal", columns, trainings, cases)


def _read_skab(path: Path) -> tuple[tuple[str, ...], Rows, Flags | None]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            head, *lines = csv.reader(file, delimiter=";")
        columns = tuple(name for name in head[1:] if name not in {"anomaly", "changepoint"})
        at = [head.index(name) for name in columns]
        values = np.array([[float(line[i]) for i in at] for line in lines])
        labels = np.array([float(line[head.index("anomaly")]) > 0 for line in lines]) if "anomaly" in head else None
    except (OSError, EOFError, ValueError, IndexError) as exc:
        raise RowsUnfit(f"{path}: not a file of SKAB ({exc})") from exc
    return columns, values, labels


def _tep(folder: Path, seed: int) -> Iterator[DataSet]:
    training = read_npz(folder / "tep_train_d00.npz")
    if not training:
        return
    fresh = list(read_npz(folder / "tep_normal_extra.npz").values())
    drawn = np.random.default_rng(seed).permutation(len(fresh))
    learned = (*training.values(), *(fresh[k] for k in sorted(drawn[:TEP_CALIBRATION])))
    names = TEP_COLUMNS
    runs = read_npz(folder / "tep_test_runs.npz")
    cases = [_tep_case(name.removesuffix("_te"), run) for name, run in sorted(runs.items())]
    cases += [
        Case(name=f"fresh normal {k}", train=0, rows=fresh[k], truth=np.zeros(len(fresh[k]), np.bool_))
        for k in sorted(drawn[TEP_CALIBRATION:])
    ]
    spoofed = read_npz(folder / "tep_fdi_runs.npz")
    spoofs = [
        Case(name=f"{n}: {attack.partition(',')[0]}", train=0, rows=run, truth=label > 0, cause=_sensor(attack))
        for n, (run, label, attack) in enumerate(
            zip(*(spoofed.get(part, ()) for part in ("x", "label", "attack")), strict=True)
        )
    ]
    for name, those in (("tep", cases), ("tep-fdi", spoofs)):
        made = _set(name, names, [learned], those)
        if made is not None:
            yield made


def _tep_case(name: str, run: Rows) -> Case:
    truth = np.arange(len(run)) >= TEP_FAULT_FROM
    return Case(name=name, train=0, rows=run, truth=truth & (name != "d00"))


def _sensor(attack: str) -> int | None:
    found = re.search(r"sensor_index=(\d+)", attack)
    return int(found[1]) if found else None


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file, floats as float64, or nothing where there is no file."""
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, zipfile.BadZipFile) as exc:
        raise RowsUnfit(f"{path}: cannot be read ({exc})") from exc
    return {name: a.astype(np.float64) if a.dtype.kind == "f" else a for name, a in arrays.items()}


def _set(name: str, columns: tuple[str, ...], trainings: list[tuple[Rows, ...]], cases: list[Case]) -> DataSet | None:
    if not cases:
        return None
    return DataSet(name=name, columns=columns, trainings=tuple(trainings), cases=tuple(cases))

"""Reads back what `plantverse data export` writes."""

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plantverse.errors import ConfigInvalid

if TYPE_CHECKING:
    from plantverse.ai.grid import Samples

Line = tuple[str, float, float]
"""Signal, microseconds since 1970, value (NaN for none or a bad one)."""


def read_samples(path: Path) -> dict[str, "Samples"]:
    """Return the samples of a `.csv` or `.parquet` file by signal, in order of time; values of bad quality are missing.

    Raises:
        ConfigInvalid: Not such a file.
    """
    lines = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    return _by_signal(lines, path)


def _csv(path: Path) -> Iterable[Line]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for number, line in enumerate(csv.DictReader(file), 2):
                try:
                    yield (
                        line["signal"],
                        datetime.fromisoformat(line["time"]).timestamp() * 1e6,
                        _value(line["value"], line.get("quality")),
                    )
                except (KeyError, ValueError, TypeError) as exc:
                    raise ConfigInvalid(
                        f"{path}: line {number}: expected signal, time and value ({exc})",
                        hint="written by `plantverse data export`",
                    ) from exc
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigInvalid(f"{path}: cannot be read ({exc})") from exc


def _value(text: str, quality: str | None) -> float:
    return float("nan") if text == "" or (quality or "").startswith("bad") else float(text)


def _parquet(path: Path) -> Iterable[Line]:
    try:
        import duckdb
    except ModuleNotFoundError as exc:
        raise ConfigInvalid("Parquet needs duckdb", hint="pip install 'plantverse[server]', or use CSV") from exc
    try:
        with duckdb.connect() as base:
            rows = base.execute(
                "SELECT signal, epoch_us(time), CASE WHEN quality LIKE 'bad%' THEN NULL ELSE value END "
                "FROM read_parquet(?)",
                [str(path)],
            ).fetchall()
    except duckdb.Error as exc:
        raise ConfigInvalid(f"{path}: not a file of `plantverse data export` ({exc})") from exc
    return ((signal, float(at), float("nan") if value is None else float(value)) for signal, at, value in rows)


def _by_signal(lines: Iterable[Line], path: Path) -> dict[str, "Samples"]:
    from plantverse.ai.grid import Samples

    collected: dict[str, tuple[list[float], list[float]]] = {}
    for signal, at, value in lines:
        times, values = collected.setdefault(signal, ([], []))
        times.append(at)
        values.append(value)
    if not collected:
        raise ConfigInvalid(f"{path}: without a single sample")
    found = {}
    for signal, (times, values) in collected.items():
        order = np.argsort(times, kind="stable")
        found[signal] = Samples(time_us=np.array(times)[order], value=np.array(values)[order])
    return found

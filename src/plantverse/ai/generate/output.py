"""Sampled windows as files. Every row of a table and every message carries where it comes from, in `synthetic`.

- `.npz`: arrays `values`, `columns`, `every_s`, `synthetic` (JSON, one per window)
- `.csv`, `.parquet`: a line per row of a window: window, row, fault, severity, onset, each signal, `synthetic`
- `.jsonl`: a line per message, `{"topic": ..., "payload": {"ts": ..., ..., "synthetic": {...}}}`, for publishing
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate.generator import Sampled
from plantverse.ai.generate.rules import Rule

KINDS = (".npz", ".csv", ".parquet", ".jsonl")
SYNTHETIC = "synthetic"
"""Name of the member, column or array that says who made it, and the root of topics that are not the plant's."""
HEAD = ("window", "row", "fault", "severity", "onset")


def write_sampled(
    path: Path, sampled: Sampled, *, start_ms: int = 0, topic: str = SYNTHETIC, rules: Iterable[Rule] = ()
) -> None:
    """Write windows to a file whose ending says the kind.

    Args:
        path: `.npz`, `.csv`, `.parquet` or `.jsonl`.
        sampled: What to write.
        start_ms: Of messages: time of the first row, ms since 1970; windows follow each other.
        topic: Of messages: what stands before the twin's id.
        rules: Of messages: one per column; a value without decimals is sent as an integer.

    Raises:
        RowsUnfit: Another ending, or Parquet without duckdb.
    """
    if path.suffix == ".npz":
        _write_npz(path, sampled)
    elif path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow((*HEAD, *sampled.columns, SYNTHETIC))
            writer.writerows(_lines(sampled))
    elif path.suffix == ".parquet":
        _write_parquet(path, sampled)
    elif path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            for name, payload in messages(sampled, start_ms=start_ms, topic=topic, rules=rules):
                file.write(json.dumps({"topic": name, "payload": payload}, separators=(",", ":")) + "\n")
    else:
        raise RowsUnfit(f"{path}: expected a file that ends with {', '.join(KINDS)}")


def messages(
    sampled: Sampled, *, start_ms: int, topic: str = SYNTHETIC, rules: Iterable[Rule] = ()
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (topic, payload) of each row, one message per twin.

    Args:
        sampled: What to send; see `payloads` for its columns.
        start_ms: Time of the first row, ms since 1970.
        topic: What stands before the twin's id.
        rules: One per column; a value without decimals is sent as an integer.
    """
    whole = [rule.decimals == 0 or bool(rule.levels) for rule in rules] or [False] * len(sampled.columns)
    row = 0
    for window, values in enumerate(sampled.values):
        provenance = sampled.provenance(window)
        for line in values:
            ts = start_ms + round(row * sampled.every_s * 1000)
            yield from payloads(sampled.columns, line, provenance, ts_ms=ts, topic=topic, whole=whole)
            row += 1


def payloads(
    columns: Iterable[str],
    values: NDArray[np.float64],
    provenance: Mapping[str, Any],
    *,
    ts_ms: int,
    topic: str = SYNTHETIC,
    whole: Iterable[bool] = (),
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (topic, payload) of one row, one message per twin, each with its `synthetic` member.

    A column named `twin:motor.temperature` goes to `topic/twin` as `{"motor": {"temperature": ...}}`; one without a
    twin goes to `topic` itself.

    Args:
        columns: Names.
        values: One per column.
        provenance: The `synthetic` member.
        ts_ms: Time of the row, ms since 1970.
        topic: What stands before the twin's id.
        whole: Which values are sent as integers; none by default.
    """
    names = tuple(columns)
    integer = tuple(whole) or (False,) * len(names)
    by_twin: dict[str, dict[str, Any]] = {}
    for name, value, as_integer in zip(names, values.tolist(), integer, strict=True):
        twin, _, path = name.rpartition(":")
        at = by_twin.setdefault(twin, {"ts": ts_ms})
        *owners, last = path.split(".")
        for owner in owners:
            at = at.setdefault(owner, {})
        at[last] = int(value) if as_integer and value == int(value) else value
    for twin, payload in by_twin.items():
        yield (f"{topic}/{twin}" if twin else topic), {**payload, SYNTHETIC: dict(provenance)}


def _lines(sampled: Sampled) -> Iterator[tuple[Any, ...]]:
    for window, (values, condition) in enumerate(zip(sampled.values, sampled.conditions, strict=True)):
        provenance = _text(sampled, window)
        for row, line in enumerate(values.tolist()):
            head = (sampled.first + window, row, condition.fault, condition.severity, condition.onset)
            yield (*head, *line, provenance)


def _write_npz(path: Path, sampled: Sampled) -> None:
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            values=sampled.values,
            columns=np.array(sampled.columns),
            every_s=np.array(sampled.every_s),
            synthetic=np.array([_text(sampled, window) for window in range(len(sampled.values))]),
        )


def _write_parquet(path: Path, sampled: Sampled) -> None:
    try:
        import duckdb
    except ModuleNotFoundError as exc:
        raise RowsUnfit("Parquet needs duckdb", hint="pip install 'plantverse[server]', or write CSV") from exc
    count, length, _ = sampled.values.shape
    table: dict[str, NDArray[Any]] = {
        "window": np.repeat(np.arange(sampled.first, sampled.first + count), length),
        "row": np.tile(np.arange(length), count),
        "fault": np.repeat(np.array([c.fault for c in sampled.conditions], object), length),
        "severity": np.repeat(np.array([c.severity for c in sampled.conditions], np.float64), length),
        "onset": np.repeat(np.array([c.onset for c in sampled.conditions], np.float64), length),
    }
    for k, name in enumerate(sampled.columns):
        table[name] = np.ascontiguousarray(sampled.values[:, :, k].ravel())
    table[SYNTHETIC] = np.repeat(np.array([_text(sampled, window) for window in range(count)], object), length)
    with duckdb.connect() as base:
        base.register("made", table)
        base.view("made").write_parquet(str(path))


def _text(sampled: Sampled, window: int) -> str:
    return json.dumps(sampled.provenance(window), separators=(",", ":"))

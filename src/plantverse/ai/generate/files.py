"""Runs of a plant with their faults as one file: what `plantverse sim record` writes and generators learn from."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate.recordings import Recording
from plantverse.ai.generate.rules import Rule

FORMAT = "plantverse.recordings.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Runs with the same columns.

    Attributes:
        runs: At most one fault in each.
        columns: Names, for signals `twin:path`.
        every_s: Seconds from row to row.
        rules: What is known of columns, by name.
    """

    runs: tuple[Recording, ...]
    columns: tuple[str, ...]
    every_s: float
    rules: Mapping[str, Rule] = field(default_factory=dict)


def write_recordings(path: Path, recorded: Recorded) -> None:
    """Write runs as one `.npz` file."""
    runs = recorded.runs
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "columns": np.array(recorded.columns),
        "every_s": np.array(recorded.every_s),
        "rules": np.array(json.dumps({name: rule.facts() for name, rule in recorded.rules.items()})),
        "name": np.array([r.name for r in runs]),
        "fault": np.array([r.fault for r in runs]),
        "severity": np.array([r.severity for r in runs], np.float64),
        "onset": np.array([r.onset for r in runs], np.int64),
        "length": np.array([len(r.rows) for r in runs], np.int64),
        "rows": np.concatenate([r.rows for r in runs]) if runs else np.zeros((0, len(recorded.columns))),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_recordings(path: Path) -> Recorded:
    """Return runs as `write_recordings` wrote them.

    Raises:
        RowsUnfit: Not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as loaded:
            found = {name: loaded[name] for name in loaded.files}
        if str(found["format"]) != FORMAT:
            raise RowsUnfit(f"{path}: of format {found['format']}, this plantverse reads {FORMAT}")
        recorded = _recorded(found)
    except (OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as exc:
        raise RowsUnfit(f"{path}: not a file of recordings ({exc})", hint="written by `plantverse sim record`") from exc
    for run in recorded.runs:
        run.condition(0, len(run.rows))
    width, rows = len(recorded.columns), int(found["length"].sum())
    if not recorded.runs or rows != len(found["rows"]) or any(run.rows.shape[1:] != (width,) for run in recorded.runs):
        raise RowsUnfit(f"{path}: its runs, rows and columns do not fit together")
    return recorded


def _recorded(found: Mapping[str, Any]) -> Recorded:
    ends = np.cumsum(found["length"])
    parts = (found[part] for part in ("name", "fault", "severity", "onset", "length"))
    return Recorded(
        runs=tuple(
            Recording(
                name=str(name),
                rows=found["rows"][end - n : end],
                fault=str(kind),
                severity=float(bad),
                onset=int(onset),
            )
            for name, kind, bad, onset, n, end in zip(*parts, ends, strict=True)
        ),
        columns=tuple(map(str, found["columns"])),
        every_s=float(found["every_s"]),
        rules={name: Rule.from_facts(facts) for name, facts in json.loads(str(found["rules"])).items()},
    )

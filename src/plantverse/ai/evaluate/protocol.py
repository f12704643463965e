"""The protocol by which every detector and control is judged, ours included: one configuration, limits from training.

A detector is given the false-alarm rate and nothing else. Each seed draws the controls' numbers, which normal runs TEP
is learned from, and which values are dropped where some are to be missing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors import CORES, Rows, fit
from plantverse.ai.errors import RowsUnfit
from plantverse.ai.evaluate.controls import AllPositive, RandomAlarm, Watcher
from plantverse.ai.evaluate.metrics import Counts, count
from plantverse.ai.evaluate.sets import Case, DataSet, data_sets
from plantverse.ai.evaluate.vus import vus_pr
from plantverse.ai.stretches import Flags

CONTROLS = ("random", "all-positive")
Figures = dict[str, float | None]
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What a watcher said of a run: score, alarm and most blamed column per row, each of shape (time,)."""

    score: NDArray[np.float64]
    alarm: Flags
    blamed: NDArray[np.int64]


def score_run(watcher: Watcher, rows: Rows) -> Scored:
    """Return verdicts of a run from a fresh start, row by row as it would be live."""
    watcher.reset()
    verdicts = [watcher.update(row) for row in rows]
    return Scored(
        score=np.array([v.score for v in verdicts]),
        alarm=np.array([v.alarm for v in verdicts], np.bool_),
        blamed=np.array([v.contributions.argmax() for v in verdicts], np.int64),
    )


def is_causal(watcher: Watcher, rows: Rows, at: int) -> bool:
    """Say whether scores before row `at` stay bit-identical when everything from there on is another plant's."""
    other = rows.copy()
    other[at:] = other[at:][::-1] * -3.0 + 7.0
    before, after = score_run(watcher, rows), score_run(watcher, other)
    return before.score[:at].tobytes() == after.score[:at].tobytes() and bool((before.alarm == after.alarm)[:at].all())


def evaluate(
    folder: Path,
    methods: Sequence[str] = (),
    *,
    rate: float = 0.01,
    seeds: int = 5,
    missing: float = 0.0,
    note: Note = lambda _: None,
) -> dict[str, Any]:
    """Judge detectors and controls on every set in a folder.

    Args:
        folder: Data in the layout of docs/explanation/anomaly-detection.md, any part of it.
        methods: Names of detectors and controls; all of them by default.
        rate: False-alarm rate that every one is asked to keep.
        seeds: How many draws.
        missing: Share of values that are dropped from the scored rows, in [0, 1).
        note: Told of each step.

    Returns:
        Plain JSON: the configuration, then per set and method the mean and the worst of each figure over the seeds, the
        figures of each seed, of each case of the first seed, and whether the causality test passed.

    Raises:
        RowsUnfit: No data there, an unknown method, or figures out of range.
    """
    chosen = tuple(methods) or (*CONTROLS, *CORES)
    unknown = set(chosen) - {*CONTROLS, *CORES}
    if unknown:
        raise RowsUnfit(f"method {', '.join(sorted(unknown))}: expected one of {', '.join((*CONTROLS, *CORES))}")
    if not (seeds >= 1 and 0 <= missing < 1):
        raise RowsUnfit(f"expected at least one seed and a share of missing values in [0, 1), got {seeds}, {missing}")
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for seed in range(seeds):
        for data in data_sets(folder, seed):
            for method in chosen:
                note(f"seed {seed}: {data.name}: {method}")
                judged = _judge(data, method, rate=rate, seed=seed, missing=missing)
                found.setdefault(data.name, {}).setdefault(method, []).append(judged)
    if not found:
        raise RowsUnfit(f"{folder}: no files of skab/ or tep/ there", hint="see docs/explanation/anomaly-detection.md")
    return {
        "protocol": {"rate": rate, "seeds": seeds, "missing": missing, "limits": "training rows only"},
        "sets": {name: {method: _summary(runs) for method, runs in by.items()} for name, by in found.items()},
    }


def _judge(data: DataSet, method: str, *, rate: float, seed: int, missing: float) -> dict[str, Any]:
    rng = np.random.default_rng([seed, 1])
    watchers: dict[int, Watcher] = {}
    counted: dict[str, Counts] = {}
    volumes, causal = [], True
    for case in data.cases:
        if case.train not in watchers:
            watchers[case.train] = _watcher(data, case, method, rate=rate, seed=seed)
        rows = case.rows
        if missing:
            rows = np.where(rng.random(rows.shape) < missing, np.nan, rows)
        scored = score_run(watchers[case.train], rows)
        if case is data.cases[0] and method != "random":
            causal = is_causal(watchers[case.train], rows, max(len(rows) * 2 // 3, case.lead))
        judged = slice(case.lead, None)
        counted[case.name] = count(scored.alarm[judged], case.truth[judged], scored.blamed[judged], case.cause)
        volumes.append(vus_pr(scored.score[judged], case.truth[judged]))
    known = [v for v in volumes if v is not None]
    pooled = Counts.sum(counted.values()).figures() | {"vus_pr": float(np.mean(known)) if known else None}
    return {"figures": pooled | _extra(data.name, counted), "causal": causal, "cases": counted}


def _watcher(data: DataSet, case: Case, method: str, *, rate: float, seed: int) -> Watcher:
    if method == "all-positive":
        return AllPositive(data.columns)
    if method == "random":
        return RandomAlarm(data.columns, rate, seed)
    return fit(method, data.trainings[case.train], data.columns, rate=rate)


def _extra(name: str, counted: dict[str, Counts]) -> Figures:
    """Return what the field also quotes of TEP: detection over all faults and without the three that hardly show."""
    if name != "tep":
        return {}
    recalls = {k: c.figures()["recall"] for k, c in counted.items() if c.true_alarms + c.missed}
    without = [r for k, r in recalls.items() if k not in {"d03", "d09", "d15"}]
    fresh = Counts.sum(c for k, c in counted.items() if k.startswith("fresh"))
    return {"fdr": _mean(recalls.values()), "fdr_without_3_9_15": _mean(without), "far_fresh": fresh.figures()["far"]}


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(runs[0]["figures"])
    columns = {name: [run["figures"][name] for run in runs] for name in names}
    low_is_good = {"far", "far_before", "mar", "false_episodes", "median_delay", "far_fresh"}
    return {
        "mean": {name: _mean(values) for name, values in columns.items()},
        "worst": {
            name: None if None in values else (max if name in low_is_good else min)(values)
            for name, values in columns.items()
        },
        "seeds": columns,
        "causal": all(run["causal"] for run in runs),
        "cases": {name: counts.figures() for name, counts in runs[0]["cases"].items()},
    }


def _mean(values: Iterable[float | None]) -> float | None:
    kept = list(values)
    return None if not kept or None in kept else float(np.mean([v for v in kept if v is not None]))

"""What a detector costs per row, on one core, with and without missing values.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.detect [--rows 20000] [--columns 52] --json

Each row is timed by itself; `missing` drops a tenth of the values.
"""

import argparse
import json
import os
import time
from typing import Any

import numpy as np

from benchmarks.processes import machine
from plantverse.ai.detectors import CORES, Detector, Rows, fit

TRAINING = 5
"""Runs of 1,000 rows."""


def plant(rows: int, columns: int, seed: int) -> Rows:
    """Return rows of columns that hang together and have a past."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(0).normal(size=(columns // 4, columns))
    drive = np.zeros((rows, columns // 4))
    for t in range(1, rows):
        drive[t] = 0.9 * drive[t - 1] + rng.normal(size=columns // 4)
    return drive @ mix + rng.normal(size=(rows, columns))


def timed(detector: Detector, rows: Rows) -> dict[str, float]:
    """Return microseconds per row."""
    detector.reset()
    took = np.empty(len(rows))
    for n, row in enumerate(rows):
        start = time.perf_counter_ns()
        detector.update(row)
        took[n] = time.perf_counter_ns() - start
    figures = {"p50_us": np.percentile(took, 50), "p99_us": np.percentile(took, 99), "max_us": took.max()}
    return {name: round(float(value) / 1e3, 1) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=52)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = [f"s{n}" for n in range(options.columns)]
    runs = [plant(1000, options.columns, seed) for seed in range(TRAINING)]
    rows = plant(options.rows, options.columns, 99)
    gaps = np.where(np.random.default_rng(1).random(rows.shape) < 0.1, np.nan, rows)
    found: dict[str, Any] = {
        "machine": machine(),
        "rows": options.rows,
        "columns": options.columns,
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS", "default"),
    }
    for kind in CORES:
        start = time.perf_counter()
        detector = fit(kind, runs, names)
        fit_s = round(time.perf_counter() - start, 2)
        found[kind] = {"fit_s": fit_s, "whole": timed(detector, rows), "missing": timed(detector, gaps)}
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for kind in CORES:
        print(kind, found[kind])


if __name__ == "__main__":
    main()

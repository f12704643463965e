"""Windows per second, end to end, of every method of generation, and what they cost to learn.

    python -m benchmarks.generate [--windows 2000] [--json]

Windows of 24 rows and 28 columns of the bottling plant with all its faults, rules and provenance, half of them learned
from; `flow` is trained for a few steps only, since its speed does not depend on how well it has learned. How real the
windows are is `plantverse ai generate evaluate`.
"""

import argparse
import json
import os
import time
from typing import Any

import numpy as np

from benchmarks.processes import machine
from plantverse.ai.generate import CORES, Condition, Generator, cut, fit
from plantverse.sim.bottling.record import record

LENGTH = 24
STEPS = 40
SINGLE = 60
"""Calls for one window, of which the 95th percentile is told."""


def speed(generator: Generator, count: int) -> dict[str, float]:
    """Return windows per second of one large call, of the same on the CPU clock, and ms for a single window."""
    condition = max(
        (c for c in generator.seen.facts().items() if c[0] != "normal"), key=lambda fault: fault[1]["windows"]
    )
    wanted = generator.seen.clip(_faulty(condition[0]))
    generator.sample(64, wanted)
    cpu, start = time.process_time(), time.perf_counter()
    generator.sample(count, wanted, 1)
    took, cpu_took = time.perf_counter() - start, time.process_time() - cpu
    single = []
    for k in range(SINGLE):
        start = time.perf_counter()
        generator.sample(1, wanted, 2, first=k)
        single.append(time.perf_counter() - start)
    return {
        "windows_per_s": round(count / took),
        "windows_per_cpu_s": round(count / cpu_took),
        "single_window_p95_ms": round(float(np.percentile(single, 95)) * 1e3, 1),
    }


def _faulty(name: str) -> Condition:
    return Condition(fault=name, severity=0.6, onset=-12.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    recorded = record(runs=4, normal_runs=6)
    windows = cut(recorded.runs, recorded.columns, length=LENGTH, stride=6, every_s=recorded.every_s)
    found: dict[str, Any] = {
        "machine": machine(),
        "length": LENGTH,
        "columns": len(recorded.columns),
        "windows": options.windows,
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS", "default"),
    }
    for kind in CORES:
        start = time.process_time()
        generator = fit(kind, windows, rules=recorded.rules, steps=STEPS)
        fit_s = round(time.process_time() - start, 1)
        found[kind] = {"fit_cpu_s": fit_s, **speed(generator, options.windows)}
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for kind in CORES:
        print(kind, found[kind])


if __name__ == "__main__":
    main()

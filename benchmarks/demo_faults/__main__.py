"""How well detectors find the faults of the demo plant, beside controls: 20 runs of 8 simulated hours and more.

    python -m benchmarks.demo_faults study --work DIR [--seeds 20] [--clean 10] --json
    python -m benchmarks.demo_faults step
    python -m benchmarks.demo_faults ship --work DIR

Runs and alarms are kept in DIR, so that a study that was stopped goes on where it was; several processes may share it.
What is learned from, limits included, are five more runs without faults. `step` says what the coarser step of the
physics changes. `ship` learns the detectors that the demo brings along and writes them into the package.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.demo_faults.controls import EachSignalCore, FixedLimits
from benchmarks.demo_faults.figures import detection, false_alarms, outcome
from benchmarks.demo_faults.plan import HOURS, episodes
from benchmarks.demo_faults.running import EVERY_S, HOLD_S, STEP_S, TICK_S, Recorded, run
from benchmarks.demo_faults.shipping import ship
from benchmarks.demo_faults.store import TRAINING, recorded
from benchmarks.demo_faults.watchers import (
    PLANT_MODE,
    Alarm,
    Machines,
    Plant,
    RandomAlarms,
    Watcher,
    mode_of,
)
from benchmarks.processes import machine
from plantverse.ai.detectors import fit, fit_core

Make = Callable[[Sequence[Recorded]], Watcher]

USUAL, STRICT = 1e-3, 1e-4
"""Share of normal rows that may raise an alarm, per detector: what `plantverse ai fit` takes by itself, and a tenth."""
SETTLE_ROWS = 12


def _each(rate: float) -> Make:
    return lambda training: Machines(training, lambda runs, names: fit_core(EachSignalCore, runs, names, rate=rate))


def _machines(kind: str, rate: float) -> Make:
    return lambda training: Machines(training, lambda runs, names: fit(kind, runs, names, rate=rate))


def _regimes(rate: float) -> Make:
    return lambda training: Machines(
        training,
        lambda runs, names: fit("mewma", runs, names, rate=rate, modes=mode_of(names), settle=SETTLE_ROWS),
        mode=PLANT_MODE,
    )


METHODS: dict[str, Make] = {
    "fixed limits": lambda _: FixedLimits(),
    "each-signal 1e-3": _each(USUAL),
    "mewma 1e-3": _machines("mewma", USUAL),
    "mewma 1e-4": _machines("mewma", STRICT),
    "mewma 1e-3, whole plant": lambda training: Plant(
        training, lambda runs, names: fit("mewma", runs, names, rate=USUAL)
    ),
    "mewma 1e-3, regimes": _regimes(USUAL),
    "mewma 1e-4, regimes": _regimes(STRICT),
}
"""One detector for each machine unless it says otherwise."""
RANDOM_LIKE = "mewma 1e-3"
RANDOM = "random"


class Kept:
    """Alarms of each method and run, on disk.

    Args:
        folder: Of the runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._watchers: dict[str, Watcher] = {}
        self._training: list[Recorded] = []

    def alarms(self, method: str, kind: str, seed: int) -> list[Alarm]:
        """Return what a method said of a run; learned, simulated and judged as far as that is not there yet."""
        path = self._folder / "alarms" / f"{method}-{kind}-{seed}.json"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            found = self._watcher(method).alarms(recorded(self._folder, kind, seed))
            path.write_text(json.dumps([asdict(alarm) for alarm in found]))
        return [
            Alarm(at_s=a["at_s"], machine=a["machine"], machines=tuple(a["machines"]), signals=tuple(a["signals"]))
            for a in json.loads(path.read_text())
        ]

    def _watcher(self, method: str) -> Watcher:
        if method == RANDOM:
            return RandomAlarms(self._watcher(RANDOM_LIKE))
        if method not in self._watchers:
            self._training = self._training or [recorded(self._folder, "training", seed) for seed in TRAINING]
            self._watchers[method] = METHODS[method](self._training)
        return self._watchers[method]


def study(folder: Path, seeds: int, clean: int) -> dict[str, Any]:
    """Return the figures of every method."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = Kept(folder)
    found: dict[str, Any] = {}
    for method in (RANDOM, *METHODS):
        outcomes = [
            outcome(episode, alarms)
            for seed in range(seeds)
            for alarms in [kept.alarms(method, "faulty", seed)]
            for episode in episodes(seed)
        ]
        quiet = [
            (recorded(folder, "clean", seed), kept.alarms(method, "clean", seed)) for seed in range(0, 2 * clean, 2)
        ]
        found[method] = {"detection": detection(outcomes), "false_alarms": false_alarms(quiet)}
    return {
        "machine": machine(),
        "training_hours": HOURS * len(TRAINING),
        "faulty_runs": seeds,
        "clean_runs": clean,
        "hours_each": HOURS,
        "rows_every_s": EVERY_S,
        "hold_s": HOLD_S,
        "physics_step_s": STEP_S,
        "tick_s": TICK_S,
        "methods": found,
    }


def step_check() -> dict[str, Any]:
    """Return by how much the means of signals differ between two steps, beside two seeds; in standard deviations."""
    hours, hour = 1.2, 9.0
    runs = {(seed, step): run(seed, hour, (), hours, step) for seed in (3, 4) for step in (0.1, STEP_S)}
    names = runs[3, 0.1].names
    rows = {key: each.rows[60:].astype(np.float64) for key, each in runs.items()}
    fine = np.vstack([rows[3, 0.1], rows[4, 0.1]])
    coarse = np.vstack([rows[3, STEP_S], rows[4, STEP_S]])
    spread = fine.std(0)
    moved = spread > 1e-9
    by_step = np.abs(fine.mean(0) - coarse.mean(0))[moved] / spread[moved]
    by_seed = (
        np.abs(np.vstack([rows[3, 0.1], rows[3, STEP_S]]).mean(0) - np.vstack([rows[4, 0.1], rows[4, STEP_S]]).mean(0))[
            moved
        ]
        / spread[moved]
    )
    ratio = coarse.std(0)[moved] / spread[moved]
    order = np.argsort(-np.abs(np.log(np.maximum(ratio, 1e-9))))[:8]
    moving = [name for name, yes in zip(names, moved, strict=True) if yes]
    return {
        "machine": machine(),
        "hours": hours,
        "steps_s": [0.1, STEP_S],
        "mean_between_steps": {f"p{q}": round(float(np.percentile(by_step, q)), 3) for q in (50, 90, 99)},
        "mean_between_seeds": {f"p{q}": round(float(np.percentile(by_seed, q)), 3) for q in (50, 90, 99)},
        "spread_coarse_over_fine": {moving[i]: round(float(ratio[i]), 2) for i in order},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("study", "step", "ship"))
    parser.add_argument("--work", type=Path, default=Path("demo-faults"), help="folder of runs and alarms")
    parser.add_argument("--seeds", type=int, default=20, help="runs with faults")
    parser.add_argument("--clean", type=int, default=10, help="every second plant also without faults")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    given = parser.parse_args()
    began = time.monotonic()
    if given.what == "ship":
        given.work.mkdir(parents=True, exist_ok=True)
        training = [recorded(given.work, "training", seed) for seed in TRAINING]
        found = ship(Machines(training, lambda runs, names: fit("mewma", runs, names, rate=STRICT)), training)
    else:
        found = step_check() if given.what == "step" else study(given.work, given.seeds, given.clean)
    if given.json or given.what != "study":
        print(json.dumps(found, indent=1))
        return
    for method, by in found["methods"].items():
        every, false = by["detection"]["all"], by["false_alarms"]
        print(
            f"{method:26} found {every['right']} of {every['faults']}, machine first {every['machine_top1']}, "
            f"false alarms {false['per_hour']}/h (at most {false['per_hour_upper_95']})"
        )
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()

"""The detectors that the demo brings along, learned as the study learns its strict ones."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.demo_faults.running import EVERY_S, HOLD_S, Recorded
from benchmarks.demo_faults.watchers import Machines
from plantverse.ai.detectors import save_detector
from plantverse.ai.models import ModelRegistry
from plantverse.sim.bottling.watched import MODELS, WATCHED, model_of


def ship(watcher: Machines, training: Sequence[Recorded], folder: Path = MODELS) -> dict[str, Any]:
    """Write the models anew; returns signals and hash of each.

    Args:
        watcher: A detector for each machine.
        training: What they were learned from.
        folder: Where they go.
    """
    shutil.rmtree(folder, ignore_errors=True)
    registry = ModelRegistry(folder)
    hours = round(sum(len(run.rows) for run in training) * EVERY_S / 3600.0, 1)
    shipped = {}
    for machine in WATCHED:
        columns, detector = watcher.detectors[machine]
        facts = {"every_s": EVERY_S, "hold_s": HOLD_S, "learned_from": f"{hours:g} simulated hours of the demo plant"}
        entry = registry.save(model_of(machine), save_detector(detector, facts))
        shipped[machine] = {"signals": len(columns), "hash": entry.hash}
    return shipped

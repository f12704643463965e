"""Recorded runs on disk, so that a study that was stopped goes on where it was."""

import os
from pathlib import Path

import numpy as np

from benchmarks.demo_faults.plan import episodes, start_hour
from benchmarks.demo_faults.running import Recorded, run

TRAINING: tuple[int, ...] = tuple(range(1000, 1005))
"""Seeds of the runs that are learned from: 40 hours without faults, begun at five times of the day."""


def recorded(folder: Path, kind: str, seed: int) -> Recorded:
    """Return a run, simulated if it is not there yet.

    Args:
        kind: `training`, `clean` or `faulty`; the last two are the same plant on the same day, without and with faults.
    """
    path = folder / f"{kind}-{seed}.npz"
    if not path.exists():
        _write(path, run(seed, start_hour(seed), episodes(seed) if kind == "faulty" else ()))
    with np.load(path, allow_pickle=False) as kept:
        return Recorded(
            names=tuple(kept["names"].tolist()), rows=kept["rows"], time_s=kept["time_s"], phase=kept["phase"]
        )


def _write(path: Path, found: Recorded) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, names=np.array(found.names), rows=found.rows, time_s=found.time_s, phase=found.phase)
    unfinished.replace(path)

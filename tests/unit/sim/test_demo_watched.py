"""The detectors that the demo brings along fit the plant of today: calm while it is well, and naming a worn bearing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doubles.bottling_rows import MIDNIGHT_S
from plantverse.ai.detectors import Detector, columns_of, load_detector, spacing_of
from plantverse.ai.models import ModelRegistry
from plantverse.sim.bottling.plant import plant
from plantverse.sim.bottling.watched import MODELS, WATCHED, model_of
from plantverse.sim.bottling.world import BottlingWorld
from plantverse.sim.demo_files import write_demo_plant
from plantverse.twins.formulas import Columns
from plantverse.twins.interop import read_plant

REGISTRY = ModelRegistry(MODELS)
TWINS = {twin.id: twin for twin in plant.spec().twins}
WARM_UP_S = 120.0


def detector_of(twin: str) -> tuple[Detector, list[str]]:
    model = REGISTRY.load(model_of(twin))
    return load_detector(model), [name.partition(":")[2] for name in columns_of(model)]


def row_of(world: BottlingWorld, twin: str, paths: list[str]) -> np.ndarray[Any, Any]:
    """Return what the twin says and derives, in this order."""
    said = flat(world.payload(twin))
    values = {path: np.array([value]) for path, value in said.items()}
    for derived in TWINS[twin].type.derived:
        values[derived.signal.path] = np.asarray(derived.compute(Columns(values)), float).reshape(1)
    return np.array([values[path][0] for path in paths])


def flat(payload: dict[str, Any], before: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in payload.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{key}.")
        elif isinstance(value, int | float):
            found[f"{before}{key}"] = float(value)
    return found


@pytest.mark.parametrize("twin", WATCHED)
def test_each_reads_signals_of_its_own_machine(twin: str) -> None:
    model = REGISTRY.load(model_of(twin))
    paths = {signal.path for signal in TWINS[twin].signals()}
    assert {name.partition(":")[0] for name in columns_of(model)} == {twin}
    assert {name.partition(":")[2] for name in columns_of(model)} <= paths
    assert spacing_of(model) == (5.0, 50.0)


def test_no_model_is_shipped_that_nothing_binds() -> None:
    assert sorted(path.name for path in MODELS.iterdir()) == sorted(map(model_of, WATCHED))


def test_the_demo_binds_them_and_leaves_what_is_there(tmp_path: Path) -> None:
    models = tmp_path / "models"
    loaded = read_plant(write_demo_plant(tmp_path / "plant", models))
    assert {detector.twin: detector.model for detector in loaded.spec.detectors} == {t: model_of(t) for t in WATCHED}
    assert ModelRegistry(models).load(model_of("line/filler")).hash == REGISTRY.load(model_of("line/filler")).hash
    newer = ModelRegistry(models).save("demo-filler", REGISTRY.load("demo-capper"))
    write_demo_plant(tmp_path / "plant", models)
    assert ModelRegistry(models).versions("demo-filler") == [1, newer.version]
    assert read_plant(write_demo_plant(tmp_path / "bare")).spec.detectors == ()


def test_a_quarter_of_an_hour_is_calm_and_a_worn_bearing_is_named_before_its_limit() -> None:
    twin = "process/product-pump"
    detector, paths = detector_of(twin)
    world = BottlingWorld(start_s=MIDNIGHT_S + 9.3 * 3600.0, seed=77, step_s=0.25)
    world.run(WARM_UP_S)

    def judged(rows: int) -> tuple[list[float], list[str], list[float]]:
        scores, blamed, vibration = [], [], []
        for _ in range(rows):
            world.run(5.0)
            row = row_of(world, twin, paths)
            verdict = detector.update(row)
            scores.append(verdict.score)
            blamed.append(paths[int(np.argmax(verdict.contributions))])
            vibration.append(row[paths.index("motor.vibration")])
        return scores, blamed, vibration

    assert max(judged(180)[0]) < 1
    world.faults.inject("bearing_wear", twin, 0.35, 10.0)
    scores, blamed, vibration = judged(24)
    first = next(row for row, score in enumerate(scores) if score > 1)
    assert blamed[first] == "motor.vibration"
    assert max(vibration[: first + 1]) < 4.5, "the fixed limit has not been reached"

"""A small generator of a pump that normally gives 50 m3/h, and 20 once it leaks."""

from pathlib import Path

import numpy as np

from plantverse.ai.generate import Recording, cut, fit, save_generator
from plantverse.ai.models import ModelRegistry


def save_pump_generator(models: Path, twin: str, *, every_s: float = 0.2) -> None:
    """Save the model `pumps`, which knows `<twin>:flow` and `<twin>:running`."""
    rng = np.random.default_rng(5)

    def rows(level: float) -> np.ndarray:
        return np.column_stack((level + rng.normal(0, 1, 240), np.ones(240)))

    runs = (
        Recording(name="well", rows=rows(50)),
        Recording(name="leak", rows=rows(20), fault="leak", severity=1.0, onset=-100),
    )
    windows = cut(runs, (f"{twin}:flow", f"{twin}:running"), length=24, stride=6, every_s=every_s)
    ModelRegistry(models).save("pumps", save_generator(fit("jitter", windows, rules={}, seed=1)))

"""A detector at work in a worker process."""

from pathlib import Path

import numpy as np

from plantverse.ai.detectors.saved import load_detector, spacing_of
from plantverse.ai.models import Model, read_model
from plantverse.ai.worker.runner import Body


class DetectorRunner:
    """Judges rows: `{"row": float64 bytes}` in, `{"score", "shares": float64 bytes}` out; no score where not judged."""

    def __init__(self, model: Model) -> None:
        self._detector = load_detector(model)
        self._every_s, self._hold_s = spacing_of(model)
        self._hash = model.hash

    def facts(self) -> Body:
        """Return method and hash."""
        return {"method": self._detector.kind, "hash": self._hash}

    def answer(self, body: Body) -> Body:
        """Judge the next row."""
        verdict = self._detector.update(np.frombuffer(body["row"], np.float64))
        score = None if np.isnan(verdict.score) else verdict.score
        return {"score": score, "shares": verdict.contributions.tobytes()}


def open_detector(folder: str, expected_hash: str) -> DetectorRunner:
    """Return a runner of the detector saved in a folder.

    Raises:
        ModelInvalid: There is none that can be used.
    """
    return DetectorRunner(read_model(Path(folder), expected_hash))

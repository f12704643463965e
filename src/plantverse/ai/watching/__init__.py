"""Detectors of a plant on a running server: rows of the sample log to the worker, verdicts back as telemetry."""

from plantverse.ai.watching.crew import Crew
from plantverse.ai.watching.detection import Detection

__all__ = ["Crew", "Detection"]

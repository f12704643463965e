"""Generators of synthetic windows: learned from runs of a plant, drawn by fault, severity and onset, and marked.

A method is a `Core`; scaling, constants, counters, rules, seeds and provenance are the same for all (`Generator`).
"""

from plantverse.ai.generate.condition import NORMAL, NORMAL_OPERATION, Condition, Seen
from plantverse.ai.generate.core import Core
from plantverse.ai.generate.files import Recorded, read_recordings, write_recordings
from plantverse.ai.generate.generator import Generator, Sampled, fit_core
from plantverse.ai.generate.methods import CORES, DEFAULT_KIND, fit
from plantverse.ai.generate.recordings import Recording, Windows, cut
from plantverse.ai.generate.rules import Rule, rules_of_twins
from plantverse.ai.generate.saved import load_generator, save_generator
from plantverse.ai.generate.stream import StreamRow, stream

__all__ = [
    "CORES",
    "DEFAULT_KIND",
    "NORMAL",
    "NORMAL_OPERATION",
    "Condition",
    "Core",
    "Generator",
    "Recorded",
    "Recording",
    "Rule",
    "Sampled",
    "Seen",
    "StreamRow",
    "Windows",
    "cut",
    "fit",
    "fit_core",
    "load_generator",
    "read_recordings",
    "rules_of_twins",
    "save_generator",
    "stream",
    "write_recordings",
]

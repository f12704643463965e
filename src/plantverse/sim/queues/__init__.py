"""Simulation of queues and placement: worlds with their arrivals, the event engine, studies over many worlds.

The worlds drive the very policy objects of `plantverse.offload` that run live.
"""

from plantverse.sim.queues.asp import AspResult, AspWorld, run_asp
from plantverse.sim.queues.factory import FactoryResult, FactoryTruth, run_factory
from plantverse.sim.queues.factory_world import FactoryWorld
from plantverse.sim.queues.presets import ASP_PRESETS, AspPreset, FactoryPreset
from plantverse.sim.queues.study import PRESETS, Row, study

__all__ = [
    "ASP_PRESETS",
    "PRESETS",
    "AspPreset",
    "AspResult",
    "AspWorld",
    "FactoryPreset",
    "FactoryResult",
    "FactoryTruth",
    "FactoryWorld",
    "Row",
    "run_asp",
    "run_factory",
    "study",
]

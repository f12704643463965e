"""Message traffic: when messages arrive, on which topic and how large; models, captured logs, and what they measure."""

from plantverse.sim.traffic.events import MOST_EVENTS, Sizes, Traffic, TrafficModel, generate
from plantverse.sim.traffic.files import read_traffic, write_traffic
from plantverse.sim.traffic.mmpp import MarkovModulated
from plantverse.sim.traffic.onoff import ParetoOnOff
from plantverse.sim.traffic.periodic import Periodic
from plantverse.sim.traffic.poisson import Poisson
from plantverse.sim.traffic.registry import MODELS, make_model, make_traffic, parameters_of
from plantverse.sim.traffic.replay import Replay
from plantverse.sim.traffic.sizes import EqualSizes, LogNormalSizes

__all__ = [
    "MODELS",
    "MOST_EVENTS",
    "EqualSizes",
    "LogNormalSizes",
    "MarkovModulated",
    "ParetoOnOff",
    "Periodic",
    "Poisson",
    "Replay",
    "Sizes",
    "Traffic",
    "TrafficModel",
    "generate",
    "make_model",
    "make_traffic",
    "parameters_of",
    "read_traffic",
    "write_traffic",
]

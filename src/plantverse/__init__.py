"""plantverse: MQTT sensors, live digital twins in Python, one synchronised 3D view in the browser.

This is what an author of twins needs; `connect` reads from a running server. Importing it loads numpy, msgspec and the
standard library at most.
"""

from typing import TYPE_CHECKING

from plantverse.twins.fields import Command, Component, Parameter, Property, Relation, Telemetry
from plantverse.twins.look_specs import FloorPlan, Geometry, Hall
from plantverse.twins.methods import Alarm, Column, Derived, alarm, derived
from plantverse.twins.model import Twin
from plantverse.twins.plant import Plant
from plantverse.twins.specs import Availability, Binding, Limits, Synthetic
from plantverse.twins.visuals import Along, Carry, Color, Flow, Label, Level, Move, Spin, Turn, Visible

if TYPE_CHECKING:
    from plantverse.client import connect as connect

# `connect` is public too, but `from plantverse import *` must not load the client.
__all__ = [
    "Alarm",
    "Along",
    "Availability",
    "Binding",
    "Carry",
    "Color",
    "Column",
    "Command",
    "Component",
    "Derived",
    "FloorPlan",
    "Flow",
    "Geometry",
    "Hall",
    "Label",
    "Level",
    "Limits",
    "Move",
    "Parameter",
    "Plant",
    "Property",
    "Relation",
    "Spin",
    "Synthetic",
    "Telemetry",
    "Turn",
    "Twin",
    "Visible",
    "alarm",
    "derived",
]


def __getattr__(name: str) -> object:
    if name == "connect":
        # The client brings WebSocket and HTTP libraries, which an author of twins does not need.
        from plantverse.client import connect

        return connect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Which topic feeds what: bindings compiled to targets, topics and filters to routes.

A twin with a base topic T and no bindings is read from one JSON object on T whose members are its signal and property
paths, and from bare values on `T/<path>` (dots as slashes). A binding replaces that for its own path.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from plantverse.errors import PlantInvalid, PlantverseError
from plantverse.ingest import paths, payloads
from plantverse.ingest.availability import word_reader as availability_reader
from plantverse.ingest.scalars import Reader, number_reader, property_reader, word_reader
from plantverse.ingest.stamps import Stamp, stamp_reader
from plantverse.ingest.topics import FilterTree, check_filter, minimal
from plantverse.ingest.vendor_quality import quality_reader
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.specs import Binding, PropertySpec, SignalSpec, TwinSpec
from plantverse.twins.units import conversion

logger = logging.getLogger(__name__)

TIME_KEYS: Final = ("ts", "time", "timestamp")
VALUE_KEYS: Final = ("value", "val", "v")
"""Members that hold the value where a topic carries one signal and the payload is an object without its path."""

DEFAULT_ROUTES_KEPT: Final = 65_536
"""Concrete topics compiled at a time: ten times the topics of a large plant, 60 MB at the very worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One signal or property fed from one kind of payload, everything worked out.

    Attributes:
        slot: Slot of a signal, -1 for a property.
        key: Path inside the payload; () is the payload itself.
        implied: The key was not declared: a bare value, or the member `value` of an object, will do as well.
        factor, offset: Raw value times factor plus offset is the value in the declared unit.
        time_keys: Paths that are looked at for the device's time, in order.
        rank: 0 for the source with the best priority.
        contested: More than one source feeds the signal.
    """

    twin: str
    path: str
    spec: SignalSpec | PropertySpec
    binding: Binding
    slot: int
    key: paths.Step | tuple[paths.Step, ...]
    implied: bool
    get: paths.Getter
    read: Callable[[Any], Any]
    factor: float
    offset: float
    time_keys: tuple[tuple[paths.Step, ...], ...]
    times: tuple[paths.Getter, ...]
    read_time: Callable[[Any], Stamp]
    get_quality: paths.Getter | None
    read_quality: Callable[[Any], int] | None
    rank: int = 0
    contested: bool = False

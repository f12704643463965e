"""Which machine a twin looks like, how large it is where nobody has said, and who builds it.

The browser has the same in `viewer/src/scene/shapes`; tests/golden/shapes.json ties the two together.
"""

import re
from collections.abc import Callable
from typing import Final

from plantverse.viewer.shapes import drives, machines, vessels
from plantverse.viewer.shapes.parts import Shape, Size

_BUILDERS: Final[dict[str, Callable[[Size], Shape]]] = {
    "tank": vessels.tank,
    "silo": vessels.silo,
    "mixer": vessels.mixer,
    "pump": drives.pump,
    "motor": drives.motor,
    "fan": drives.fan,
    "valve": drives.valve,
    "conveyor": drives.conveyor,
    "robot": machines.robot,
    "sensor": machines.sensor,
    "cabinet": machines.cabinet,
    "exchanger": vessels.exchanger,
    "oven": vessels.oven,
    "pipe": vessels.pipe,
    "vehicle": machines.vehicle,
    "turbine": drives.turbine,
    "compressor": drives.compressor,
    "carousel": machines.carousel,
    "palletiser": machines.palletiser,
    "machine": machines.machine,
    "box": machines.box,
    "cylinder": machines.cylinder,
    "sphere": machines.sphere,
}
ARCHETYPES: Final = tuple(_BUILDERS)

_WORDS: Final = (
    ("exchanger", "exchanger condenser evaporator cooler heater"),
    ("compressor", "compressor generator genset chiller"),
    ("cabinet", "energy electricity mains"),
    ("turbine", "turbine windmill"),
    ("sensor", "sensor meter transmitter probe detector gauge thermometer station weather"),
    ("valve", "valve damper"),
    ("mixer", "mixer agitator reactor fermenter digester kettle blender"),
    ("silo", "silo hopper bunker bin"),
    ("tank", "tank vessel boiler basin reservoir drum accumulator buffer"),
    ("pump", "pump"),
    ("fan", "fan blower ventilator ahu"),
    ("motor", "motor drive engine spindle"),
    ("palletiser", "palletiser palletizer gantry depalletiser depalletizer"),
    ("conveyor", "conveyor belt transporter line"),
    ("robot", "robot manipulator arm cobot"),
    ("vehicle", "agv amr forklift truck vehicle shuttle crane cart"),
    ("oven", "oven furnace kiln dryer autoclave steriliser sterilizer pasteuriser pasteurizer"),
    ("cabinet", "cabinet panel plc controller gateway rack inverter server battery transformer switchgear ups"),
    ("pipe", "pipe pipeline duct header"),
    (
        "machine",
        "machine press mill lathe cnc filler packer labeller labeler capper washer cutter "
        "extruder printer welder grinder crusher inspector cell",
    ),
)
"""The first row one of whose words stands in the type's name wins, so the narrower ones come first."""

_USUAL: Final[dict[str, Size]] = {
    "tank": (2.4, 3.8, 2.4),
    "silo": (2.6, 6, 2.6),
    "mixer": (1.8, 3, 1.8),
    "pump": (1.8, 1.1, 0.9),
    "motor": (1.2, 0.8, 0.7),
    "fan": (1.4, 1.5, 0.8),
    "valve": (1, 1.1, 0.7),
    "conveyor": (4, 0.95, 0.9),
    "robot": (1.1, 2, 1.1),
    "sensor": (0.5, 1.3, 0.4),
    "cabinet": (0.9, 2, 0.5),
    "exchanger": (2.8, 1.3, 0.9),
    "oven": (3, 2.6, 1.8),
    "pipe": (2, 0.9, 0.5),
    "vehicle": (1.6, 1.2, 0.9),
    "turbine": (8, 14, 8),
    "compressor": (2.4, 1.6, 1.2),
    "machine": (2.2, 2.2, 1.5),
    "carousel": (2.4, 2.2, 2.4),
    "palletiser": (2.6, 3.4, 2.6),
}
LEAST_M: Final = 0.05


def archetype_of(shape: str, type_name: str) -> str:
    """Return what to draw for a twin of that type with that declared shape.

    Example:
        >>> archetype_of("cylinder", "CoolingWaterPump2")
        'pump'
    """
    if shape not in {"box", "cylinder"}:
        return shape if shape in _BUILDERS else "box"
    words = _words(type_name)
    for archetype, names in _WORDS:
        if words.isdisjoint(names.split()):
            continue
        # A round machine of a line has its stations on a carousel.
        return "carousel" if archetype == "machine" and shape == "cylinder" else archetype
    return shape


def size_of(archetype: str, declared: Size) -> Size:
    """Return the declared size, or the usual one where nobody has said."""
    if all(length == 1 for length in declared):
        return _USUAL.get(archetype, declared)
    if archetype == "palletiser":
        # What is declared is the part that moves; its gantry needs room above.
        return declared[0], max(declared[1], declared[0] * 1.35), declared[2]
    return declared


def build_shape(archetype: str, size: Size) -> Shape:
    """Return the machine in that size.

    Raises:
        KeyError: There is no such archetype.
    """
    w, h, d = (max(length, LEAST_M) for length in size)
    return _BUILDERS[archetype]((w, h, d))


def _words(type_name: str) -> set[str]:
    """`CoolingWaterPump2` and `cooling_water_pumps` both hold `pump`."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", type_name)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    words = {word for word in re.split(r"[^a-z]+", spaced.lower()) if word}
    return words | {word[:-1] for word in words if len(word) > 3 and word.endswith("s")}

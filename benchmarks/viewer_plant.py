"""A plant for the viewer's benchmark: machines of many shapes, each with one signal that colours or turns it.

`VIEWER_TWINS` says how many (2,000 by default) and `VIEWER_PER_TOPIC` how many share a message (100): the values of
twin n are members `s<n>` of the object `values` on `bench-batch/<n // per topic>`, as `benchmarks.blast` sends them.
"""

import os

from plantverse import Binding, Color, Geometry, Plant, Spin, Telemetry, Turn, Twin

TWINS = int(os.environ.get("VIEWER_TWINS", "2000"))
PER_TOPIC = int(os.environ.get("VIEWER_PER_TOPIC", "100"))
SPACING = 3.0
STOPS = ((0.0, "#2b6cb0"), (500.0, "#38a169"), (1000.0, "#c53030"))


class Machine(Twin):
    """A box whose colour follows its load."""

    load = Telemetry(range=(0, 1000))
    geometry = Geometry(size=(1.2, 1.2, 1.2))
    visuals = (Color("load", stops=STOPS),)


class Pump(Machine):
    """Turns as well."""

    visuals = (Color("load", stops=STOPS), Spin("load", scale=0.05))


class Tank(Machine):
    """A vessel."""


class Valve(Machine):
    """Stands at an angle."""

    visuals = (Color("load", stops=STOPS), Turn("load", scale=0.09))


class Conveyor(Machine):
    """Long."""


class Compressor(Machine):
    """Another shape."""


class Boiler(Machine):
    """Another shape."""


class Robot(Machine):
    """Another shape, with joints."""


KINDS = (Machine, Pump, Tank, Valve, Conveyor, Compressor, Boiler, Robot)

plant = Plant("viewer-bench")
side = max(1, round(TWINS**0.5))
for number in range(TWINS):
    plant.add(
        KINDS[number % len(KINDS)](
            f"bench/m{number}",
            position=(number % side * SPACING, 0.0, number // side * SPACING),
            bindings=[
                Binding(path="load", topic=f"bench-batch/{number // PER_TOPIC}", key=f"values.s{number}"),
            ],
        )
    )

"""What the load dial feeds: twins that come up as its topics appear."""

from typing import Final

from plantverse import Geometry, Telemetry, Twin

LOAD_TOPIC: Final = "plant/load"


class LoadPoint(Twin):
    """A channel of the load dial: one value, as often as it is asked for."""

    value = Telemetry(range=(0, 100), decimals=1, max_age_s=float("inf"))

    geometry = Geometry(size=(0.3, 0.3, 0.3), color="#5b6b7d")

"""Which faults show soon, so that who watches the alarms finds the machine within a minute.

`shows.json` is measured by `python -m benchmarks.first_alarm --write`: by kind the places (for sensors `twin:signal`)
where, in every plant in production that was tried, the first alarm anywhere was one of the machine itself, raised by
limits and rules within `WITHIN_S` of a fault of at least `SEVERITY` that grew within `ONSET_S`.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from plantverse.sim.bottling.agv import Agv
from plantverse.sim.bottling.parts import Unit
from plantverse.sim.bottling.schedule import Phase
from plantverse.sim.bottling.world import BottlingWorld

SEVERITY: Final = 0.75
ONSET_S: Final = 10.0
WITHIN_S: Final = 60.0
FILE: Final = Path(__file__).with_name("shows.json")
SHOWS: Final[Mapping[str, Sequence[str]]] = json.loads(FILE.read_text())


def showing(world: BottlingWorld) -> dict[str, list[str]]:
    """Return by kind where a fault that begins now shows within a minute; kinds without such a place are left out.

    There is none while the line makes nothing or is about to stop: it was in production that they were measured. Left
    out as well are machines that stand still and those that have a fault already.
    """
    if world.plan.phase is not Phase.PRODUCTION or world.plan.left_s < WITHIN_S:
        return {}
    broken = {fault.target for fault in world.faults.standing.values()}
    found: dict[str, list[str]] = {}
    for kind, places in SHOWS.items():
        for place in places:
            twin_id = place.partition(":")[0]
            if twin_id not in broken and _works(world.units[twin_id]):
                found.setdefault(kind, []).append(place)
    return found


def _works(unit: Unit) -> bool:
    """Whether a device turns and carries what it is there for, as far as it has a drive or a flow."""
    if isinstance(unit, Agv):
        # It stops and goes all the time: what shows of it was measured in either state.
        return True
    motor = getattr(unit, "motor", None)
    return (motor is None or motor.speed > 0) and getattr(unit, "flow", 1.0) > 0

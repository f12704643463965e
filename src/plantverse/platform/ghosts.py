"""Ghosts: synthetic twins that stand beside real ones while somebody streams generated data into them.

A ghost belongs to this run of the server and to no file. What it was is kept: its history under its own name, its
coming and going as events and in the audit log.
"""

import math
from dataclasses import replace
from typing import Final

from plantverse.errors import Conflict, NotFound, PlantInvalid, RequestInvalid
from plantverse.platform.plant_host import PlantHost, require_twin
from plantverse.twins.checks import check_synthetic
from plantverse.twins.problems import Problems
from plantverse.twins.registry import Registry
from plantverse.twins.specs import Placement, Synthetic, TwinSpec
from plantverse.twins.synthetic import GHOST_OF, ghost_id, ghost_topic

GAP_M: Final = 0.8
"""Between a machine and its ghost: enough to walk through, near enough to compare."""
MOST: Final = 100


class Ghosts:
    """The ghosts of a server; they follow their twins through changes of the plant and go with them."""

    def __init__(self, registry: Registry, host: PlantHost) -> None:
        self._registry = registry
        self._host = host
        self._origins: dict[str, Synthetic] = {}

    def add(self, twin_id: str, origin: Synthetic) -> TwinSpec:
        """Put a ghost beside a twin, or say anew where the data of the one that is there comes from.

        Raises:
            NotFound: No such twin.
            Conflict: It is synthetic itself, another twin has the ghost's id, or there are too many ghosts.
            RequestInvalid: The origin is none.
        """
        require_twin(self._registry, twin_id)
        problems = Problems()
        check_synthetic(origin, twin_id, problems)
        try:
            problems.check()
        except PlantInvalid as exc:
            raise RequestInvalid("generator", expected=exc.expected, got=exc.got) from exc
        entry = self._registry.get(twin_id)
        if entry.spec.synthetic is not None or entry.discovered:
            raise Conflict(f"{twin_id} is no real twin of the plant", hint="a ghost stands beside a real one")
        spec = ghost_of(entry.spec, origin)
        if twin_id not in self._origins:
            if spec.id in self._registry:
                raise Conflict(f"twin {spec.id} exists already", hint="rename it: ghosts have this id")
            if len(self._origins) >= MOST:
                raise Conflict(f"there are {MOST} ghosts already", hint="DELETE /api/v1/twins/{id}/ghost")
        self._origins[twin_id] = origin
        self._host.stand(spec)
        return spec

    def remove(self, twin_id: str) -> None:
        """Take the ghost of a twin away; its history stays.

        Raises:
            NotFound: It has none.
            Conflict: It is a twin of the plant file.
        """
        if ghost_id(twin_id) not in self._registry:
            raise NotFound(f"{twin_id} has no ghost")
        if self._origins.pop(twin_id, None) is None or not self._is_ours(twin_id):
            raise Conflict(f"{ghost_id(twin_id)} stands in the plant file", hint="take it out there")
        self._host.unstand(ghost_id(twin_id))

    def follow(self) -> None:
        """After a change of the plant: ghosts are as their twins are, and gone where those are."""
        for twin_id, origin in list(self._origins.items()):
            if not self._is_ours(twin_id):
                # The plant file has a twin of this id by now.
                del self._origins[twin_id]
                continue
            present = self._registry.get(twin_id).spec if twin_id in self._registry else None
            if present is None or present.synthetic is not None:
                self.remove(twin_id)
            else:
                self._host.stand(ghost_of(present, origin))

    def _is_ours(self, twin_id: str) -> bool:
        name = ghost_id(twin_id)
        return name in self._registry and self._registry.get(name).spec.source == _source(twin_id)


def ghost_of(spec: TwinSpec, origin: Synthetic) -> TwinSpec:
    """Return the ghost of a twin: its type and limits without anything that reaches a device.

    It reads one JSON object per message on `plantverse/synthetic/ghost/<twin id>`, with signal paths as members.
    """
    kind = spec.type
    passive = replace(
        kind,
        commands=(),
        properties=tuple(replace(p, writable=False) for p in kind.properties),
        relations=(),
    )
    return TwinSpec(
        id=ghost_id(spec.id),
        type=passive,
        name=f"{spec.name or spec.id} (ghost)",
        area=spec.area,
        tags=spec.tags,
        topic=ghost_topic(spec.id),
        placement=None if spec.placement is None else beside(spec.placement, spec.looks().size[2]),
        extra=tuple(s for s in spec.extra if not s.derived),
        limits=spec.limits,
        geometry=spec.geometry,
        visuals=spec.visuals,
        relations={GHOST_OF: (spec.id,)},
        synthetic=origin,
        source=_source(spec.id),
    )


def beside(placement: Placement, depth_m: float) -> Placement:
    """Return the place in front of a machine, turned as it is."""
    turn = math.radians(placement.yaw_deg)
    step_m = depth_m + GAP_M
    x, y, z = placement.position
    return Placement(
        position=(round(x + step_m * math.sin(turn), 3), y, round(z + step_m * math.cos(turn), 3)),
        yaw_deg=placement.yaw_deg,
    )


def _source(twin_id: str) -> str:
    return f"ghost of {twin_id}"

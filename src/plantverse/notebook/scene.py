"""The pythreejs scene: one mesh for each twin, made once and then recoloured.

pythreejs sends every changed trait to the browser as a message of its own, so only what differs is set.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from plantverse.errors import ConfigInvalid
from plantverse.notebook.looks import STEEL, Look
from plantverse.twins.sync.messages import TwinInfo
from plantverse.viewer.places import Place

FLOOR, SKY = "#8b939c", "#e8ecf0"


def widgets() -> tuple[Any, Any]:
    """Return the modules pythreejs and ipywidgets.

    Raises:
        ConfigInvalid: The extra `notebook` is not installed.
    """
    try:
        import ipywidgets
        import pythreejs
    except ImportError as exc:
        raise ConfigInvalid(
            f"a notebook view needs pythreejs: {exc}", hint="pip install 'plantverse[notebook]'"
        ) from exc
    return pythreejs, ipywidgets


class Scene:
    """Twins as boxes, cylinders and spheres on a floor; a mesh file is a box of its type's size.

    Args:
        twins: Their structure.
        places: By twin id.
        height: Of the picture, pixels; its width is 16/9 of that.
        clicked: Is given the id of the twin that somebody clicked.

    Attributes:
        renderer: The widget.
    """

    def __init__(
        self, twins: Sequence[TwinInfo], places: dict[str, Place], height: int, clicked: Callable[[str], None]
    ) -> None:
        p, _ = widgets()
        shapes = {
            "box": p.BoxBufferGeometry(1, 1, 1),
            "cylinder": p.CylinderBufferGeometry(0.5, 0.5, 1, 24),
            "sphere": p.SphereBufferGeometry(0.5, 24, 16),
        }
        self._looks: dict[str, Look] = {}
        self.meshes: dict[str, Any] = {}
        for twin in twins:
            geometry = shapes.get(twin.geometry.shape, shapes["box"])
            self.meshes[twin.id] = _mesh(p, geometry, twin, places[twin.id])
        self._ids = {mesh.model_id: twin_id for twin_id, mesh in self.meshes.items()}
        low, high = _bounds(twins, places)
        middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
        reach = max(4.0, *(b - a for a, b in zip(low, high, strict=True)))
        away = (0.2 * reach, 0.7 * reach, 0.9 * reach)
        across = math.hypot(away[0], away[2])
        camera = p.PerspectiveCamera(
            position=[a + b for a, b in zip(middle, away, strict=True)],
            quaternion=_turn(math.atan2(away[0], away[2]), -math.atan2(away[1], across)),
            fov=50,
            near=0.1,
            far=20 * reach,
        )
        floor = p.Mesh(
            p.PlaneBufferGeometry(2 * reach, 2 * reach),
            p.MeshStandardMaterial(color=FLOOR, roughness=1.0),
            position=[middle[0], low[1] - 0.01, middle[2]],
            quaternion=_turn(0.0, -math.pi / 2),
        )
        machines = p.Group(children=list(self.meshes.values()))
        sun = p.DirectionalLight(position=[0.4 * reach, reach, 0.7 * reach], intensity=0.7)
        scene = p.Scene(children=[machines, floor, camera, sun, p.AmbientLight(intensity=0.7)], background=SKY)
        picker = p.Picker(controlling=machines, event="click")
        picker.observe(lambda change: self._picked(change["new"], clicked), names="object")
        orbit = p.OrbitControls(controlling=camera, target=middle)
        self.picker = picker
        self.renderer = p.Renderer(
            camera=camera, scene=scene, controls=[orbit, picker], width=int(height * 16 / 9), height=height
        )

    def draw(self, looks: dict[str, Look]) -> int:
        """Show how twins look now; return how many look different."""
        changed = {twin_id: look for twin_id, look in looks.items() if self._looks.get(twin_id) != look}
        for twin_id, look in changed.items():
            mesh = self.meshes[twin_id]
            mesh.material.color = look.color
            mesh.visible = look.visible
        self._looks.update(changed)
        return len(changed)

    def close(self) -> None:
        """Take the picture and what it is made of back from the browser."""
        for mesh in self.meshes.values():
            mesh.material.close()
            mesh.close()
        self.renderer.close()

    def _picked(self, mesh: Any, clicked: Callable[[str], None]) -> None:
        twin_id = self._ids.get(mesh.model_id) if mesh is not None else None
        if twin_id is not None:
            clicked(twin_id)


def _mesh(p: Any, geometry: Any, twin: TwinInfo, place: Place) -> Any:
    width, height, depth = twin.geometry.size
    return p.Mesh(
        geometry,
        p.MeshStandardMaterial(color=twin.geometry.color or STEEL, roughness=0.6, metalness=0.1),
        name=twin.id,
        position=[place.x, place.y + height / 2, place.z],
        quaternion=_turn(math.radians(place.yaw_deg)),
        scale=[width, height, depth],
    )


def _turn(yaw: float, pitch: float = 0.0) -> list[float]:
    """Return the quaternion (x, y, z, w) of a turn about x by `pitch` and then about y by `yaw`, radians.

    pythreejs drops the `rotation` of a new object in favour of its default quaternion.
    """
    cy, sy, cp, sp = math.cos(yaw / 2), math.sin(yaw / 2), math.cos(pitch / 2), math.sin(pitch / 2)
    return [cy * sp, sy * cp, -sy * sp, cy * cp]


def _bounds(twins: Sequence[TwinInfo], places: dict[str, Place]) -> tuple[list[float], list[float]]:
    if not twins:
        return [0.0] * 3, [0.0] * 3
    boxes = []
    for twin in twins:
        place, half = places[twin.id], max(twin.geometry.size[0], twin.geometry.size[2]) / 2
        top = place.y + twin.geometry.size[1]
        boxes.append(((place.x - half, place.y, place.z - half), (place.x + half, top, place.z + half)))
    return (
        [min(box[0][axis] for box in boxes) for axis in range(3)],
        [max(box[1][axis] for box in boxes) for axis in range(3)],
    )

"""A whole plant as one GLB, for CAD, Blender or a game engine: a node for each twin, named by its id."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from plantverse.errors import PlantInvalid
from plantverse.twins.hall_binding import bound_nodes
from plantverse.twins.look_specs import Hall
from plantverse.twins.specs import PlantSpec, TwinSpec
from plantverse.twins.sync.messages import GeometryInfo, TwinInfo
from plantverse.viewer.meshes import export_glb, read_mesh
from plantverse.viewer.places import Place, places
from plantverse.viewer.shapes import Detail, Parts, Shape, archetype_of, build_shape, size_of
from plantverse.viewer.shapes.finishes import Finish
from plantverse.viewer.shapes.parts import Piece

if TYPE_CHECKING:
    import trimesh

Matrix = NDArray[np.float64]
WORLD = "plant"


def plant_glb(plant: PlantSpec, root: Path, detail: Detail = "near") -> tuple[bytes, list[str]]:
    """Return the plant as GLB, and what could not be drawn as asked.

    Machines of one kind, size and colour share their meshes. A mesh or hall that cannot be read is named in the
    problems, and the twin has its own shape instead. Twins without a place stand in rows before the others.

    Args:
        plant: As it was loaded.
        root: Folder that its meshes are relative to.
        detail: Of the shapes that are made here.

    Raises:
        ConfigInvalid: The extra `meshes` is not installed.
        PlantInvalid: There is nothing to draw.
    """
    drawing = _Drawing(detail)
    bound = drawing.hall(plant.hall, root, [t.id for t in plant.twins]) if plant.hall else set()
    stands = places([_info(twin) for twin in plant.twins])
    for twin in plant.twins:
        if twin.id not in bound:
            drawing.twin(twin, stands[twin.id], root)
    if not drawing.scene.geometry:
        raise PlantInvalid(plant.source or plant.name, expected="at least one twin or a hall", got="none")
    return export_glb(drawing.scene), drawing.problems


def _info(twin: TwinSpec) -> TwinInfo:
    looks = twin.looks()
    size = size_of(archetype_of(looks.shape, twin.type.name), looks.size)
    return TwinInfo(
        id=twin.id,
        type=twin.type.name,
        area=twin.area,
        geometry=GeometryInfo(size=size),
        position=twin.placement.position if twin.placement else None,
        yaw_deg=twin.placement.yaw_deg if twin.placement else 0.0,
    )


class _Drawing:
    def __init__(self, detail: Detail) -> None:
        import trimesh

        self.scene = trimesh.Scene(base_frame=WORLD)
        self.problems: list[str] = []
        self._detail = detail
        self._shapes: dict[tuple[str, tuple[float, float, float]], Shape] = {}

    def twin(self, twin: TwinSpec, place: Place, root: Path) -> None:
        """Put a twin where it stands, as its mesh or its shape."""
        self.scene.graph.update(frame_to=twin.id, frame_from=WORLD, matrix=_standing(place))
        looks = twin.looks()
        if looks.mesh:
            try:
                self._file(read_mesh(root / looks.mesh), twin.id, looks.mesh)
            except PlantInvalid as exc:
                self.problems.append(f"{twin.id}: {exc}")
            else:
                return
        archetype = archetype_of("box" if looks.shape == "mesh" else looks.shape, twin.type.name)
        self._shape(twin.id, archetype, size_of(archetype, looks.size), looks.color)

    def hall(self, hall: Hall, root: Path, twins: Iterable[str]) -> set[str]:
        """Put the hall around everything and return the twins that its nodes picture."""
        try:
            scene = read_mesh(root / hall.mesh)
        except PlantInvalid as exc:
            self.problems.append(f"hall: {exc}")
            return set()
        matrix = _standing(Place(x=hall.position[0], y=hall.position[1], z=hall.position[2], yaw_deg=hall.yaw_deg))
        matrix[:3, :3] *= hall.scale
        self.scene.graph.update(frame_to="hall", frame_from=WORLD, matrix=matrix)
        bound, wrong = bound_nodes(hall.bind, (str(node) for node in scene.graph.nodes), twins)
        self.problems += [f"hall: {problem}" for problem in wrong]
        self._file(scene, "hall", hall.mesh, bound)
        return set(bound.values())

    def _file(self, scene: "trimesh.Scene", under: str, file: str, names: dict[str, str] | None = None) -> None:
        """Hang a file's nodes below one of ours; `names` are those that are called otherwise here."""
        base = scene.graph.base_frame
        for name, part in scene.geometry.items():
            self.scene.geometry.setdefault(f"{file}/{name}", part)
        called = {node: (names or {}).get(str(node), f"{under}/{node}") for node in scene.graph.nodes}
        called[base] = under
        for start, end, attributes in scene.graph.to_edgelist():
            geometry = attributes.get("geometry")
            self.scene.graph.update(
                frame_to=called[end],
                frame_from=called[start],
                matrix=attributes["matrix"],
                **({} if geometry is None else {"geometry": f"{file}/{geometry}"}),
            )

    def _shape(self, twin: str, archetype: str, size: tuple[float, float, float], color: str) -> None:
        key = (archetype, size)
        shape = self._shapes.setdefault(key, build_shape(archetype, size))
        kind = f"{archetype} {' x '.join(f'{length:g}' for length in size)}"
        self._parts(shape.body, twin, kind, color)
        frames: list[str] = []
        for joint in shape.joints:
            frame = f"{twin}/{joint.name}"
            pivot = np.eye(4)
            pivot[:3, 3] = joint.pivot
            self.scene.graph.update(frame_to=frame, frame_from=twin if joint.on < 0 else frames[joint.on], matrix=pivot)
            frames.append(frame)
            self._parts(joint.parts, frame, f"{kind} {joint.name}", color)

    def _parts(self, parts: Parts, frame: str, kind: str, color: str) -> None:
        by_finish: dict[str, list[Piece]] = {}
        for piece in parts.build(self._detail):
            by_finish.setdefault(piece.finish.name, []).append(piece)
        for name, pieces in by_finish.items():
            finish = pieces[0].finish
            tone = color if finish.tinted and color else finish.color
            geometry = f"{kind} {name}" + (f" {tone}" if finish.tinted else "")
            if geometry not in self.scene.geometry:
                self.scene.geometry[geometry] = _mesh(pieces, finish, tone)
            self.scene.graph.update(frame_to=f"{frame}/{name}", frame_from=frame, matrix=np.eye(4), geometry=geometry)


def _mesh(pieces: list[Piece], finish: Finish, tone: str) -> "trimesh.Trimesh":
    import trimesh
    from trimesh.visual.material import PBRMaterial

    starts = np.cumsum([0, *(len(piece.solid.points) for piece in pieces)])
    mesh = trimesh.Trimesh(
        np.vstack([piece.solid.points for piece in pieces]),
        np.vstack([piece.solid.faces + start for piece, start in zip(pieces, starts, strict=False)]),
        vertex_normals=np.vstack([piece.solid.normals for piece in pieces]),
        process=False,
    )
    mesh.visual = trimesh.visual.TextureVisuals(
        material=PBRMaterial(
            name=finish.name,
            baseColorFactor=[*_linear(tone), 255],
            metallicFactor=finish.metalness,
            roughnessFactor=finish.roughness,
        )
    )
    return mesh


def _linear(tone: str) -> list[int]:
    """Return the factors of a colour, 0-255: glTF has them linear, `#rrggbb` is sRGB (IEC 61966-2-1)."""
    parts = (int(tone[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return [round(255 * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)) for c in parts]


def _standing(place: Place) -> Matrix:
    angle = math.radians(place.yaw_deg)
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s, place.x], [0, 1, 0, place.y], [-s, 0, c, place.z], [0, 0, 0, 1]], dtype=np.float64)

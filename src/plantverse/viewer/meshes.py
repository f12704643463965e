"""Users' meshes: read under limits, judged, made lighter, kept as GLB under the hash of what they were made from.

The browser reads a mesh from its file as it is; what is said here about a file is what a reader of the plant sees go
wrong there. Files are in metres, y up, with the origin where the twin stands. Nothing outside the file is opened.
"""

import hashlib
import io
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plantverse.errors import ConfigInvalid, PlantInvalid
from plantverse.viewer.glb import COMPRESSED, glb_head, needed_extensions

# Where scipy is absent trimesh takes a slower way of its own, and would tell each time with a traceback.
logging.getLogger("trimesh").setLevel(logging.ERROR)

if TYPE_CHECKING:
    import trimesh

MESH_TYPES = (".glb", ".stl", ".obj")
"""What the server hands out and the viewer reads."""
HINT_COMPRESSED = (
    "export it without compression; the viewer reads meshopt, this check does not, and neither reads Draco"
)
CACHE_VERSION = "1"
"""Part of the hash: another way of making the GLB gives other names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshLimits:
    """What one mesh may cost.

    Attributes:
        size: Bytes of the file; more is not opened.
        vertices: More are refused, as stored, each part once.
        triangles: As drawn, each part as often as it stands in the scene; more are simplified away by `cached_glb`.
    """

    size: int = 64 * 1024 * 1024
    vertices: int = 5_000_000
    triangles: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshReport:
    """What a mesh is.

    Attributes:
        size: Bytes of the file.
        vertices: As stored. triangles: As drawn.
        extent: Metres along x, y (up), z.
        problems: In words, what a reader of the plant would see go wrong; none of them stops the file from being shown.
    """

    size: int
    vertices: int
    triangles: int
    extent: tuple[float, float, float]
    problems: tuple[str, ...] = ()


DEFAULT_LIMITS = MeshLimits()
LONGEST_M, SHORTEST_M = 200.0, 0.01
"""Machines outside are more likely drawn in millimetres or in kilometres."""


def read_mesh(file: Path, limits: MeshLimits = DEFAULT_LIMITS) -> "trimesh.Scene":
    """Return the scene of a GLB, STL or OBJ.

    Raises:
        PlantInvalid: It is missing, of another kind, too large, unreadable, empty, or has corners that are no numbers.
        ConfigInvalid: The extra `meshes` is not installed.
    """
    return _parse(_content(file, limits), file, limits)


def inspect_mesh(file: Path, limits: MeshLimits = DEFAULT_LIMITS) -> MeshReport:
    """Return what a mesh is, and what about it will look wrong.

    Raises:
        PlantInvalid, ConfigInvalid: As `read_mesh`.
    """
    content = _content(file, limits)
    scene = _parse(content, file, limits)
    low, high = (tuple(float(v) for v in corner) for corner in scene.bounds)
    triangles = drawn_triangles(scene)
    problems = _problems(low, high)
    if triangles > limits.triangles:
        problems.append(f"{triangles} triangles, more than {limits.triangles}: slow on phones and headsets")
    if file.suffix.lower() == ".obj" and b"mtllib" in content:
        problems.append("its materials are in another file, which is not served: it has one colour")
    extent = (high[0] - low[0], high[1] - low[1], high[2] - low[2])
    return MeshReport(
        size=len(content),
        vertices=_vertices(scene),
        triangles=triangles,
        extent=extent,
        problems=tuple(problems),
    )


def drawn_triangles(scene: "trimesh.Scene") -> int:
    """Return how many triangles the scene draws: those of each part, times how often it stands there."""
    names = [scene.graph[node][1] for node in scene.graph.nodes_geometry]
    return sum(len(scene.geometry[name].faces) for name in names)


def simplified(scene: "trimesh.Scene", triangles: int) -> "trimesh.Scene":
    """Return a scene that draws about that many triangles at most; the scene itself where it does already.

    Each part keeps its share, at least four triangles, so that none disappears, and one colour; textures are lost with
    the corners that they hung on.

    Raises:
        ConfigInvalid: The extra `meshes` is not installed.
    """
    drawn = drawn_triangles(scene)
    if drawn <= triangles:
        return scene
    _require("fast_simplification")
    import trimesh

    share = triangles / drawn
    parts = {}
    for name, part in scene.geometry.items():
        wanted = max(4, int(len(part.faces) * share))
        if len(part.faces) <= wanted:
            parts[name] = part
            continue
        # Corners that lie at one place belong together, else every triangle of an STL is an island.
        whole = trimesh.Trimesh(part.vertices, part.faces, process=True)
        parts[name] = whole.simplify_quadric_decimation(face_count=wanted)
        _colour(parts[name], part)
    return trimesh.Scene(parts, graph=scene.graph.copy())


def export_glb(scene: "trimesh.Scene") -> bytes:
    """Return a scene as GLB; colours of faces go to their corners, which is all that a GLB has."""
    import trimesh
    from trimesh.exchange import gltf

    parts = dict(scene.geometry)
    for name, part in parts.items():
        if part.visual.kind == "face":
            corners, faces = part.triangles.reshape(-1, 3), np.arange(3 * len(part.faces)).reshape(-1, 3)
            colours = np.repeat(part.visual.face_colors, 3, axis=0)
            parts[name] = trimesh.Trimesh(corners, faces, vertex_colors=colours, process=False)
    return bytes(gltf.export_glb(trimesh.Scene(parts, graph=scene.graph.copy()), include_normals=True))


def cached_glb(file: Path, folder: Path, limits: MeshLimits = DEFAULT_LIMITS) -> Path:
    """Return a GLB of a mesh with at most `limits.triangles`, made once and named by the hash of what it is made from.

    Args:
        file: GLB, STL or OBJ.
        folder: Where to keep it; made where it is missing.
        limits: What it may cost.

    Raises:
        PlantInvalid, ConfigInvalid: As `read_mesh`.
    """
    content = _content(file, limits)
    kind = file.suffix.lower()
    key = hashlib.sha256(f"{CACHE_VERSION} {kind} {limits.triangles}\n".encode() + content).hexdigest()
    made = folder / f"{key[:32]}.glb"
    if not made.is_file():
        glb = export_glb(simplified(_parse(content, file, limits), limits.triangles))
        folder.mkdir(parents=True, exist_ok=True)
        # Whoever looks meanwhile sees no half file.
        unfinished = folder / f"{key[:32]}.unfinished"
        unfinished.write_bytes(glb)
        unfinished.replace(made)
    return made


def prepared_glb(file: Path, content: bytes, limits: MeshLimits = DEFAULT_LIMITS) -> tuple[bytes, list[str]]:
    """Return a mesh as GLB with at most `limits.triangles`, and what about it will look wrong.

    A GLB that is light enough stays as it is, with its textures; its nodes keep their names either way.

    Raises:
        PlantInvalid, ConfigInvalid: As `read_mesh`.
    """
    scene = _parse(content, file, limits)
    low, high = (tuple(float(v) for v in corner) for corner in scene.bounds)
    problems = _problems(low, high)
    light = drawn_triangles(scene) <= limits.triangles
    if light and file.suffix.lower() == ".glb":
        return content, problems
    if not light:
        problems.append(f"simplified from {drawn_triangles(scene)} triangles to {limits.triangles}")
    return export_glb(simplified(scene, limits.triangles)), problems


def _content(file: Path, limits: MeshLimits) -> bytes:
    if file.suffix.lower() not in MESH_TYPES:
        raise PlantInvalid(str(file), expected="a file .glb, .stl or .obj", got=file.suffix or file.name)
    try:
        size = file.stat().st_size
        if size > limits.size:
            raise PlantInvalid(str(file), expected=f"at most {limits.size} bytes", got=size, hint="simplify the mesh")
        return file.read_bytes()
    except OSError as exc:
        raise PlantInvalid(str(file), expected="a readable mesh file", got=exc.strerror or str(exc)) from exc


def _parse(content: bytes, file: Path, limits: MeshLimits) -> "trimesh.Scene":
    _require("trimesh")
    import trimesh

    kind = file.suffix.lower()[1:]
    if kind == "glb" and (hidden := _hidden(content)):
        raise PlantInvalid(
            str(file),
            expected="an uncompressed GLB",
            got=", ".join(sorted(hidden)),
            hint=HINT_COMPRESSED,
        )
    try:
        # From memory: a mesh that names other files finds none. As it stands: trimesh's own tidying drops corners that
        # are no numbers, and the browser does not.
        with np.errstate(all="ignore"):
            scene = trimesh.load_scene(io.BytesIO(content), file_type=kind, process=False)
    except Exception as exc:
        # The readers stumble over foreign bytes with any error there is, index errors and missing packages among them.
        raise PlantInvalid(
            str(file), expected=f"a readable {kind.upper()}", got=f"{type(exc).__name__}: {exc}"
        ) from exc
    for name in [name for name, part in scene.geometry.items() if not isinstance(part, trimesh.Trimesh)]:
        scene.delete_geometry(name)
    if drawn_triangles(scene) == 0:
        raise PlantInvalid(str(file), expected="at least one triangle", got="none")
    if (vertices := _vertices(scene)) > limits.vertices:
        raise PlantInvalid(str(file), expected=f"at most {limits.vertices} vertices", got=vertices)
    if not all(np.isfinite(part.vertices).all() for part in scene.geometry.values()):
        raise PlantInvalid(str(file), expected="corners at finite places", got="NaN or infinity")
    return scene


def _colour(small: "trimesh.Trimesh", part: "trimesh.Trimesh") -> None:
    from trimesh.visual.color import ColorVisuals
    from trimesh.visual.texture import TextureVisuals

    visual = part.visual
    if isinstance(visual, TextureVisuals) and visual.material is not None:
        colour = visual.material.main_color
    elif isinstance(visual, ColorVisuals) and visual.kind is not None:
        colour = (visual.face_colors if visual.kind == "face" else visual.vertex_colors).mean(axis=0).astype(np.uint8)
    else:
        return
    small.visual = ColorVisuals(small, vertex_colors=np.tile(colour, (len(small.vertices), 1)))


def _hidden(content: bytes) -> set[str]:
    """Return the compression that a GLB needs; none where its head cannot be read, which its reader will say."""
    try:
        return needed_extensions(glb_head(content)) & COMPRESSED
    except ValueError:
        return set()


def _vertices(scene: "trimesh.Scene") -> int:
    return sum(len(part.vertices) for part in scene.geometry.values())


def _problems(low: tuple[float, ...], high: tuple[float, ...]) -> list[str]:
    found = []
    longest = max(b - a for a, b in zip(low, high, strict=True))
    if longest > LONGEST_M:
        found.append(f"{longest:.4g} m long: is it drawn in millimetres?")
    elif longest < SHORTEST_M:
        found.append(f"{longest:.2g} m long: is it drawn in another unit?")
    away = math.hypot(*(max(low[axis], -high[axis], 0.0) for axis in (0, 2)))
    if away > longest:
        found.append(f"it lies {away:.4g} m beside its origin, which is where the twin stands")
    if low[1] < -0.1 * longest:
        found.append(f"it reaches {-low[1]:.4g} m below its origin, which is on the floor")
    return found


def _require(module: str) -> None:
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise ConfigInvalid(f"meshes need the package {module}", hint="pip install 'plantverse[meshes]'")

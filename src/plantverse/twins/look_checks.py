"""What makes looks valid: shapes, meshes, rules that tie signals to the scene, the hall and the floor plan."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from plantverse.twins.checks import check_known, check_position, is_finite, is_pair, is_point
from plantverse.twins.look_specs import FloorPlan, Geometry, Hall, VisualRule
from plantverse.twins.problems import Problems, closest

MESH_FILES: Final = (".glb", ".stl", ".obj")
IMAGE_FILES: Final = (".png", ".jpg", ".jpeg")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_DRAWINGS = (".svg", ".pdf", ".dxf", ".dwg")


def check_geometry(geometry: Geometry, where: str, problems: Problems) -> None:
    """Check a twin's shape."""
    shapes = ("box", "cylinder", "sphere", "mesh")
    if geometry.shape not in shapes:
        problems.add(
            f"{where}: shape", expected=", ".join(shapes), got=geometry.shape, hint=closest(geometry.shape, shapes)
        )
    if not is_point(geometry.size) or min(geometry.size) <= 0:
        problems.add(f"{where}: size", expected="three lengths in m above 0", got=geometry.size)
    if geometry.color:
        _check_colour(geometry.color, f"{where}: color", problems)
    if geometry.shape == "mesh" and not geometry.mesh:
        problems.add(f"{where}: mesh", expected="a file, the shape is mesh", got=geometry.mesh)
    if geometry.mesh:
        check_file(geometry.mesh, MESH_FILES, f"{where}: mesh", problems)


def check_file(name: str, suffixes: Sequence[str], where: str, problems: Problems) -> None:
    """Check the path of a file that belongs to the plant: of a known kind, and not outside the plant's folder."""
    parts = name.replace("\\", "/").split("/")
    if not name.lower().endswith(tuple(suffixes)):
        problems.add(where, expected=f"a file {', '.join(suffixes)}", got=name)
    elif ".." in parts or not parts[0] or ":" in name:
        problems.add(where, expected="a file in the plant's folder", got=name)


def check_hall(hall: Hall, where: str, problems: Problems) -> None:
    """Check a hall as far as that needs no file."""
    check_file(hall.mesh, MESH_FILES, f"{where}: mesh", problems)
    check_position(hall.position, where, problems)
    _check_above_zero(hall.scale, f"{where}: scale", "metres per unit of the file, above 0", problems)
    if not is_finite(hall.yaw_deg):
        problems.add(f"{where}: yaw_deg", expected="a finite number", got=hall.yaw_deg)
    for pattern, twin in hall.bind.items():
        names = ["name", *(str(i + 1) for i in range(pattern.count("*")))]
        for name in re.findall(r"\{([^}]*)\}", twin):
            if name not in names:
                expected = ", ".join(f"{{{n}}}" for n in names)
                problems.add(f"{where}: bind.{pattern}", expected=expected, got=f"{{{name}}}")


def check_floor(floor: FloorPlan, where: str, problems: Problems) -> None:
    """Check a floor plan as far as that needs no file."""
    if floor.image.lower().endswith(_DRAWINGS):
        expected = f"a file {', '.join(IMAGE_FILES)}"
        problems.add(f"{where}: image", expected=expected, got=floor.image, hint="export it as PNG")
    else:
        check_file(floor.image, IMAGE_FILES, f"{where}: image", problems)
    _check_above_zero(floor.metres_per_pixel, f"{where}: metres_per_pixel", "metres above 0", problems)
    if not is_pair(floor.offset):
        problems.add(f"{where}: offset", expected="two finite numbers in m", got=floor.offset)
    if not (is_finite(floor.opacity) and 0 < floor.opacity <= 1):
        problems.add(f"{where}: opacity", expected="above 0, at most 1", got=floor.opacity)


def check_visual(
    rule: VisualRule, signals: Sequence[str], relations: Sequence[str], where: str, problems: Problems
) -> None:
    """Check a rule that ties signals to the scene."""
    check_known(rule.signal, signals, where, problems, what="a signal of the type")
    if rule.amount:
        check_known(rule.amount, signals, f"{where}: amount", problems, what="a signal of the type")
    if rule.kind == "flow":
        check_known(rule.relation, relations, f"{where}: relation", problems, what="a relation of the type")
    if rule.joint and rule.kind not in {"spin", "move", "turn"}:
        problems.add(f"{where}: joint", expected="none, only spin, move and turn have one", got=rule.joint)
    if rule.axis not in {"x", "y", "z"}:
        problems.add(f"{where}: axis", expected="x, y or z", got=rule.axis)
    _check_numbers(rule, where, problems)
    _check_colours(rule, where, problems)
    _check_points(rule, where, problems)


def _check_numbers(rule: VisualRule, where: str, problems: Problems) -> None:
    numbers = (rule.low, rule.high, rule.scale, rule.offset)
    if not all(is_finite(v) for v in numbers):
        problems.add(where, expected="finite numbers", got=numbers)
    elif rule.kind in {"level", "carry"} and not rule.low < rule.high:
        problems.add(f"{where}: low", expected="low < high", got=(rule.low, rule.high))
    _check_above_zero(rule.width, f"{where}: width", "metres above 0", problems)


def _check_colours(rule: VisualRule, where: str, problems: Problems) -> None:
    values = [v for v, _ in rule.stops]
    if rule.kind == "color" and (len(values) < 2 or any(not a < b for a, b in pairwise(values))):
        problems.add(f"{where}: stops", expected="two or more stops with ascending values", got=rule.stops)
    for _, colour in rule.stops:
        _check_colour(colour, f"{where}: stops", problems)
    if rule.color:
        _check_colour(rule.color, f"{where}: color", problems)


def _check_points(rule: VisualRule, where: str, problems: Problems) -> None:
    if not all(is_point(p) for p in rule.points):
        problems.add(f"{where}: points", expected="points of three finite numbers in m", got=rule.points)
    elif rule.kind == "path" and len(set(rule.points)) < 2:
        problems.add(f"{where}: points", expected="two or more different points", got=rule.points)


def _check_colour(colour: str, where: str, problems: Problems) -> None:
    if not _COLOUR.match(colour):
        problems.add(where, expected="#rrggbb", got=colour)


def _check_above_zero(value: float, where: str, expected: str, problems: Problems) -> None:
    if not (is_finite(value) and value > 0):
        problems.add(where, expected=expected, got=value)

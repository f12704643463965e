"""What stands around the twins: the hall and the floor plan, as the viewer asks for them."""

from collections.abc import Iterable
from typing import Any

from plantverse.platform.geometry import GEOMETRY_PATH, GeometryShelf
from plantverse.twins.hall_binding import bound_nodes
from plantverse.twins.look_specs import FloorPlan, Hall
from plantverse.twins.specs import PlantSpec

SHOWN = 6
"""So many problems of a hall are named; the rest is a number."""


def surroundings(plant: PlantSpec, shelf: GeometryShelf, twins: Iterable[str]) -> dict[str, Any]:
    """Return hall and floor plan, each None where there is none or none yet, and what is wrong with them."""
    problems: list[str] = []
    hall = None if plant.hall is None else _hall(plant.hall, shelf, twins, problems)
    floor = None if plant.floor is None else _floor(plant.floor, shelf, problems)
    return {"hall": hall, "floor": floor, "problems": problems}


def files_of(plant: PlantSpec, more: Iterable[str] = ()) -> list[str]:
    """Return the meshes and drawings that a plant names.

    Args:
        plant: As it was loaded.
        more: Meshes of twins that the file does not name.
    """
    names = [twin.looks().mesh for twin in plant.twins]
    names += [kind.geometry.mesh for kind in plant.types]
    names += [part for part in (plant.hall and plant.hall.mesh, plant.floor and plant.floor.image) if part]
    return [name for name in dict.fromkeys((*names, *more)) if name]


def _hall(hall: Hall, shelf: GeometryShelf, twins: Iterable[str], problems: list[str]) -> dict[str, Any] | None:
    made = shelf.prepared(hall.mesh)
    if made is None:
        return None
    if made.problem:
        problems.append(f"hall {hall.mesh}: {made.problem}")
    if not made.file:
        return None
    bound, wrong = bound_nodes(hall.bind, made.nodes, twins)
    problems += [f"hall {hall.mesh}: {problem}" for problem in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        problems.append(f"hall {hall.mesh}: and {len(wrong) - SHOWN} more")
    return {
        "url": GEOMETRY_PATH + made.file,
        "position": hall.position,
        "yaw_deg": hall.yaw_deg,
        "scale": hall.scale,
        "nodes": bound,
    }


def _floor(floor: FloorPlan, shelf: GeometryShelf, problems: list[str]) -> dict[str, Any] | None:
    made = shelf.prepared(floor.image)
    if made is None:
        return None
    if made.problem or made.size is None:
        problems.append(f"floor plan {floor.image}: {made.problem}")
        return None
    return {
        "url": GEOMETRY_PATH + made.file,
        "width": made.size[0] * floor.metres_per_pixel,
        "depth": made.size[1] * floor.metres_per_pixel,
        "offset": floor.offset,
        "opacity": floor.opacity,
    }

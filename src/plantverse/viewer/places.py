"""Where twins stand: at their placement, the others in rows behind it, one row for each area."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantverse.twins.sync.messages import TwinInfo

GAP_M, AISLE_M = 1.2, 4.0
"""Free floor between neighbours, and between rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the middle of a twin's footprint stands, metres, y up; degrees about the up axis."""

    x: float
    y: float
    z: float
    yaw_deg: float = 0.0


def places(twins: Sequence[TwinInfo]) -> dict[str, Place]:
    """Return where each twin stands, by id; the same twins in the same order stand the same each time."""
    found = {
        twin.id: Place(x=twin.position[0], y=twin.position[1], z=twin.position[2], yaw_deg=twin.yaw_deg)
        for twin in twins
        if twin.position is not None
    }
    rows: dict[str, list[TwinInfo]] = {}
    for twin in twins:
        if twin.position is None:
            rows.setdefault(twin.area or twin.id.rpartition("/")[0], []).append(twin)
    left, front = _free_corner(twins)
    for row in rows.values():
        depth = max(twin.geometry.size[2] for twin in row)
        x = left
        for twin in row:
            width = twin.geometry.size[0]
            found[twin.id] = Place(x=x + width / 2, y=0.0, z=front + depth / 2)
            x += width + GAP_M
        front += depth + AISLE_M
    return found


def _free_corner(twins: Sequence[TwinInfo]) -> tuple[float, float]:
    """Return x of the left-most placed twin and z before the front-most, with an aisle between; 0, 0 without any."""
    placed = [(twin.position, max(twin.geometry.size[0], twin.geometry.size[2]) / 2) for twin in twins if twin.position]
    if not placed:
        return 0.0, 0.0
    return min(p[0] - r for p, r in placed), max(p[2] + r for p, r in placed) + AISLE_M

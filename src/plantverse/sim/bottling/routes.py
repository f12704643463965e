"""The route network of the vehicles: a one-way ring with stubs at stations, and who may enter which node.

Right of way is by reservation of nodes (zone control, Le-Anh and de Koster, A review of design and control of
automated guided vehicle systems, EJOR 171, 2006): a node belongs to one vehicle, who is on the ring goes first, and a
stub is only sent to when it is free. A ring of one direction whose nodes outnumber the vehicles cannot deadlock.
"""

from typing import Final

DEPALLETISER: Final = "depalletiser"
PALLET: Final = "pallet"
SUPPLIES: Final = "supplies"
DOCKS: Final = ("dock-1", "dock-2", "dock-3")
HOMES: Final = ("home-1", "home-2", "home-3", "home-4")

_TOP_Z, _BOTTOM_Z, _STUB_Z = 5.2, 8.0, 10.0
_TOP_X = (-17.4, -13.4, -9.4, -5.4, -1.9, 1.3, 4.9, 8.5, 11.6, 14.6)
_BOTTOM_X = (14.6, 12.0, 9.0, 4.5, 0.0, -4.5, -9.0, -12.5, -17.4)

RING: Final = tuple(f"t{i}" for i in range(len(_TOP_X))) + tuple(f"b{i}" for i in range(len(_BOTTOM_X)))
NODES: Final[dict[str, tuple[float, float]]] = {
    **{f"t{i}": (x, _TOP_Z) for i, x in enumerate(_TOP_X)},
    **{f"b{i}": (x, _BOTTOM_Z) for i, x in enumerate(_BOTTOM_X)},
    DEPALLETISER: (-17.4, 3.0),
    PALLET: (14.6, 3.3),
    SUPPLIES: (1.3, 3.0),
    DOCKS[0]: (4.5, _STUB_Z),
    DOCKS[1]: (0.0, _STUB_Z),
    DOCKS[2]: (-4.5, _STUB_Z),
    HOMES[0]: (-12.5, _STUB_Z),
    HOMES[1]: (-9.0, _STUB_Z),
    HOMES[2]: (9.0, _STUB_Z),
    HOMES[3]: (12.0, _STUB_Z),
}
"""x and z in metres."""

GATES: Final = {
    DEPALLETISER: "t0",
    PALLET: "t9",
    SUPPLIES: "t5",
    DOCKS[0]: "b3",
    DOCKS[1]: "b4",
    DOCKS[2]: "b5",
    HOMES[0]: "b7",
    HOMES[1]: "b6",
    HOMES[2]: "b2",
    HOMES[3]: "b1",
}
"""Node of the ring at which a stub begins."""


def path(start: str, goal: str) -> list[str]:
    """Return the nodes from a node to another, the first left out.

    Example:
        >>> path("dock-2", "dock-3")
        ['b4', 'b5', 'dock-3']
    """
    if start == goal:
        return []
    nodes = []
    at = RING.index(GATES.get(start, start))
    if start in GATES:
        nodes.append(RING[at])
    end = RING.index(GATES.get(goal, goal))
    while at != end:
        at = (at + 1) % len(RING)
        nodes.append(RING[at])
    if goal in GATES:
        nodes.append(goal)
    return nodes


class Reservations:
    """Which vehicle has which node."""

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}

    def take(self, node: str, vehicle: str) -> bool:
        """Reserve a node; False while another has it."""
        return self._owner.setdefault(node, vehicle) == vehicle

    def give(self, node: str, vehicle: str) -> None:
        """Give a node back."""
        if self._owner.get(node) == vehicle:
            del self._owner[node]

    def owner(self, node: str) -> str | None:
        """Return who has a node."""
        return self._owner.get(node)

    def of(self, vehicle: str) -> set[str]:
        """Return what a vehicle has."""
        return {node for node, owner in self._owner.items() if owner == vehicle}

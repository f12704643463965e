"""Which twins move together: a group is one branch of the plant, joined with those that read the same topics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.edge.messages import EdgeTwin
from plantverse.twins.identity import MAX_ID_LENGTH
from plantverse.twins.registry import Registry, TwinEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinGroup:
    """Twins whose messages are decoded in one place.

    Attributes:
        name: Path of the branch, `line`; of joined branches the first in the alphabet; a twin without one has its own.
        twins: Their ids, sorted.
        topics: What they read; nobody else does.
    """

    name: str
    twins: tuple[str, ...]
    topics: frozenset[str]


def groups_of(topics: Mapping[str, Iterable[str]], *, stay: Iterable[str] = ()) -> dict[str, TwinGroup]:
    """Return the groups by name.

    Args:
        topics: Topics that feed the signals and properties of each twin.
        stay: Topics that the server reads for itself; a twin fed by one of them is in no group, it stays there.

    Example:
        >>> groups_of({"line/a": ["t/a"], "line/b": ["t/b"], "lone": ["t/c"]})["line"].twins
        ('line/a', 'line/b')
    """
    kept = frozenset(stay)
    wanted = {twin: found for twin, names in topics.items() if (found := frozenset(names)) and not found & kept}
    parent: dict[str, str] = {}

    def root(branch: str) -> str:
        while parent.setdefault(branch, branch) != branch:
            branch = parent[branch]
        return branch

    readers: dict[str, str] = {}
    for twin, names in wanted.items():
        branch = branch_of(twin)
        root(branch)
        for topic in names:
            first = readers.setdefault(topic, branch)
            one, other = sorted((root(first), root(branch)))
            parent[other] = one
    members: dict[str, list[str]] = {}
    for twin in sorted(wanted):
        members.setdefault(root(branch_of(twin)), []).append(twin)
    return {
        name: TwinGroup(name=name, twins=tuple(twins), topics=frozenset().union(*(wanted[t] for t in twins)))
        for name, twins in members.items()
    }


def branch_of(twin: str) -> str:
    """Return the branch of a twin id, at most `MAX_ID_LENGTH` long."""
    return (twin.rpartition("/")[0] or twin)[:MAX_ID_LENGTH]


def masks_of(group: TwinGroup, registry: Registry) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (what a node may send for the group, what of that formulas compute), bool by slot.

    Scores of detectors are in neither: they come from where the detectors run.
    """
    own = np.zeros(registry.slot_count, np.bool_)
    derived = np.zeros(registry.slot_count, np.bool_)
    for twin in group.twins:
        entry = registry.get(twin)
        formulas = {spec.signal.path for spec in entry.spec.type.derived}
        for path, slot in entry.slots.items():
            derived[slot] = path in formulas
            own[slot] = derived[slot] or not registry.specs[slot].derived
    return own, derived


def wire_twin(entry: TwinEntry) -> EdgeTwin:
    """Return what a node has to know of a twin."""
    spec = entry.spec
    return EdgeTwin(
        id=spec.id,
        kind=spec.type.name,
        topic=spec.topic,
        bindings=spec.bindings,
        signals=spec.signals(),
        properties=spec.type.properties,
        slots=dict(entry.slots),
        formulas=tuple(derived.signal.path for derived in spec.type.derived),
        synthetic=spec.synthetic,
    )

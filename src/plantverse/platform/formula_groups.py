"""Formulas over all twins of a type at once, and which of them read a signal."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.twins.formulas import Columns
from plantverse.twins.probe import quiet
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.specs import DerivedSpec, RuleSpec, TwinType

Slots = NDArray[np.int32]
Rows = NDArray[np.intp]


@dataclass(slots=True, kw_only=True)
class Group:
    """One formula and the twins that it runs for.

    Attributes:
        key: What makes it the same formula after a reload.
        title: Type and name, for messages.
        inputs: Paths, one per column of `slots`.
        twins: One per row of `slots`.
        slots: int32, shape (twins, inputs).
    """

    key: Hashable
    title: str
    spec: DerivedSpec | RuleSpec
    inputs: tuple[str, ...]
    formula: Callable[[Any], Any]
    twins: list[TwinEntry]
    slots: Slots

    def __call__(self, values: NDArray[np.float64]) -> NDArray[Any]:
        """Return the formula's result for some moments, one element each.

        Args:
            values: float64, shape (moments, inputs).

        Raises:
            ValueError: The result has another length.
            Exception: Whatever the formula raises.
        """
        columns = Columns({path: values[:, i].copy() for i, path in enumerate(self.inputs)})
        with quiet():
            result = np.asarray(self.formula(columns))
        if result.shape not in {(), (len(values),)}:
            raise ValueError(f"the result has the shape {result.shape} for {len(values)} moments")
        return np.broadcast_to(result, len(values))


def groups_of(
    registry: Registry, specs: Callable[[TwinType], Iterable[tuple[str, DerivedSpec | RuleSpec]]]
) -> list[Group]:
    """Return a group for each formula in use, in the order in which `specs` gives a type's names and formulas."""
    members: dict[Hashable, tuple[str, DerivedSpec | RuleSpec, list[TwinEntry]]] = {}
    for entry in registry:
        kind = entry.spec.type
        for name, spec in specs(kind):
            formula = spec.compute if isinstance(spec, DerivedSpec) else spec.condition
            key = (kind.name, name, spec.inputs, formula)
            if all(path in entry.slots for path in spec.inputs):
                members.setdefault(key, (f"{kind.name}.{name}", spec, []))[2].append(entry)
    return [
        Group(
            key=key,
            title=title,
            spec=spec,
            inputs=spec.inputs,
            formula=spec.compute if isinstance(spec, DerivedSpec) else spec.condition,
            twins=twins,
            slots=slots_of(twins, spec.inputs),
        )
        for key, (title, spec, twins) in members.items()
    ]


def slots_of(twins: list[TwinEntry], paths: tuple[str, ...]) -> Slots:
    """Return int32, shape (twins, paths)."""
    return np.array([[t.slots[p] for p in paths] for t in twins], np.int32).reshape(len(twins), len(paths))


@dataclass(frozen=True, slots=True)
class Reads:
    """Where events are read: arrays of equal length, one element per reading.

    Attributes:
        event: Index of the event.
        row: Row of the group, that is, which twin.
        column: Which input.
    """

    event: Rows
    row: Rows
    column: Rows

    def and_also(self, other: "Reads") -> "Reads":
        """Return both."""
        return Reads(
            np.concatenate([self.event, other.event]),
            np.concatenate([self.row, other.row]),
            np.concatenate([self.column, other.column]),
        )


class Uses:
    """Which groups read a signal, in which row and as which input."""

    def __init__(self, groups: list[Group], slot_count: int) -> None:
        none = np.zeros(0, np.intp)
        slots = np.concatenate([none, *(g.slots.ravel() for g in groups)])
        order = np.argsort(slots, kind="stable")
        self._group = np.repeat(np.arange(len(groups)), [g.slots.size for g in groups])[order]
        self._row = np.concatenate([none, *(np.indices(g.slots.shape)[0].ravel() for g in groups)])[order]
        self._column = np.concatenate([none, *(np.indices(g.slots.shape)[1].ravel() for g in groups)])[order]
        self._count = np.bincount(slots, minlength=slot_count)
        self._start = np.cumsum(self._count) - self._count

    def of(self, slots: Slots, first: int = 0) -> dict[int, Reads]:
        """Return, per group, what it reads of events on these signals; their indices start at `first`."""
        count = self._count[slots]
        event = np.repeat(np.arange(len(slots)), count)
        ends = np.cumsum(count)
        at = (self._start[slots] - ends + count)[event] + np.arange(len(event))
        groups = self._group[at]
        out = {}
        for group in np.unique(groups).tolist():
            mine = groups == group
            out[group] = Reads(event[mine] + first, self._row[at[mine]], self._column[at[mine]])
        return out

    @property
    def used(self) -> NDArray[np.bool_]:
        """Bool per slot: whether any group reads it."""
        return np.asarray(self._count > 0)

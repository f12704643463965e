"""Formulas over all twins of a type at once: which rows a batch touches, and the inputs of every moment in it.

A batch may hold several samples of one signal. It is cut into rounds in which each signal of a twin has at most one,
in order of observation, so that a formula sees every moment and not only the last.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.twins.formulas import Columns
from plantverse.twins.probe import quiet
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import DerivedSpec, RuleSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

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
        """Return the formula's result for some twins, one element each.

        Args:
            values: float64, shape (n, inputs).

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


class Uses:
    """Which groups read a signal, and in which of their rows."""

    def __init__(self, groups: list[Group], slot_count: int) -> None:
        slots = np.concatenate([np.zeros(0, np.int32), *(g.slots.ravel() for g in groups)])
        number = np.repeat(np.arange(len(groups)), [g.slots.size for g in groups])
        rows = [np.repeat(np.arange(len(g.slots)), g.slots.shape[1]) for g in groups]
        order = np.argsort(slots, kind="stable")
        self._group = number[order]
        self._row = np.concatenate([np.zeros(0, np.intp), *rows])[order]
        self._count = np.bincount(slots, minlength=slot_count)
        self._start = np.cumsum(self._count) - self._count

    def of(self, slots: Slots) -> dict[int, Rows]:
        """Return the rows of each group that read any of these signals."""
        count = self._count[slots]
        ends = np.cumsum(count)
        at = np.repeat(self._start[slots] - (ends - count), count) + np.arange(count.sum())
        groups, rows = self._group[at], self._row[at]
        return {int(g): np.unique(rows[groups == g]) for g in np.unique(groups)}

    @property
    def used(self) -> NDArray[np.bool_]:
        """Bool per slot: whether any group reads it."""
        return np.asarray(self._count > 0)


class Moments:
    """Values of signals as they were at each moment of a batch; between batches, as they were at the end of the last.

    Signals that are not in the batch have the telemetry plane's newest values.
    """

    def __init__(self, registry: Registry, telemetry: TelemetryPlane) -> None:
        self._registry = registry
        self._telemetry = telemetry
        size = len(telemetry.value)
        self._value, self._quality = telemetry.value.copy(), telemetry.quality.copy()
        self._observed, self._received = telemetry.observed_ns.copy(), telemetry.received_ns.copy()
        self.present: NDArray[np.bool_] = np.zeros(size, np.bool_)
        """Bool per slot: whether the batch has it."""
        self._touched: list[Slots] = []

    def rounds(self, batch: SampleBatch) -> Iterator[Slots]:
        """Move through a batch: with each round that comes, `read` gives the values of that moment."""
        if len(batch) > 1 and (np.diff(batch.observed_ns) < 0).any():
            batch = batch.take(np.argsort(batch.observed_ns, kind="stable"))
        self._touch(batch.slot)
        try:
            for rows in self._cut(batch.slot):
                part = batch if rows is None else batch.take(rows)
                self.put(part.slot, part.value, part.quality, part.observed_ns, part.received_ns)
                yield part.slot
        finally:
            for slots in self._touched:
                self.present[slots] = False
            self._touched.clear()

    def read(self, slots: Slots) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
        """Return (value, quality, observed_ns, received_ns) of signals, in the shape of `slots`."""
        own, plane = self.present[slots], self._telemetry
        return (
            np.where(own, self._value[slots], plane.value[slots]),
            np.where(own, self._quality[slots], plane.quality[slots]),
            np.where(own, self._observed[slots], plane.observed_ns[slots]),
            np.where(own, self._received[slots], plane.received_ns[slots]),
        )

    def put(
        self,
        slots: Slots,
        value: NDArray[np.float64],
        quality: NDArray[np.uint8],
        observed_ns: NDArray[np.int64],
        received_ns: NDArray[np.int64],
    ) -> None:
        """Set what signals are from this moment on."""
        self._value[slots], self._quality[slots] = value, quality
        self._observed[slots], self._received[slots] = observed_ns, received_ns
        self._touch(slots)

    def _touch(self, slots: Slots) -> None:
        self.present[slots] = True
        self._touched.append(slots)

    def _cut(self, slots: Slots) -> Iterator[Rows | None]:
        """Yield the rows of each round; None where one round has them all."""
        if len(np.unique(slots)) == len(slots):
            yield None
            return
        current: dict[int, int] = {}
        last: dict[int, int] = {}
        number: list[int] = []
        for slot, twin in zip(slots.tolist(), self._registry.twin_index[slots].tolist(), strict=True):
            at = current.get(twin, 0)
            if last.get(slot) == at:
                at += 1
            current[twin] = last[slot] = at
            number.append(at)
        numbers = np.array(number)
        for at in range(max(number) + 1):
            yield np.flatnonzero(numbers == at)

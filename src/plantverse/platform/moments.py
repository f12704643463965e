"""The moments in a batch: what the inputs of formulas were at each of them.

A batch may hold several samples of one signal. It is cut into moments in which each signal of a twin has at most one,
in order of observation, so that a formula sees them all and not only the last. All moments of all twins become the
rows of one table, so that a formula is called once.
"""

from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.formula_groups import Reads, Rows, Slots
from plantverse.twins.registry import Registry
from plantverse.twins.samples import F64, I64, U8, SampleBatch
from plantverse.twins.telemetry import TelemetryPlane

_T = TypeVar("_T", bound=np.generic)


@dataclass(slots=True)
class Events:
    """Changes of signals, in order of moments; columns of equal length, `slot` and `moment` (of its twin) included."""

    slot: Slots
    moment: Rows
    value: F64
    quality: U8
    observed_ns: I64
    received_ns: I64

    def __len__(self) -> int:
        return len(self.slot)

    def after(self, start: int) -> Self:
        """Return the events from an index on."""
        return type(self)(*(getattr(self, f.name)[start:] for f in fields(self)))

    def joined(self, other: Self) -> Self:
        """Return these events and then the others."""
        return type(self)(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


@dataclass(slots=True)
class Table:
    """Inputs of one group at every moment at which one of them changed, by twin and then by time.

    Attributes:
        row: Which twin of the group, shape (n,).
        moment: Shape (n,).
        slots: Shape (n, inputs).
        event: Index of the event that each input comes from, -1 for one that has none yet; shape (n, inputs).
        value, quality: Shape (n, inputs).
    """

    row: Rows
    moment: Rows
    slots: Slots
    event: Rows
    value: F64
    quality: U8


class Moments:
    """Walks through batches, one after the other.

    Signals that are in the batch have the values of each moment, and before their first one what they had at the end
    of the last batch. All others have the telemetry plane's newest.

    Attributes:
        events: What is known of the batch; `add` puts more to it.
        present: Bool per slot, whether the batch has it.
    """

    events: Events

    def __init__(self, registry: Registry, telemetry: TelemetryPlane) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._value, self._quality = telemetry.value.copy(), telemetry.quality.copy()
        self._observed, self._received = telemetry.observed_ns.copy(), telemetry.received_ns.copy()
        self.present: NDArray[np.bool_] = np.zeros(len(telemetry.value), np.bool_)

    def begin(self, batch: SampleBatch) -> None:
        """Take a batch."""
        if len(batch) > 1 and (np.diff(batch.observed_ns) < 0).any():
            batch = batch.take(np.argsort(batch.observed_ns, kind="stable"))
        moment = self._numbers(batch.slot)
        self.events = Events(batch.slot, moment, batch.value, batch.quality, batch.observed_ns, batch.received_ns)
        self.present[batch.slot] = True

    def add(self, events: Events) -> None:
        """Take what follows from the batch, in order of moments for each signal."""
        self.events = self.events.joined(events)
        self.present[events.slot] = True

    def end(self) -> None:
        """Remember where each signal stands: of repeated indices numpy stores the last."""
        e = self.events
        self._value[e.slot], self._quality[e.slot] = e.value, e.quality
        self._observed[e.slot], self._received[e.slot] = e.observed_ns, e.received_ns
        self.present[e.slot] = False

    def before(self, slots: Slots) -> F64:
        """Return values of signals before their first event in the batch."""
        return np.where(self.present[slots], self._value[slots], self._telemetry.value[slots])

    def table(self, slots: Slots, reads: Reads) -> Table:
        """Return a group's inputs at every moment of the batch.

        Args:
            slots: int32, shape (twins, inputs).
            reads: The group's, of `events`.
        """
        e = self.events
        span = int(e.moment.max()) + 1
        keys, at = np.unique(reads.row * span + e.moment[reads.event], return_inverse=True)
        row, moment = keys // span, keys % span
        event = np.full((len(row), slots.shape[1]), -1, np.intp)
        event[at, reads.column] = reads.event
        if span > 1:
            event = np.take_along_axis(event, newest((event >= 0) | starts(row)[:, None]), axis=0)
        slots = slots[row]
        value = self._at(slots, event, e.value, self._value, self._telemetry.value)
        quality = self._at(slots, event, e.quality, self._quality, self._telemetry.quality)
        return Table(row, moment, slots, event, value, quality)

    def times(self, table: Table) -> tuple[I64, I64]:
        """Return (observed_ns, received_ns) of the inputs of a table, each of shape (n, inputs)."""
        e, plane = self.events, self._telemetry
        return (
            self._at(table.slots, table.event, e.observed_ns, self._observed, plane.observed_ns),
            self._at(table.slots, table.event, e.received_ns, self._received, plane.received_ns),
        )

    def _at(self, slots: Slots, event: Rows, events: NDArray[_T], last: NDArray[_T], plane: NDArray[_T]) -> NDArray[_T]:
        """Return what inputs were: from their event, else the end of the last batch, else the plane."""
        out = plane[slots]
        earlier = (event < 0) & self.present[slots]
        if earlier.any():
            out[earlier] = last[slots[earlier]]
        changed = event >= 0
        out[changed] = events[event[changed]]
        return out

    def _numbers(self, slots: Slots) -> Rows:
        """Return the moment of each row, counted per twin: a signal that comes again begins the next."""
        if len(np.unique(slots)) == len(slots):
            return np.zeros(len(slots), np.intp)
        current: dict[int, int] = {}
        last: dict[int, int] = {}
        out: list[int] = []
        for slot, twin in zip(slots.tolist(), self._registry.twin_index[slots].tolist(), strict=True):
            number = current.get(twin, 0)
            if last.get(slot) == number:
                number += 1
            current[twin] = last[slot] = number
            out.append(number)
        return np.array(out, np.intp)


def newest(known: NDArray[np.bool_]) -> Rows:
    """Return, for each row of each column, the index of the newest row up to it that is known; 0 before the first."""
    rows = np.arange(len(known)).reshape(-1, *([1] * (known.ndim - 1)))
    return np.maximum.accumulate(np.where(known, rows, 0), axis=0)


def starts(row: Rows) -> NDArray[np.bool_]:
    """Return where a sorted column of rows begins a new one."""
    out = np.ones(len(row), np.bool_)
    out[1:] = row[1:] != row[:-1]
    return out

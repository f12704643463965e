"""The moments in a batch: what the inputs of formulas were at each of them.

A batch may hold several samples of one signal. It is cut into moments in which each signal of a twin has at most one,
in order of observation, so that a formula sees them all and not only the last. All moments of all twins become the
rows of one table, so that a formula is called once.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.formula_groups import Reads, Rows, Slots
from plantverse.twins.registry import Registry
from plantverse.twins.samples import F64, I64, U8, SampleBatch
from plantverse.twins.telemetry import TelemetryPlane


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
        first: Whether it is the twin's first moment in the batch, shape (n,).
        value, quality, observed_ns, received_ns: Shape (n, inputs).
    """

    row: Rows
    moment: Rows
    first: NDArray[np.bool_]
    value: F64
    quality: U8
    observed_ns: I64
    received_ns: I64


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

    def before(self, slots: Slots) -> tuple[F64, U8, I64, I64]:
        """Return (value, quality, observed_ns, received_ns) of signals before their first event in the batch."""
        own, plane = self.present[slots], self._telemetry
        return (
            np.where(own, self._value[slots], plane.value[slots]),
            np.where(own, self._quality[slots], plane.quality[slots]),
            np.where(own, self._observed[slots], plane.observed_ns[slots]),
            np.where(own, self._received[slots], plane.received_ns[slots]),
        )

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
        first = np.ones(len(row), np.bool_)
        first[1:] = row[1:] != row[:-1]
        event = np.full((len(row), slots.shape[1]), -1, np.intp)
        event[at, reads.column] = reads.event
        event = np.take_along_axis(event, newest((event >= 0) | first[:, None]), axis=0)
        value, quality, observed, received = self.before(slots[row])
        changed = event >= 0
        return Table(
            row,
            moment,
            first,
            np.where(changed, e.value[event], value),
            np.where(changed, e.quality[event], quality),
            np.where(changed, e.observed_ns[event], observed),
            np.where(changed, e.received_ns[event], received),
        )

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

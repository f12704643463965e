"""Derived signals: computed for all twins of a type that a batch touches, for every moment in the batch."""

import logging
from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.platform.formula_faults import FormulaFaults
from plantverse.platform.formula_groups import Group, Reads, Uses, groups_of, slots_of
from plantverse.platform.moments import Events, Moments, newest, starts
from plantverse.twins import quality as q
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import DerivedSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

_log = logging.getLogger(__name__)
_ODD = np.uint8(Flag.VALUELESS | Flag.RETAINED)


class DerivedEngine:
    """Computes what the plant derives.

    A derived value has the worst quality of its inputs and the newest of their times. While an input has no value yet
    there is none; a result that is no finite number changes the quality alone.
    """

    def __init__(self, registry: Registry, telemetry: TelemetryPlane, events: EventLog, clock: Clock) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._events = events
        self._clock = clock
        self._faults = FormulaFaults("derived signal", self._tell)
        self.rebuild()

    def rebuild(self) -> None:
        """Take over a changed plant; a formula that failed stays off, where it did, until its text changes."""
        self._telemetry.ensure()
        self._groups = groups_of(self._registry, in_order)
        self._faults.rebuild(self._groups)
        self._outputs = [slots_of(g.twins, (_spec(g).signal.path,))[:, 0] for g in self._groups]
        self._uses = Uses(self._groups, len(self._telemetry.value))
        self._used = self._uses.used
        self._moments = Moments(self._registry, self._telemetry)

    def process(self, batch: SampleBatch) -> SampleBatch | None:
        """Return what follows from a committed batch, in order of time; None where nothing does."""
        if not self._used[batch.slot].any():
            return None
        taken = self._taken(batch)
        if not len(taken):
            return None
        moments = self._moments
        moments.begin(taken)
        measured = len(moments.events)
        waiting = self._uses.of(moments.events.slot)
        numbers: list[NDArray[np.bool_]] = []
        while waiting:
            group = min(waiting)
            made = self._compute(group, waiting.pop(group))
            if made is None:
                continue
            events, finite = made
            numbers.append(finite)
            for later, reads in self._uses.of(events.slot, len(moments.events)).items():
                waiting[later] = waiting[later].and_also(reads) if later in waiting else reads
            moments.add(events)
        moments.end()
        return _batch(moments.events.after(measured), np.concatenate(numbers)) if numbers else None

    def _taken(self, batch: SampleBatch) -> SampleBatch:
        """Return the rows that change an input, as the plane took them; late ones are history only."""
        batch = batch.take(self._used[batch.slot] & ((batch.flags & Flag.LATE) == 0))
        odd = (batch.flags & _ODD) != 0
        if not odd.any():
            return batch
        plane, slots = self._telemetry, batch.slot
        current = np.zeros(len(batch), np.bool_) if batch.revision is None else plane.revision[slots] == batch.revision
        batch.value = np.where(odd, plane.value[slots], batch.value)
        batch.observed_ns = np.where(odd, plane.observed_ns[slots], batch.observed_ns)
        return batch.take(~odd | current)

    def _compute(self, number: int, reads: Reads) -> tuple[Events, NDArray[np.bool_]] | None:
        """Return what one formula makes of the batch, and where that is a finite number: elsewhere a value is held."""
        group = self._groups[number]
        table = self._moments.table(group.slots, reads)
        known = np.asarray(~np.isnan(table.value).any(axis=1))
        known, result = self._faults.run(group, table, known, np.float64)
        if not len(result):
            return None
        row = table.row[known]
        slots = self._outputs[number][row]
        finite = np.isfinite(result)
        quality = table.quality[known].max(axis=1)
        outside = finite & ((result < self._registry.low[slots]) | (result > self._registry.high[slots]))
        quality = np.where(outside, np.maximum(quality, q.OUT_OF_RANGE), quality)
        quality = np.where(finite, quality, np.maximum(quality, q.NOT_A_NUMBER)).astype(np.uint8)
        if not finite.all():
            held = np.where(finite, result, self._moments.before(slots))
            result = held[newest(finite | starts(row))]
        observed, received = (times[known].max(axis=1) for times in self._moments.times(table))
        return Events(slots, table.moment[known], result, quality, observed, received), finite

    def _tell(self, twin: str, message: str, why: Exception) -> None:
        _log.error(message, exc_info=why)
        self._events.append("system", twin, self._clock.time_ns(), {"level": "error", "message": message})


def in_order(kind: TwinType) -> Iterator[tuple[str, DerivedSpec]]:
    """Yield a type's derived signals, each after those that it reads."""
    waiting = {spec.signal.path: spec for spec in kind.derived}
    while waiting:
        ready = [path for path, spec in waiting.items() if not any(i in waiting for i in spec.inputs)]
        if not ready:
            raise AssertionError(f"derived signals of {kind.name} go in a circle: {', '.join(waiting)}")
        for path in ready:
            yield path, waiting.pop(path)


def _spec(group: Group) -> DerivedSpec:
    return cast("DerivedSpec", group.spec)


def _batch(events: Events, finite: NDArray[np.bool_]) -> SampleBatch:
    """Return events as samples, moment by moment."""
    value = np.where(finite, events.value, np.nan)
    made = SampleBatch.of(events.slot, value, events.observed_ns, events.received_ns, quality=events.quality)
    made.flags[~finite] |= np.uint8(Flag.VALUELESS)
    return made.take(np.argsort(events.moment, kind="stable"))

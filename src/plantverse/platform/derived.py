"""Derived signals: computed for all twins of a type that a batch touches, for every moment in the batch."""

import logging
from collections.abc import Hashable, Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.platform.formula_groups import Group, Moments, Rows, Slots, Uses, groups_of, slots_of
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
        self._disabled: set[Hashable] = set()
        self.rebuild()

    def rebuild(self) -> None:
        """Take over a changed plant; a formula that failed stays off until its text changes."""
        self._telemetry.ensure()
        self._groups = groups_of(self._registry, in_order)
        self._disabled &= {group.key for group in self._groups}
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
        out: list[SampleBatch] = []
        for slots in self._moments.rounds(taken):
            waiting = self._uses.of(slots)
            while waiting:
                number = min(waiting)
                rows = waiting.pop(number)
                made = self._compute(number, rows)
                if made is None:
                    continue
                out.append(made)
                for later, more in self._uses.of(made.slot).items():
                    waiting[later] = np.union1d(waiting[later], more) if later in waiting else more
        return _joined(out) if out else None

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

    def _compute(self, number: int, rows: Rows) -> SampleBatch | None:
        group = self._groups[number]
        if group.key in self._disabled:
            return None
        value, quality, observed, received = self._moments.read(group.slots[rows])
        known = ~np.isnan(value).any(axis=1)
        if not known.any():
            return None
        try:
            result = group(value[known]).astype(np.float64)
        except Exception as exc:
            self._disable(group, exc)
            return None
        slots = self._outputs[number][rows[known]]
        worst = quality[known].max(axis=1)
        return self._emit(slots, result, worst, observed[known].max(axis=1), received[known].max(axis=1))

    def _emit(
        self,
        slots: Slots,
        value: NDArray[np.float64],
        quality: NDArray[np.uint8],
        observed_ns: NDArray[np.int64],
        received_ns: NDArray[np.int64],
    ) -> SampleBatch:
        number = np.isfinite(value)
        outside = number & ((value < self._registry.low[slots]) | (value > self._registry.high[slots]))
        quality = np.where(outside, np.maximum(quality, q.OUT_OF_RANGE), quality)
        quality = np.where(number, quality, np.maximum(quality, q.NOT_A_NUMBER)).astype(np.uint8)
        held = np.where(number, value, self._moments.read(slots)[0])
        self._moments.put(slots, held, quality, observed_ns, received_ns)
        made = SampleBatch.of(slots, np.where(number, value, np.nan), observed_ns, received_ns, quality=quality)
        made.flags[~number] |= np.uint8(Flag.VALUELESS)
        return made

    def _disable(self, group: Group, exc: Exception) -> None:
        self._disabled.add(group.key)
        message = f"derived signal {group.title} is switched off, its formula failed: {type(exc).__name__}: {exc}"
        _log.error(message, exc_info=exc)
        self._events.append("system", "", self._clock.time_ns(), {"level": "error", "message": message})


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


def _joined(parts: list[SampleBatch]) -> SampleBatch:
    if len(parts) == 1:
        return parts[0]
    return SampleBatch(
        slot=np.concatenate([p.slot for p in parts]),
        value=np.concatenate([p.value for p in parts]),
        observed_ns=np.concatenate([p.observed_ns for p in parts]),
        received_ns=np.concatenate([p.received_ns for p in parts]),
        quality=np.concatenate([p.quality for p in parts]),
        flags=np.concatenate([p.flags for p in parts]),
        stamp_ns=np.concatenate([p.stamp_ns for p in parts]),
        packet=np.concatenate([p.packet for p in parts]),
    )

"""Alarms of a running plant: limits and rules go in, documents and events come out.

Only alarms that are not at rest are kept in memory. While nothing crosses a limit a batch costs two comparisons per
row.
"""

import logging
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.errors import Conflict, NotFound
from plantverse.platform.alarm_definitions import RANKS, Definition, Definitions, Running, limits_of, restored_state
from plantverse.platform.config import AlarmSettings
from plantverse.twins import alarms
from plantverse.twins import quality as q
from plantverse.twins.alarms import AlarmState, Step
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.limits import LIMIT_NAMES, Crossing, LimitTable
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import RuleSpec, TwinSpec
from plantverse.twins.telemetry import TelemetryPlane

_log = logging.getLogger(__name__)
_UNCERTAIN, _BAD = q.pack(q.Severity.UNCERTAIN), q.pack(q.Severity.BAD)

_POSSIBLE: Final[Mapping[str, tuple[Callable[[AlarmState], Step], str]]] = {
    "unshelve": (alarms.unshelve, "is not shelved"),
    "suppress": (alarms.suppress, "is suppressed already"),
    "unsuppress": (alarms.unsuppress, "is not suppressed"),
}
"""What an action does, and what is said where it changes nothing."""


class AlarmEngine:
    """Runs every alarm of the plant.

    Attributes:
        clock: Wall time of what people and reloads do; samples and ticks bring their own.
    """

    def __init__(  # noqa: PLR0917  the planes in the order in which everything takes them
        self,
        registry: Registry,
        telemetry: TelemetryPlane,
        state: StatePlane,
        events: EventLog,
        clock: Clock,
        settings: AlarmSettings,
    ) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._state = state
        self._events = events
        self.clock = clock
        self._definitions = Definitions(registry, settings)
        self._table = LimitTable()
        self._running: dict[str, Running] = {}
        self._timed: dict[str, Running] = {}
        self._dirty: dict[str, Running] = {}
        self._structure = 0

    def rebuild(self) -> None:
        """Take over a changed plant; alarms whose signal and limit (or rule) are still there run on.

        Signals of twins that are new or changed are held against their limits at once.
        """
        now_ns = self.clock.time_ns()
        changed, _ = self._registry.changed_since(self._structure)
        self._structure = self._registry.structure_revision
        self._telemetry.ensure()
        self._table.ensure(self._registry.slot_count)
        for slot in self._table.slots():
            if not self._registry.alive[slot]:
                self._table.set(slot, None)
        for entry in changed:
            self._configure(entry)
        for running in list(self._running.values()):
            self._settle(running, now_ns)
        slots = np.array([s for entry in changed for s in entry.slots.values()], np.int32)
        self._look_again(slots, now_ns)

    def restore(self) -> None:
        """Take up the alarms that the documents tell of, after a restart; those of no limit or rule are removed."""
        for twin_id, document in list(self._state):
            for alarm_id, kept in document.get("alarms", {}).items():
                if alarm_id in self._running:
                    continue
                try:
                    definition = self._definitions.find(alarm_id)
                except NotFound:
                    self._state.patch(twin_id, {"alarms": {alarm_id: None}})
                    continue
                running = Running(
                    definition,
                    restored_state(kept),
                    kept.get("value", math.nan),
                    kept.get("comment", ""),
                    kept.get("by", ""),
                )
                self._running[alarm_id] = running
                self._enter(running)

    def rename(self, old: str, spec: TwinSpec) -> None:
        """Carry running alarms of a twin over to its new id."""
        self._table.ensure(self._registry.slot_count)
        self._configure(self._registry.get(spec.id))
        for alarm_id, running in list(self._running.items()):
            if running.definition.twin != old:
                continue
            self._forget(alarm_id)
            self._state.patch(spec.id, {"alarms": {alarm_id: None}})
            try:
                running.definition = self._definitions.find(spec.id + alarm_id.removeprefix(old))
            except NotFound:
                continue
            self._running[running.definition.id] = self._dirty[running.definition.id] = running
            self._enter(running)
        self._flush()

    def process(self, batch: SampleBatch, now_ns: int) -> None:
        """Hold a committed batch against the limits."""
        crossings = self._table.crossings(batch, self._telemetry.observed_ns)
        if crossings:
            for crossing in crossings:
                self._cross(crossing, now_ns)
            self._flush()

    def observe_rule(self, rule: RuleSpec, found: Iterable[tuple[TwinEntry, bool]], now_ns: int) -> None:
        """Take what a rule found for some twins."""
        for entry, condition in found:
            running = self._running.get(f"{entry.spec.id}:{rule.name}")
            if running is None:
                if not condition:
                    continue
                running = Running(self._definitions.of_rule(entry, rule), AlarmState())
            self._observe(running, math.nan, now_ns, condition=condition)
        self._flush()

    def report(self, twin: str, message: str, why: Exception) -> None:
        """Say that something is wrong with the alarms themselves."""
        _log.error(message, exc_info=why)
        self._events.append("system", twin, self.clock.time_ns(), {"level": "error", "message": message})

    def tick(self, now_ns: int) -> None:
        """End delays and shelving that are over."""
        for running in list(self._timed.values()):
            state, slot, inputs = running.state, running.definition.slot, running.definition.inputs
            value = math.nan if slot < 0 else float(self._telemetry.value[slot])
            if state.pending_ns is not None and state.condition and (self._telemetry.quality[inputs] >= _BAD).any():
                # Nothing is known of a signal, so the delay does not run.
                state = replace(state, pending_ns=now_ns)
            before = running.state.standing
            step = alarms.advance(state, running.definition.behaviour, now_ns=now_ns)
            if step[0].standing and not before:
                running.value = value
            self._apply(running, step, now_ns, value=value)
        self._flush()

    def check(self, alarm_id: str, action: str) -> None:
        """Pass if that can be done with an alarm now.

        Raises:
            NotFound: No such alarm.
            Conflict: Its state does not allow it.
        """
        running = self._find(alarm_id)
        if action == "acknowledge" and running.state.phase == "normal":
            raise Conflict(f"alarm {alarm_id} is normal", hint="there is nothing to acknowledge")
        if action in _POSSIBLE:
            self._possible(running, action)

    def acknowledge(self, alarm_id: str, user: str, comment: str) -> None:
        """Somebody has seen it; nothing changes where it is acknowledged already.

        Raises:
            NotFound: No such alarm.
            Conflict: It is normal.
        """
        self.check(alarm_id, "acknowledge")
        running = self._find(alarm_id)
        self._act(running, alarms.acknowledge(running.state, now_ns=self.clock.time_ns()), user, comment)

    def shelve(self, alarm_id: str, user: str, comment: str, duration_s: float) -> None:
        """Keep it quiet for so many seconds, counted from now also where it is shelved already.

        Raises:
            NotFound: No such alarm.
        """
        running = self._find(alarm_id)
        until_ns = self.clock.time_ns() + round(duration_s * 1e9)
        self._act(running, alarms.shelve(running.state, until_ns=until_ns), user, comment)

    def unshelve(self, alarm_id: str, user: str, comment: str) -> None:
        """Let it be heard again.

        Raises:
            NotFound: No such alarm.
            Conflict: It is not shelved.
        """
        running = self._find(alarm_id)
        self._act(running, self._possible(running, "unshelve"), user, comment)

    def suppress(self, alarm_id: str, user: str, comment: str) -> None:
        """Take it out of service.

        Raises:
            NotFound: No such alarm.
            Conflict: It is out of service.
        """
        running = self._find(alarm_id)
        self._act(running, self._possible(running, "suppress"), user, comment)

    def unsuppress(self, alarm_id: str, user: str, comment: str) -> None:
        """Put it back into service.

        Raises:
            NotFound: No such alarm.
            Conflict: It is in service.
        """
        running = self._find(alarm_id)
        self._act(running, self._possible(running, "unsuppress"), user, comment)

    def listed(self, state: str = "") -> list[dict[str, Any]]:
        """Return alarm documents with `alarm` and `twin`, the most urgent first, then the first that came.

        Args:
            state: Only those in this state; `shelved` and `suppressed` are understood as well.
        """
        out = []
        for alarm_id, running in self._running.items():
            members = running.document()
            if members is None:
                continue
            now = running.state
            states = {now.phase, "shelved" if now.shelved_until_ns else "", "suppressed" if now.suppressed else ""}
            if not state or state in states:
                shown = {k: v for k, v in members.items() if v is not None}
                out.append({**shown, "alarm": alarm_id, "twin": running.definition.twin})
        return sorted(out, key=lambda a: (RANKS.index(a["priority"]), a["since_us"], a["alarm"]))

    def _configure(self, entry: TwinEntry) -> None:
        for slot in entry.slots.values():
            signal = self._registry.specs[slot]
            limits = limits_of(entry, signal)
            if limits is None:
                self._table.set(slot, None)
            else:
                self._table.set(slot, limits, self._definitions.deadband(signal, limits))

    def _settle(self, running: Running, now_ns: int) -> None:
        """After a change of the plant: run on as the plant now says, or end."""
        old = running.definition
        try:
            found: Definition | None = self._definitions.find(old.id)
        except NotFound:
            found = None
        if found is not None and found.slot == old.slot:
            if found != old:
                running.definition = found
                self._dirty[old.id] = running
            return
        self._forget(old.id)
        if running.state.told:
            self._tell(running, "cleared", now_ns, value=math.nan, comment="the plant no longer has this alarm")
        if old.twin in self._registry:
            self._state.patch(old.twin, {"alarms": {old.id: None}})

    def _look_again(self, slots: NDArray[np.int32], now_ns: int) -> None:
        """Changed limits hold for the value that is there, not only for the next one."""
        known = (self._telemetry.quality[slots] < _UNCERTAIN) & (self._telemetry.revision[slots] > 0)
        slots = slots[known]
        if len(slots):
            live = SampleBatch.of(slots, self._telemetry.value[slots], self._telemetry.observed_ns[slots])
            self.process(live, now_ns)
        self._flush()

    def _cross(self, crossing: Crossing, now_ns: int) -> None:
        entry = self._registry.at(int(self._registry.twin_index[crossing.slot]))
        alarm_id = f"{self._registry.names[crossing.slot]}:{crossing.limit}"
        running = self._running.get(alarm_id)
        if running is None:
            if not crossing.beyond:
                return
            limits = limits_of(entry, self._registry.specs[crossing.slot])
            assert limits is not None, "the table has only signals with limits"
            definition = self._definitions.of_limit(entry, crossing.slot, limits, crossing.limit)
            running = Running(definition, AlarmState())
        if crossing.beyond:
            running.value = crossing.value
        self._observe(running, crossing.value, now_ns, condition=crossing.beyond)

    def _observe(self, running: Running, value: float, now_ns: int, *, condition: bool) -> None:
        behaviour = running.definition.behaviour
        if running.state.pending_ns is not None:
            # A delay that ended since the last tick is told of with the value that it ran for.
            held = running.value if running.state.condition else math.nan
            self._apply(running, alarms.advance(running.state, behaviour, now_ns=now_ns), now_ns, value=held)
        step = alarms.observe(running.state, behaviour, condition=condition, now_ns=now_ns)
        self._apply(running, step, now_ns, value=value)

    def _find(self, alarm_id: str) -> Running:
        running = self._running.get(alarm_id)
        return running or Running(self._definitions.find(alarm_id), AlarmState(since_ns=self.clock.time_ns()))

    def _possible(self, running: Running, action: str) -> Step:
        change, otherwise = _POSSIBLE[action]
        step = change(running.state)
        if not step[1]:
            raise Conflict(f"alarm {running.definition.id} {otherwise}")
        return step

    def _act(self, running: Running, step: Step, user: str, comment: str) -> None:
        if step[1]:
            running.by, running.comment = user, comment
            self._apply(running, step, self.clock.time_ns(), value=running.value, user=user, comment=comment)
            self._flush()

    def _apply(
        self, running: Running, step: Step, now_ns: int, *, value: float, user: str = "", comment: str = ""
    ) -> None:
        before, alarm_id = running.state, running.definition.id
        running.state, actions = step
        if "raised" in actions and not user:
            running.by = running.comment = ""
        for action in actions:
            self._tell(running, action, now_ns, value=value, user=user, comment=comment)
        if actions or running.state.phase != before.phase:
            self._dirty[alarm_id] = running
        if running.state.at_rest:
            self._forget(alarm_id)
            return
        self._running[alarm_id] = running
        self._watch_time(running)

    def _enter(self, running: Running) -> None:
        """Make limits and timers agree with an alarm that came from elsewhere."""
        definition = running.definition
        for name in LIMIT_NAMES:
            if name == definition.limit:
                self._table.force(definition.slot, name, beyond=running.state.condition)
        self._watch_time(running)

    def _watch_time(self, running: Running) -> None:
        if running.state.pending_ns is not None or running.state.shelved_until_ns:
            self._timed[running.definition.id] = running
        else:
            self._timed.pop(running.definition.id, None)

    def _forget(self, alarm_id: str) -> None:
        self._running.pop(alarm_id, None)
        self._timed.pop(alarm_id, None)

    def _tell(
        self, running: Running, action: str, now_ns: int, *, value: float, user: str = "", comment: str = ""
    ) -> None:
        definition = running.definition
        body: dict[str, Any] = {
            "alarm": definition.id,
            "action": action,
            "priority": definition.priority,
            "message": definition.message,
        }
        if definition.signal:
            body["signal"] = definition.signal
        if math.isfinite(value):
            body["value"] = value
        if user:
            body["user"] = user
        if comment:
            body["comment"] = comment
        self._events.append("alarm", definition.twin, now_ns, body)

    def _flush(self) -> None:
        """Write the documents of what changed, one patch per twin."""
        if not self._dirty:
            return
        patches: dict[str, dict[str, Any]] = {}
        for alarm_id, running in self._dirty.items():
            patches.setdefault(running.definition.twin, {})[alarm_id] = running.document()
        self._dirty.clear()
        for twin_id, changed in patches.items():
            if twin_id in self._registry:
                self._state.patch(twin_id, {"alarms": changed})

"""Which alarms there are: found by id in the plant, never kept for signals that are well.

An id is `<twin>:<path>:<hh|h|l|ll>` or `<twin>:<rule>`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from plantverse.errors import NotFound
from plantverse.platform.config import AlarmSettings
from plantverse.twins.alarms import AlarmState, Behaviour
from plantverse.twins.identity import signal_id, split_signal_id
from plantverse.twins.limits import LIMIT_NAMES
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.specs import Limits, Priority, RuleSpec, SignalSpec
from plantverse.twins.units import display

PRIORITY_OF: Final[Mapping[str, Priority]] = {"hh": "high", "h": "medium", "l": "medium", "ll": "high"}
"""Limits carry no priority of their own: the outer ones need an answer soon, the inner ones promptly."""
WORDS: Final[Mapping[str, str]] = {"hh": "far above", "h": "above", "l": "below", "ll": "far below"}
RANKS: Final[tuple[Priority, ...]] = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One alarm as the plant has it.

    Attributes:
        signal: Path inside the twin, "" for a rule.
        limit: `hh`, `h`, `l`, `ll` or `rule`.
        slot: The signal's slot, -1 for a rule.
        inputs: Slots of all signals that it depends on.
        synthetic: The twin is synthetic, so the alarm is none of the plant.
    """

    id: str
    twin: str
    signal: str
    limit: str
    priority: Priority
    message: str
    behaviour: Behaviour
    slot: int = -1
    inputs: list[int]
    synthetic: bool = False


@dataclass(slots=True)
class Running:
    """An alarm that is not at rest, with what people said about it.

    Attributes:
        value: The value that brought it, NaN for a rule.
    """

    definition: Definition
    state: AlarmState
    value: float = math.nan
    comment: str = ""
    by: str = ""

    def document(self) -> dict[str, Any] | None:
        """Return the members of its document, None for those that it must not have; None where there is none."""
        state, definition = self.state, self.definition
        if state.phase == "normal" and not state.quiet:
            return None
        return {
            "state": state.phase,
            "priority": definition.priority,
            "message": definition.message,
            "signal": definition.signal,
            "limit": definition.limit,
            "value": self.value if math.isfinite(self.value) else None,
            "since_us": state.since_ns / 1e3,
            "count": state.count,
            "shelved_until_us": state.shelved_until_ns / 1e3 if state.shelved_until_ns else None,
            "suppressed": True if state.suppressed else None,
            "comment": self.comment,
            "by": self.by,
            "synthetic": True if definition.synthetic else None,
        }


def words_of(path: str) -> str:
    """Return a path as the viewer names it: `motor.temperature` is "Motor temperature"."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"[._-]+", " ", path)).strip()
    return words[:1].upper() + words[1:]


class Definitions:
    """Finds alarms in the registry."""

    def __init__(self, registry: Registry, settings: AlarmSettings) -> None:
        self._registry = registry
        self._settings = settings

    def find(self, alarm_id: str) -> Definition:
        """Return an alarm by its id.

        Raises:
            NotFound: No such twin, limit or rule.
        """
        twin_id, rest = split_signal_id(alarm_id)
        entry = self._registry.get(twin_id)
        path, _, limit = rest.rpartition(":")
        slot = entry.slots.get(path)
        if slot is not None and limit in LIMIT_NAMES:
            limits = limits_of(entry, self._registry.specs[slot])
            if limits is not None and getattr(limits, limit) is not None:
                return self.of_limit(entry, slot, limits, limit)
        for rule in entry.spec.type.rules:
            if rule.name == rest:
                return self.of_rule(entry, rule)
        raise NotFound(f"no alarm {alarm_id}", hint="ids are TWIN:PATH:LIMIT or TWIN:RULE")

    def of_limit(self, entry: TwinEntry, slot: int, limits: Limits, limit: str) -> Definition:
        """Return the alarm of one limit of a signal."""
        signal = self._registry.specs[slot]
        unit = f" {display(signal.unit)}" if signal.unit else ""
        return Definition(
            id=f"{signal_id(entry.spec.id, signal.path)}:{limit}",
            twin=entry.spec.id,
            signal=signal.path,
            limit=limit,
            priority=PRIORITY_OF[limit],
            message=f"{signal.name or words_of(signal.path)} {WORDS[limit]} {getattr(limits, limit):g}{unit}",
            behaviour=self._behaviour(limits.on_delay_s, limits.off_delay_s, latching=False),
            slot=slot,
            inputs=[slot],
            synthetic=entry.spec.synthetic is not None,
        )

    def of_rule(self, entry: TwinEntry, rule: RuleSpec) -> Definition:
        """Return the alarm of a rule of a twin's type."""
        return Definition(
            id=f"{entry.spec.id}:{rule.name}",
            twin=entry.spec.id,
            signal="",
            limit="rule",
            priority=rule.priority,
            message=rule.message,
            behaviour=self._behaviour(rule.on_delay_s, rule.off_delay_s, latching=rule.latching),
            inputs=[entry.slots[path] for path in rule.inputs if path in entry.slots],
            synthetic=entry.spec.synthetic is not None,
        )

    def deadband(self, signal: SignalSpec, limits: Limits) -> float:
        """Return the deadband of a signal's limits, in its unit; 0 where neither one nor a range is given."""
        if limits.deadband or signal.range is None:
            return limits.deadband
        low, high = signal.range
        return abs(high - low) * self._settings.deadband_percent / 100

    def _behaviour(self, on_delay_s: float, off_delay_s: float, *, latching: bool) -> Behaviour:
        return Behaviour(
            on_delay_ns=round((on_delay_s or self._settings.on_delay_s) * 1e9),
            off_delay_ns=round((off_delay_s or self._settings.off_delay_s) * 1e9),
            latching=latching,
        )


def limits_of(entry: TwinEntry, signal: SignalSpec) -> Limits | None:
    """Return the limits of a signal of a twin: the twin's own, else the type's."""
    return entry.spec.limits.get(signal.path, signal.limits)


def restored_state(document: Mapping[str, Any]) -> AlarmState:
    """Return the state that a kept document tells of.

    A quiet alarm that stands is taken as not yet heard: it is raised when it is unshelved, better twice than never.
    """
    phase = document.get("state", "normal")
    standing = phase in {"unacknowledged", "acknowledged"}
    until_ns, suppressed = round(document.get("shelved_until_us", 0.0) * 1e3), bool(document.get("suppressed"))
    quiet = suppressed or until_ns > 0
    return AlarmState(
        phase=phase,
        condition=standing,
        standing=standing,
        told="" if quiet else "returned" if phase == "returned" else "raised" if standing else "",
        since_ns=round(document.get("since_us", 0.0) * 1e3),
        count=int(document.get("count", 0)),
        shelved_until_ns=until_ns,
        suppressed=suppressed,
    )

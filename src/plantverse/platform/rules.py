"""Alarm rules: conditions over several signals, for all twins of a type that a batch touches."""

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.formula_faults import FormulaFaults
from plantverse.platform.formula_groups import Rows, Uses, groups_of, slots_of
from plantverse.platform.moments import Moments, Table
from plantverse.twins import quality as q
from plantverse.twins.limits import telling
from plantverse.twins.registry import Registry
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import RuleSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

_UNCERTAIN, _BAD = q.pack(q.Severity.UNCERTAIN), q.pack(q.Severity.BAD)
_UNKNOWN = np.int8(-1)


class RuleEngine:
    """Evaluates the rules of the plant's types and feeds what changes to the alarms.

    A rule is not evaluated for a twin while one of its inputs has no value or is bad. Where a rule reads derived
    signals, it waits for those that follow from the same batch, so that it never sees new inputs beside old results.
    """

    def __init__(self, registry: Registry, telemetry: TelemetryPlane, alarms: AlarmEngine) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._alarms = alarms
        self._faults = FormulaFaults("alarm rule", alarms.report)
        self.rebuild()

    def rebuild(self) -> None:
        """Take over a changed plant; a rule that failed stays off, where it did, until its text changes."""
        self._telemetry.ensure()
        self._groups = groups_of(self._registry, _rules)
        self._faults.rebuild(self._groups)
        # Unknown at first, so that an alarm which was standing before a restart hears that its cause is gone.
        self._found = [np.full(len(g.twins), _UNKNOWN) for g in self._groups]
        self._sources = [slots_of(g.twins, _sources(g.twins[0].spec.type, g.inputs)) for g in self._groups]
        self._uses = Uses(self._groups, len(self._telemetry.value))
        self._followed: NDArray[np.bool_] = self._uses.used.copy()
        for slots in self._sources:
            self._followed[slots] = True
        self._moments = Moments(self._registry, self._telemetry)
        self._look_again(self._alarms.clock.time_ns())

    def process(self, batch: SampleBatch, now_ns: int) -> None:
        """Evaluate every rule that a committed batch touches."""
        followed = self._followed[batch.slot]
        if not followed.any():
            return
        batch = batch.take(followed)
        batch = batch.take(telling(batch, self._telemetry.observed_ns[batch.slot]))
        if not len(batch):
            return
        self._moments.begin(batch)
        for number, reads in sorted(self._uses.of(self._moments.events.slot).items()):
            table = self._moments.table(self._groups[number].slots, reads)
            waits = self._moments.present[self._sources[number][table.row]]
            self._evaluate(number, table, ~waits, now_ns)
        self._moments.end()

    def _look_again(self, now_ns: int) -> None:
        """Evaluate every rule on what is there, so that a new one waits for no sample.

        Values that are not good are left alone until a sample says more, those of before a restart among them.
        """
        plane = self._telemetry
        slots = np.flatnonzero(self._uses.used & (plane.quality < _UNCERTAIN) & (plane.revision > 0)).astype(np.int32)
        if not len(slots):
            return
        self._moments.begin(SampleBatch.of(slots, plane.value[slots], plane.observed_ns[slots]))
        for number, reads in sorted(self._uses.of(self._moments.events.slot).items()):
            table = self._moments.table(self._groups[number].slots, reads)
            self._evaluate(number, table, table.quality < _UNCERTAIN, now_ns)
        self._moments.end()

    def _evaluate(self, number: int, table: Table, ready: NDArray[np.bool_], now_ns: int) -> None:
        """Evaluate a rule for the rows of a table where everything is `ready`, shape (n, whatever), and known."""
        known = np.asarray((~np.isnan(table.value) & (table.quality < _BAD)).all(axis=1) & ready.all(axis=1))
        known, result = self._faults.run(self._groups[number], table, known, np.bool_)
        if len(result):
            self._tell(number, table.row[known], table.moment[known], result, now_ns)

    def _tell(self, number: int, row: Rows, moment: Rows, result: NDArray[np.bool_], now_ns: int) -> None:
        """Feed what differs from the moment before, in order of time."""
        found, group = self._found[number], self._groups[number]
        before = found[row]
        again = row[1:] == row[:-1]
        before[1:][again] = result[:-1][again]
        different = np.flatnonzero(before != result)
        if not len(different):
            return
        found[row] = result
        different = different[np.argsort(moment[different], kind="stable")]
        pairs = [(group.twins[row[i]], bool(result[i])) for i in different.tolist()]
        self._alarms.observe_rule(cast("RuleSpec", group.spec), pairs, now_ns)


def _rules(kind: TwinType) -> Iterator[tuple[str, RuleSpec]]:
    for rule in kind.rules:
        yield rule.name, rule


def _sources(kind: TwinType, inputs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the measured signals from which the derived ones among a rule's inputs follow."""
    derived = {spec.signal.path: spec.inputs for spec in kind.derived}
    waiting = [path for path in inputs if path in derived]
    found: dict[str, None] = {}
    seen: set[str] = set()
    while waiting:
        for path in derived[waiting.pop()]:
            if path not in derived:
                found[path] = None
            elif path not in seen:
                seen.add(path)
                waiting.append(path)
    return tuple(found)

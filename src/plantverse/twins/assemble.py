"""Turns the fields of a twin class into its frozen type and finds every mistake in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeVar

from plantverse.twins.checks import (
    check_command,
    check_delays,
    check_priority,
    check_property,
    check_signal,
    check_unit,
)
from plantverse.twins.fields import Command, Component, Field, Property, Relation, Telemetry
from plantverse.twins.formulas import Formula, trace
from plantverse.twins.identity import is_signal_path
from plantverse.twins.look_checks import check_geometry, check_visual
from plantverse.twins.look_specs import Geometry, VisualRule
from plantverse.twins.methods import Alarm, Derived
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import CommandSpec, DerivedSpec, PropertySpec, RelationSpec, RuleSpec, SignalSpec, TwinType

_S = TypeVar("_S")
_COLUMNS_HINT = (
    "attributes are columns: use numpy's functions, & and | with parentheses, and comparisons for bool signals"
)


class Assembly:
    """One run over the fields of a class.

    Args:
        owner: The class.
        fields: By name, in order of declaration, those of bases first.
    """

    def __init__(self, owner: type, fields: Mapping[str, Field], problems: Problems) -> None:
        self.owner, self.fields, self.problems = owner, fields, problems
        self.signals: list[SignalSpec] = []
        self.properties: list[PropertySpec] = []
        self.commands: list[CommandSpec] = []
        self.relations: list[RelationSpec] = []
        self.derived: list[DerivedSpec] = []
        self.rules: list[RuleSpec] = []
        self.visuals: list[VisualRule] = []

    def run(
        self, *, bases: tuple[str, ...], description: str, geometry: Geometry, visuals: Sequence[VisualRule]
    ) -> TwinType:
        """Return the type; mistakes go to `problems`."""
        for field in self.fields.values():
            if not is_signal_path(field.name) or field.name.startswith("_"):
                self.problems.add(self._at(field), expected="a name that starts with a letter", got=field.name)
            self._take(field)
        for field in self.fields.values():
            self._take_formula(field)
        where = f"{_file(self.owner)}: {self.owner.__name__}"
        check_geometry(geometry, f"{where}: geometry", self.problems)
        paths, relations = [s.path for s in self.signals], [r.name for r in self.relations]
        for rule in visuals:
            check_visual(rule, paths, relations, f"{where}: visuals: {rule.kind}", self.problems)
        return TwinType(
            name=self.owner.__name__,
            bases=bases,
            description=description,
            signals=tuple(self.signals),
            properties=tuple(self.properties),
            commands=tuple(self.commands),
            relations=tuple(self.relations),
            derived=self._in_order(),
            rules=tuple(self.rules),
            geometry=geometry,
            visuals=(*visuals, *self.visuals),
        )

    def _take(self, field: Field) -> None:
        match field:
            case Telemetry():
                self._take_signal(field)
            case Property():
                self._take_property(field)
            case Command():
                self._take_command(field)
            case Relation():
                self.relations.append(field.spec())
            case Component():
                self._take_component(field)
            case _:
                assert isinstance(field, Alarm), "every kind of field is taken"

    def _take_signal(self, field: Telemetry[Any]) -> None:
        spec = self._spec(field, lambda: field.spec(derived=isinstance(field, Derived)))
        if spec is not None:
            spec = replace(spec, unit=check_unit(spec.unit, self._at(field), self.problems))
            check_signal(spec, self._at(field), self.problems)
            self.signals.append(spec)

    def _take_property(self, field: Property[Any]) -> None:
        spec = self._spec(field, field.spec)
        if spec is not None:
            spec = replace(spec, unit=check_unit(spec.unit, self._at(field), self.problems))
            check_property(spec, self._at(field), self.problems)
            self.properties.append(spec)

    def _take_command(self, field: Command) -> None:
        spec = self._spec(field, field.spec)
        if spec is not None:
            check_command(spec, self._at(field), self.problems)
            parameters = [
                replace(p, unit=check_unit(p.unit, f"{self._at(field)}: {p.name}", self.problems))
                for p in spec.parameters
            ]
            self.commands.append(replace(spec, parameters=tuple(parameters)))

    def _take_component(self, field: Component[Any]) -> None:
        part = getattr(field.type, "twin_type", None)
        if part is None:
            self.problems.add(self._at(field), expected="a twin class", got=field.type)
            return
        inner: TwinType = part()
        prefix = f"{field.name}."
        self.signals += [replace(s, path=prefix + s.path) for s in inner.signals]
        self.properties += [replace(p, path=prefix + p.path) for p in inner.properties]
        self.commands += [replace(c, name=prefix + c.name) for c in inner.commands]
        self.relations += [replace(r, name=prefix + r.name) for r in inner.relations]
        self.visuals += [
            replace(
                v,
                signal=prefix + v.signal,
                amount=v.amount and prefix + v.amount,
                relation=v.relation and prefix + v.relation,
            )
            for v in inner.visuals
        ]
        self.derived += [
            replace(
                d,
                signal=replace(d.signal, path=prefix + d.signal.path),
                inputs=tuple(prefix + i for i in d.inputs),
                compute=_within(d.compute, field.name),
            )
            for d in inner.derived
        ]
        self.rules += [
            replace(
                r,
                name=prefix + r.name,
                inputs=tuple(prefix + i for i in r.inputs),
                condition=_within(r.condition, field.name),
            )
            for r in inner.rules
        ]

    def _take_formula(self, field: Field) -> None:
        match field:
            case Derived():
                spec = next((s for s in self.signals if s.path == field.name), None)
                inputs = self._inputs(field, Formula(self.owner, field.formula), boolean=False)
                if spec is not None:
                    made = DerivedSpec(signal=spec, inputs=inputs, compute=Formula(self.owner, field.formula))
                    self.derived.append(made)
            case Alarm():
                check_priority(field.priority, self._at(field), self.problems)
                check_delays(field.on_delay_s, field.off_delay_s, self._at(field), self.problems)
                formula = Formula(self.owner, field.condition)
                self.rules.append(
                    RuleSpec(
                        name=field.name,
                        message=field.message,
                        inputs=self._inputs(field, formula, boolean=True),
                        condition=formula,
                        priority=field.priority,
                        on_delay_s=field.on_delay_s,
                        off_delay_s=field.off_delay_s,
                        latching=field.latching,
                    )
                )

    def _inputs(self, field: Field, formula: Formula, *, boolean: bool) -> tuple[str, ...]:
        from plantverse.twins.probe import fault

        try:
            inputs, result = trace(formula, self.owner)
        except AttributeError as exc:
            name = exc.name or str(exc)
            if name in self.fields:
                got = f"{name}, a {type(self.fields[name]).__name__}"
                self.problems.add(self._at(field), expected="a formula of signals", got=got)
            else:
                hint = closest(name, self.fields)
                self.problems.add(self._at(field), expected="fields that exist", got=name, hint=hint)
        except Exception as exc:
            # An author's formula may raise anything; all of it is reported.
            self.problems.add(
                self._at(field),
                expected="a formula that works on columns",
                got=type(exc).__name__,
                hint=_COLUMNS_HINT if isinstance(exc, ValueError) else str(exc),
            )
        else:
            wanted = fault(result, boolean=boolean)
            if wanted is not None:
                self.problems.add(self._at(field), expected=wanted, got=type(result).__name__, hint=_COLUMNS_HINT)
            if not inputs:
                self.problems.add(self._at(field), expected="a formula that reads a signal", got="none")
            return inputs
        return ()

    def _in_order(self) -> tuple[DerivedSpec, ...]:
        """Return derived signals so that each comes after those that it reads."""
        by_path = {d.signal.path: d for d in self.derived}
        graph = {path: [i for i in d.inputs if i in by_path] for path, d in by_path.items()}
        try:
            return tuple(by_path[path] for path in TopologicalSorter(graph).static_order())
        except CycleError as exc:
            field = self.fields[exc.args[1][0].split(".")[0]]
            circle = " -> ".join(reversed(exc.args[1]))
            self.problems.add(self._at(field), expected="no circle of derived signals", got=circle)
            return tuple(self.derived)

    def _spec(self, field: Field, make: Callable[[], _S]) -> _S | None:
        try:
            return make()
        except TypeError as exc:
            hint = "texts are properties: Property(str)" if isinstance(field, Telemetry) else None
            got = getattr(field, "kind", None) or getattr(field, "parameters", None)
            self.problems.add(self._at(field), expected=str(exc), got=got, hint=hint)
            return None

    def _at(self, field: Field) -> str:
        return f"{field.declared}: {self.owner.__name__}: {field.name}"


def _within(function: Callable[[Any], Any], component: str) -> Formula:
    assert isinstance(function, Formula), "classes make formulas"
    return function.within(component)


def _file(owner: type) -> str:
    import sys

    return getattr(sys.modules.get(owner.__module__), "__file__", None) or owner.__module__

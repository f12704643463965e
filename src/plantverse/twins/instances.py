"""What makes a twin instance valid, and a plant of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from plantverse.errors import PlantverseError
from plantverse.twins.checks import (
    check_known,
    check_limits,
    check_position,
    check_real_topic,
    check_signal,
    check_synthetic,
    check_topic,
    check_unit,
    is_finite,
)
from plantverse.twins.identity import is_twin_id, slug
from plantverse.twins.look_checks import check_geometry, check_visual
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import Binding, RelationSpec, SignalSpec, TwinSpec, TwinType
from plantverse.twins.synthetic import GHOST_OF, MEMBER

QUALITIES = ("good", "uncertain", "bad")


def checked_twin(spec: TwinSpec, problems: Problems) -> TwinSpec:
    """Return the twin with canonical units; mistakes go to `problems`."""
    where = f"{spec.source}: {spec.id}" if spec.source else spec.id
    if not is_twin_id(spec.id):
        problems.add(
            f"{where}: id",
            expected="1-8 segments of letters, digits, '_', '.', '-' joined by '/'",
            got=spec.id,
            hint=f"{slug(spec.id)} would do",
        )
    for name in ("topic", "command_topic", "answer_topic", "desired_topic"):
        if topic := getattr(spec, name):
            check_topic(topic, f"{where}: {name}", problems)
    if spec.availability is not None:
        check_topic(spec.availability.topic, f"{where}: availability", problems)
    if spec.synthetic is None:
        _check_real(spec, where, problems)
    else:
        check_synthetic(spec.synthetic, where, problems)
    if spec.placement is not None:
        check_position(spec.placement.position, where, problems)
    spec = replace(spec, extra=_checked_extra(spec, where, problems))
    _check_limits(spec, where, problems)
    check_bindings(spec.bindings, spec.type, where, problems, extra=spec.extra)
    _check_topics(spec, where, problems)
    if spec.geometry is not None:
        check_geometry(spec.geometry, f"{where}: geometry", problems)
    paths, relations = [s.path for s in spec.signals()], [r.name for r in spec.type.relations]
    for rule in spec.visuals:
        at = f"{rule.source}: {spec.id}" if rule.source else where
        check_visual(rule, paths, relations, f"{at}: visual {rule.kind}", problems)
    for relation in spec.relations:
        check_known(
            relation,
            [r.name for r in spec.type.relations] + ([GHOST_OF] if spec.synthetic is not None else []),
            f"{where}: relations",
            problems,
            what=f"a relation of {spec.type.name}",
        )
    return spec


def _check_real(spec: TwinSpec, where: str, problems: Problems) -> None:
    """Check that nothing of a real twin comes from where synthetic data travels, or from a member that marks it."""
    for name in ("topic", "command_topic", "answer_topic", "desired_topic"):
        check_real_topic(getattr(spec, name), f"{where}: {name}", problems)
    if spec.availability is not None:
        check_real_topic(spec.availability.topic, f"{where}: availability", problems)
    bound = {b.path for b in spec.bindings if b.key is not None}
    for binding in spec.bindings:
        check_real_topic(binding.topic, f"{where}: bind.{binding.path}: topic", problems)
        _check_member(binding.key, f"{where}: bind.{binding.path}: key", problems)
    for path in [s.path for s in spec.signals() if not s.derived] + [p.path for p in spec.type.properties]:
        if path not in bound:
            _check_member(path, f"{where}: {path}", problems)


def _check_member(key: str | None, where: str, problems: Problems) -> None:
    if key is not None and key.partition(".")[0].partition("[")[0] == MEMBER:
        problems.add(
            where,
            expected=f"a member other than {MEMBER}",
            got=key,
            hint=f"a payload with the member {MEMBER} is no data of a real machine",
        )


def check_together(
    twins: Iterable[TwinSpec], problems: Problems, *, may_appear: Callable[[str], bool] = lambda _: False
) -> None:
    """Check what holds between twins: unique ids, relations with an other end of the right type.

    Args:
        twins: All of the plant.
        problems: Takes the mistakes.
        may_appear: Whether a twin of this id can come up later, made by a pattern.
    """
    known: dict[str, TwinSpec] = {}
    former: dict[str, TwinSpec] = {}
    twins = list(twins)
    for twin in twins:
        if twin.id in known:
            problems.add(
                f"{twin.source}: {twin.id}: id",
                expected="an id of its own",
                got=twin.id,
                hint=f"first at {known[twin.id].source or 'another place'}",
            )
        known.setdefault(twin.id, twin)
    for twin in twins:
        own = () if twin.synthetic is None else (RelationSpec(name=GHOST_OF),)
        for relation in twin.type.relations + own:
            _check_targets(twin, relation, known, problems, may_appear)
        for old in twin.formerly:
            if old in known or former.setdefault(old, twin) is not twin:
                problems.add(
                    f"{twin.source}: {twin.id}: formerly", expected="ids that no other twin has or had", got=old
                )


def _check_targets(
    twin: TwinSpec,
    relation: RelationSpec,
    known: Mapping[str, TwinSpec],
    problems: Problems,
    may_appear: Callable[[str], bool],
) -> None:
    where = f"{twin.source}: {twin.id}: relations.{relation.name}"
    targets = twin.relations.get(relation.name, ())
    if len(targets) > 1 and not relation.many:
        problems.add(where, expected="one target", got=targets, hint="declare the relation with many=True")
    for target in targets:
        other = known.get(target)
        if other is None:
            if not may_appear(target):
                problems.add(where, expected="the id of a twin", got=target, hint=closest(target, known))
        elif relation.target and relation.target not in (other.type.name, *other.type.bases):
            problems.add(where, expected=f"a {relation.target}", got=f"{target}, a {other.type.name}")


def _checked_extra(spec: TwinSpec, where: str, problems: Problems) -> tuple[SignalSpec, ...]:
    taken = {s.path for s in spec.type.signals} | {p.path for p in spec.type.properties}
    checked = []
    for given in spec.extra:
        at = f"{where}: signals.{given.path}"
        signal = replace(given, unit=check_unit(given.unit, at, problems))
        check_signal(signal, at, problems)
        if signal.path in taken:
            problems.add(at, expected=f"a path that {spec.type.name} does not have", got=signal.path)
        taken.add(signal.path)
        checked.append(signal)
    return tuple(checked)


def _check_limits(spec: TwinSpec, where: str, problems: Problems) -> None:
    paths = [s.path for s in spec.signals()]
    for path, limits in spec.limits.items():
        at = f"{where}: limits.{path}"
        check_known(path, paths, at, problems, what=f"a signal of {spec.type.name}")
        check_limits(limits, at, problems)


def check_bindings(
    bindings: Iterable[Binding],
    kind: TwinType,
    where: str,
    problems: Problems,
    *,
    extra: tuple[SignalSpec, ...] = (),
) -> None:
    """Check bindings apart from their topics: what they feed exists and is measured, and how it is read makes sense."""
    signals = {s.path: s for s in kind.signals + extra}
    units = {p.path: p.unit for p in kind.properties} | {s.path: s.unit for s in signals.values()}
    for binding in bindings:
        at = f"{where}: bind.{binding.path}"
        if not check_known(binding.path, units, at, problems, what=f"a signal or property of {kind.name}"):
            continue
        signal = signals.get(binding.path)
        if signal is not None and signal.derived:
            problems.add(at, expected="a measured signal", got=f"{binding.path}, which is derived")
        for name in ("scale", "offset"):
            if not is_finite(number := getattr(binding, name)):
                problems.add(f"{at}: {name}", expected="a finite number", got=number)
        _check_unit(binding, units[binding.path], at, problems)
        wrong = [q for q in binding.quality_codes.values() if q.lower() not in QUALITIES]
        if wrong:
            problems.add(
                f"{at}: quality_codes",
                expected="good, uncertain or bad",
                got=wrong[0],
                hint=closest(wrong[0], QUALITIES),
            )
        _check_zone(binding.zone, f"{at}: zone", problems)


def _check_topics(spec: TwinSpec, where: str, problems: Problems) -> None:
    for binding in spec.bindings:
        at = f"{where}: bind.{binding.path}: topic"
        if binding.topic:
            check_topic(binding.topic, at, problems)
        elif not spec.topic:
            problems.add(at, expected="a topic here or for the whole twin", got="none")


def _check_unit(binding: Binding, declared: str, where: str, problems: Problems) -> None:
    if not binding.unit:
        return
    from plantverse.twins.units import conversion

    try:
        conversion(binding.unit, declared, where)
    except PlantverseError as exc:
        problems.add(
            f"{where}: unit",
            expected=f"a unit that converts to {declared or 'a pure number'}",
            got=binding.unit,
            hint=exc.hint,
        )


def _check_zone(zone: str, where: str, problems: Problems) -> None:
    from zoneinfo import ZoneInfo, available_timezones

    if zone == "UTC":
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        problems.add(where, expected="an IANA time zone", got=zone, hint=closest(zone, available_timezones()))

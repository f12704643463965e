"""What makes a spec valid, wherever it was written: in a class, in plant.toml or in a tag list."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final, get_args

from plantverse.errors import PlantInvalid, PlantverseError
from plantverse.twins.identity import is_signal_path
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import (
    CommandSpec,
    Limits,
    ParameterSpec,
    Priority,
    PropertySpec,
    SignalSpec,
    Synthetic,
)
from plantverse.twins.synthetic import ROOT, is_synthetic_topic

ROLES: Final = ("viewer", "operator", "engineer", "admin")
MAX_TOPIC_BYTES: Final = 65_535
MOST_NAMED: Final = 8
"""So many names stand in a hint."""


def check_unit(unit: str, where: str, problems: Problems) -> str:
    """Return the UCUM code of what an author wrote."""
    if not unit:
        return unit
    # The unit tables load with the first unit, so that `import plantverse` stays quick.
    from plantverse.twins.units import canonical

    try:
        return canonical(unit)
    except PlantverseError as exc:
        problems.add(f"{where}: unit", expected="a unit", got=unit, hint=exc.hint or "see docs/reference/units.md")
        return unit


def check_range(span: tuple[float, float] | None, where: str, problems: Problems) -> None:
    """Check that a range is (low, high)."""
    if span is None:
        return
    if not is_pair(span) or not span[0] < span[1]:
        problems.add(f"{where}: range", expected="(low, high) with low < high", got=span)


def check_limits(limits: Limits | None, where: str, problems: Problems) -> None:
    """Check that limits are finite and ordered; they may lie outside the range, such values are kept."""
    if limits is None:
        return
    given = {n: v for n in ("ll", "l", "h", "hh") if (v := getattr(limits, n)) is not None}
    values = list(given.values())
    if not all(is_finite(v) for v in values):
        problems.add(f"{where}: limits", expected="finite numbers", got=given)
    elif any(a >= b for a, b in pairwise(values)):
        problems.add(f"{where}: limits", expected="ll < l < h < hh", got=given)
    for name in ("deadband", "on_delay_s", "off_delay_s"):
        _check_number(getattr(limits, name), f"{where}: limits.{name}", problems)


def check_signal(signal: SignalSpec, where: str, problems: Problems) -> None:
    """Check a signal apart from its unit."""
    if not is_signal_path(signal.path):
        problems.add(where, expected="a path such as flow or motor.temperature", got=signal.path)
    check_range(signal.range, where, problems)
    check_limits(signal.limits, where, problems)
    _check_number(signal.counter, f"{where}: counter", problems)
    if signal.max_age_s is not None and not signal.max_age_s > 0:
        problems.add(f"{where}: max_age_s", expected="seconds above 0, or inf for never", got=signal.max_age_s)
    if signal.decimals is not None and not 0 <= signal.decimals <= 12:
        problems.add(f"{where}: decimals", expected="0 to 12", got=signal.decimals)
    if signal.kind == "bool" and not set(signal.codes) <= {0, 1}:
        problems.add(f"{where}: codes", expected="words for 0 and 1", got=dict(signal.codes))
    if signal.kind == "enum" and not signal.codes:
        problems.add(f"{where}: codes", expected="a label for each code of an enum", got=dict(signal.codes))
    if signal.kind in {"bool", "enum"} and signal.unit:
        problems.add(f"{where}: unit", expected=f"none, the signal is {signal.kind}", got=signal.unit)


def check_property(spec: PropertySpec | ParameterSpec, where: str, problems: Problems) -> None:
    """Check a property or a parameter apart from its unit."""
    if spec.choices and spec.kind != "enum":
        problems.add(f"{where}: choices", expected=f"none, the kind is {spec.kind}", got=spec.choices)
    if spec.kind == "enum" and len(set(spec.choices)) != len(spec.choices):
        problems.add(f"{where}: choices", expected="different choices", got=spec.choices)
    check_range(spec.range, where, problems)
    if isinstance(spec, PropertySpec):
        check_role(spec.role, f"{where}: role", problems)


def check_command(command: CommandSpec, where: str, problems: Problems) -> None:
    """Check a command and its parameters."""
    if not (is_finite(command.timeout_s) and command.timeout_s > 0):
        problems.add(f"{where}: timeout_s", expected="seconds above 0", got=command.timeout_s)
    if command.max_age_s is not None and not command.max_age_s > 0:
        problems.add(f"{where}: max_age_s", expected="seconds above 0, or inf for never", got=command.max_age_s)
    check_role(command.role, f"{where}: role", problems)
    for parameter in command.parameters:
        if not is_signal_path(parameter.name):
            problems.add(f"{where}: parameters", expected="a name such as speed", got=parameter.name)
        check_property(parameter, f"{where}: {parameter.name}", problems)


def check_role(role: str, where: str, problems: Problems) -> None:
    """Check that a role exists."""
    if role not in ROLES:
        problems.add(where, expected=", ".join(ROLES), got=role, hint=closest(role, ROLES))


def check_priority(priority: str, where: str, problems: Problems) -> None:
    """Check that an alarm priority is one of the four."""
    names = get_args(Priority)
    if priority not in names:
        problems.add(f"{where}: priority", expected=", ".join(names), got=priority, hint=closest(priority, names))


def check_delays(on_delay_s: float, off_delay_s: float, where: str, problems: Problems) -> None:
    """Check that delays are seconds, 0 or more."""
    _check_number(on_delay_s, f"{where}: on_delay_s", problems)
    _check_number(off_delay_s, f"{where}: off_delay_s", problems)


def check_known(name: str, valid: Iterable[str], where: str, problems: Problems, *, what: str) -> bool:
    """Check that a name is one of those that exist."""
    names = list(dict.fromkeys(valid))
    if name in names:
        return True
    problems.add(where, expected=what, got=name, hint=closest(name, names) or _some(names))
    return False


def _some(names: list[str]) -> str:
    """Return a hint for a name that is like none of those there are."""
    rest = len(names) - MOST_NAMED
    return f"there is {', '.join(names[:MOST_NAMED])}, and {rest} more" if names else "there is none"


def check_topic(topic: str, where: str, problems: Problems) -> None:
    """Check an MQTT topic name (MQTT 5, section 4.7: no wildcard, no NUL, at most 65,535 bytes)."""
    if not topic or "+" in topic or "#" in topic or "\0" in topic or len(topic.encode()) > MAX_TOPIC_BYTES:
        hint = "wildcards belong in a [[map]] pattern" if "+" in topic or "#" in topic else None
        problems.add(where, expected="an MQTT topic", got=topic, hint=hint)


def check_real_topic(topic: str, where: str, problems: Problems) -> None:
    """Check that a topic of a real twin is none that carries synthetic data."""
    if is_synthetic_topic(topic):
        problems.add(
            where,
            expected="a topic of the plant",
            got=topic,
            hint=f"{ROOT}/ is for synthetic data: give the twin synthetic = {{ generator = ... }}, or another topic",
        )


def check_synthetic(synthetic: Synthetic, where: str, problems: Problems) -> None:
    """Check what is said about the origin of synthetic data."""
    if not synthetic.generator:
        problems.add(f"{where}: synthetic", expected="the name of its generator", got=synthetic.generator)
    wrong = [v for v in synthetic.condition.values() if isinstance(v, float) and not math.isfinite(v)]
    if wrong:
        problems.add(f"{where}: synthetic", expected="finite numbers in the condition", got=wrong[0])


def check_position(position: Any, where: str, problems: Problems) -> None:
    """Check a place in metres."""
    if not is_point(position):
        problems.add(f"{where}: position", expected="three finite numbers in m", got=position)


def invalid(where: str, expected: str, got: object, hint: str | None = None) -> PlantInvalid:
    """Return the error for one mistake."""
    return PlantInvalid(where, expected=expected, got=got, hint=hint)


def _check_number(value: float, where: str, problems: Problems) -> None:
    if not (is_finite(value) and value >= 0):
        problems.add(where, expected="a finite number, 0 or more", got=value)


def is_finite(value: object) -> bool:
    """Return whether it is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_pair(value: object) -> bool:
    """Return whether it is two finite numbers."""
    return isinstance(value, tuple | list) and len(value) == 2 and all(is_finite(v) for v in value)


def is_point(value: object) -> bool:
    """Return whether it is three finite numbers."""
    return isinstance(value, tuple | list) and len(value) == 3 and all(is_finite(v) for v in value)

"""The life of a request to a device: pending, then exactly one end. Pure; the clock is an argument.

```
              answer: succeeded | failed | refused
   pending ────────────────────────────────────────▶ ended
      ├───────── nothing until `expires_ns` ───────▶ expired
      └──── not sent, or the server goes down ─────▶ failed | refused
```
An answer that comes after the end changes nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from plantverse.errors import RequestInvalid
from plantverse.twins.specs import CommandSpec, ParameterSpec, PropertyKind, PropertySpec

Status = Literal["pending", "succeeded", "failed", "refused", "expired"]
ENDS = ("succeeded", "failed", "refused", "expired")
CUT_OFF = "the server went down before an answer came, the device may have done it"
MAX_TEXT = 4_096
"""Characters of a text argument: a recipe's name, not a recipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestState:
    """One request and where it stands.

    Attributes:
        request: Its id, unique.
        asked_as: Id under which a session asked for it, "" where nobody gave one.
        what: Command name, or `desired`.
        args: Arguments, or the patch of desired properties.
        user, role: Who asked, as what.
        asked_ns, expires_ns, ended_ns: Wall clock; `ended_ns` is 0 while it is pending.
        message: What the device or the server said.
        result: What the device gave back, JSON.
    """

    request: str
    twin: str
    what: str
    args: Mapping[str, Any] = field(default_factory=dict)
    user: str
    role: str
    reason: str = ""
    asked_as: str = ""
    asked_ns: int
    expires_ns: int
    status: Status = "pending"
    message: str = ""
    result: Any = None
    ended_ns: int = 0


def answered(state: RequestState, status: str, message: str, result: Any, now_ns: int) -> RequestState | None:
    """Return the state after a device's answer, None where the request had ended before.

    A status that is none of the four counts as failed, and the message says what came.
    """
    if state.status != "pending":
        return None
    if status not in ENDS:
        status, message = "failed", f"the device answered with status {status[:40]!r}: {message}".strip(": ")
    return replace(state, status=status, message=message, result=result, ended_ns=now_ns)  # type: ignore[arg-type]


def expired(state: RequestState, now_ns: int) -> RequestState | None:
    """Return the state once its time is over, None before that and after another end."""
    if state.status != "pending" or now_ns < state.expires_ns:
        return None
    seconds = (state.expires_ns - state.asked_ns) / 1e9
    return replace(state, status="expired", message=f"no answer within {seconds:g} s", ended_ns=now_ns)


def given_up(state: RequestState, status: Literal["failed", "refused"], message: str, now_ns: int) -> RequestState:
    """Return the state of a request that the server ends: it could not be sent, must not be, or the server stops."""
    return replace(state, status=status, message=message, ended_ns=now_ns)


def agrees(wish: Any, reported: Any) -> bool:
    """Return whether a device reports what it was asked for; a number may have gone through 32 bits.

    Example:
        >>> agrees(0.1, 0.10000000149), agrees("auto", "hand")
        (True, False)
    """
    numbers = (int, float)
    if isinstance(wish, numbers) and isinstance(reported, numbers) and not isinstance(wish, bool):
        return not isinstance(reported, bool) and math.isclose(wish, reported, rel_tol=1e-6)
    return bool(wish == reported)


def checked_arguments(spec: CommandSpec, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a command, each of its kind, in the declared order.

    Raises:
        RequestInvalid: One is missing, unknown, of another kind, or out of range.
    """
    known = {p.name: p for p in spec.parameters}
    for name in args:
        if name not in known:
            raise RequestInvalid(name, expected=f"one of {', '.join(known) or 'no arguments'}", got=args[name])
    out: dict[str, Any] = {}
    for parameter in spec.parameters:
        if parameter.name in args and args[parameter.name] is not None:
            out[parameter.name] = checked_value(parameter.name, parameter, args[parameter.name])
        elif parameter.required:
            raise RequestInvalid(parameter.name, expected=_described(parameter), got="nothing")
    return out


def checked_value(name: str, spec: ParameterSpec | PropertySpec, value: Any) -> Any:
    """Return a value of the declared kind.

    Raises:
        RequestInvalid: It is of another kind, none of the choices, or out of range.
    """
    if not _fits(spec.kind, value) or (spec.choices and value not in spec.choices):
        raise RequestInvalid(name, expected=_described(spec), got=value)
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise RequestInvalid(name, expected=f"at most {MAX_TEXT} characters", got=value)
        return value
    if spec.range is not None and not spec.range[0] <= value <= spec.range[1]:
        raise RequestInvalid(name, expected=_described(spec), got=value)
    return float(value) if spec.kind == "float" else value


def _fits(kind: PropertyKind, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind in {"str", "enum"}:
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        number = float(value)
    except OverflowError:  # an integer of more than 308 digits
        return False
    return math.isfinite(number) and (kind == "float" or number.is_integer())


def _described(spec: ParameterSpec | PropertySpec) -> str:
    if spec.choices:
        return f"one of {', '.join(spec.choices)}"
    words = {"float": "a number", "int": "a whole number", "bool": "true or false", "str": "a text", "enum": "a text"}
    text = words[spec.kind]
    if spec.range is not None:
        text += f" from {spec.range[0]:g} to {spec.range[1]:g}"
    return f"{text} {spec.unit}".strip()

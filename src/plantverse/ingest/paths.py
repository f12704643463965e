r"""Paths into a payload, compiled to closures: `motor.temps[1]`, `vals[id=101].val`, `params.switch:0.apower`.

A member's name may hold anything but `.`, `[` and `]`; `\\.` and `\\[` stand for those characters themselves.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from plantverse.errors import PlantInvalid

Getter = Callable[[Any], Any]


class _Missing:
    """The one value that says: no such member."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Where:
    """`[id=101]`: the first element of an array whose member has this text."""

    member: str
    text: str


Step = str | int | Where

_TOKEN = re.compile(r"\.?((?:\\.|[^.\[\]\\])+)|\[(\d{1,9})\]|\[([^=\[\]]+)=([^\[\]]*)\]")


def parse(path: str, where: str = "key") -> tuple[Step, ...]:
    """Return the steps of a path; () for the payload itself.

    Args:
        path: As in a binding's `key`.
        where: Named in the error.

    Raises:
        PlantInvalid: The text is not a path.

    Example:
        >>> parse("motor.temps[1]")
        ('motor', 'temps', 1)
    """
    steps: list[Step] = []
    at = 0
    while at < len(path):
        token = _TOKEN.match(path, at)
        if token is None or (path[at] == "." and not steps):
            raise PlantInvalid(
                where,
                expected="a path such as motor.temps[1] or vals[id=101].val",
                got=path,
                hint=f"it stops making sense at character {at + 1}",
            )
        name, index, member, text = token.groups()
        if name is not None:
            if steps and path[at] != ".":
                raise PlantInvalid(where, expected="a dot after ]", got=path)
            steps.append(re.sub(r"\\(.)", r"\1", name))
        elif index is not None:
            steps.append(int(index))
        else:
            steps.append(Where(member, text))
        at = token.end()
    return tuple(steps)


def text_of(steps: tuple[Step, ...]) -> str:
    """Return the path that parses to these steps."""
    out = ""
    for step in steps:
        if isinstance(step, str):
            out += ("." if out else "") + re.sub(r"([.\[\]\\])", r"\\\1", step)
        elif isinstance(step, int):
            out += f"[{step}]"
        else:
            out += f"[{step.member}={step.text}]"
    return out


@lru_cache(maxsize=65_536)
def compile_path(steps: tuple[Step, ...]) -> Getter:
    """Return a function from a decoded payload to the value at the path, `MISSING` where there is none.

    It never raises, whatever the payload is.
    """
    if not steps:
        return _itself
    if len(steps) == 1 and isinstance(steps[0], str):
        return _member(steps[0])
    getters = [_step(step) for step in steps]

    def walk(value: Any) -> Any:
        for getter in getters:
            value = getter(value)
            if value is MISSING:
                return MISSING
        return value

    return walk


def id_text(value: Any) -> str | None:
    """Return the text an element's id is compared by; ids are texts even where they look like numbers."""
    if type(value) is str:
        return value
    if type(value) is int and value.bit_length() <= 64:
        return str(value)
    return None


def replaced(document: Any, steps: tuple[Step, ...], value: Any) -> Any:
    """Return a copy of a document with another value at a path of names and indices that it has."""
    if not steps:
        return value
    copy = document.copy()
    copy[steps[0]] = replaced(document[steps[0]], steps[1:], value)
    return copy


def _itself(value: Any) -> Any:
    return value


def _member(name: str) -> Getter:
    def get(value: Any) -> Any:
        return value.get(name, MISSING) if type(value) is dict else MISSING

    return get


@lru_cache(maxsize=65_536)
def _step(step: Step) -> Getter:
    if isinstance(step, str):
        return _member(step)
    if isinstance(step, int):
        return _index(step)
    return _first_where(step)


def _index(index: int) -> Getter:
    def get(value: Any) -> Any:
        return value[index] if type(value) is list and index < len(value) else MISSING

    return get


def _first_where(step: Where) -> Getter:
    member, text = step.member, step.text

    def get(value: Any) -> Any:
        if type(value) is not list:
            return MISSING
        for element in value:
            if type(element) is dict and id_text(element.get(member)) == text:
                return element
        return MISSING

    return get

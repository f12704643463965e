"""Reads a table of a plant file into a dataclass, with every mistake named."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from plantverse.twins.problems import Problems, closest

_S = TypeVar("_S")

_WORDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Mapping: "a table",
    dict: "a table",
    tuple: "a list",
    list: "a list",
}


def read_table(
    kind: type[_S],
    table: object,
    where: Callable[[str], str],
    problems: Problems,
    **fixed: Any,
) -> _S | None:
    """Return the dataclass that a table describes, None if something is wrong in it.

    Args:
        kind: The dataclass.
        table: What stands in the file.
        problems: Takes the mistakes.
        where: Gives the place of a key ("" for the table) for messages.
        fixed: Fields that are known already.
    """
    if not isinstance(table, dict):
        problems.add(where(""), expected="a table", got=table)
        return None
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind) if f.name not in fixed]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    known = len(problems.found)
    for key, value in table.items():
        if key not in names:
            problems.add(where(key), expected="a known key", got=key, hint=closest(key, names))
        else:
            values[key] = read_value(value, hints[key], where(key), problems)
    for field in fields(kind):  # type: ignore[arg-type]
        required = field.default is MISSING and field.default_factory is MISSING
        if required and field.name in names and field.name not in values:
            problems.add(where(""), expected=f"the key {field.name}", got="none")
    return kind(**fixed, **values) if len(problems.found) == known else None


def read_value(value: object, kind: Any, where: str, problems: Problems) -> Any:
    """Return a value of TOML in the type of a field."""
    try:
        return msgspec.convert(value, kind, str_keys=True)
    except msgspec.ValidationError:
        problems.add(where, expected=expected(kind), got=value, hint=_hint(value, kind))
        return None


def expected(kind: Any) -> str:
    """Return what a type means to an author."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(str(a) for a in args)
    if origin is UnionType:
        return " or ".join(expected(a) for a in args if a is not NoneType)
    if origin is tuple and args and args[-1] is not ...:
        return f"a list of {len(args)} numbers"
    if origin is tuple:
        return f"a list of {expected(args[0]).removeprefix('a ')}s"
    return _WORDS.get(origin or kind, getattr(kind, "__name__", str(kind)))


def _hint(value: object, kind: Any) -> str | None:
    if get_origin(kind) is Literal and isinstance(value, str):
        return closest(value, [str(a) for a in get_args(kind)])
    return None

"""Which kind of signal or property a Python type stands for, and the codes of Enum classes."""

from collections.abc import Mapping
from enum import Enum
from typing import cast

from plantverse.twins.specs import PropertyKind, SignalKind


def is_enum(kind: object) -> bool:
    """Return whether a declared kind is an Enum class."""
    return isinstance(kind, type) and issubclass(kind, Enum)


def codes_of(kind: type) -> dict[int, str]:
    """Return label by code of an Enum class."""
    members = list(cast("type[Enum]", kind))
    whole = all(isinstance(m.value, int) and not isinstance(m.value, bool) for m in members)
    return {int(m.value) if whole else i: m.name for i, m in enumerate(members)}


def code_of(member: object) -> float:
    """Return the code of an Enum member, or a plain number as it is."""
    if not isinstance(member, Enum):
        return float(cast("float", member))
    labels = codes_of(type(member))
    return float(next(code for code, label in labels.items() if label == member.name))


def signal_kind(kind: object, codes: Mapping[int, str]) -> SignalKind:
    """Return the kind of signal that a Python type stands for.

    Raises:
        TypeError: The type is not numeric.
    """
    if is_enum(kind):
        return "enum"
    if kind is int:
        return "enum" if codes else "int"
    if kind is float:
        return "float"
    if kind is bool:
        return "bool"
    raise TypeError("float, int, bool or an Enum class")


def property_kind(kind: object, choices: tuple[str, ...]) -> PropertyKind:
    """Return the kind of property that a Python type stands for.

    Raises:
        TypeError: No JSON scalar.
    """
    if kind is str:
        return "enum" if choices else "str"
    if is_enum(kind):
        return "enum"
    if kind is bool:
        return "bool"
    if kind is int:
        return "int"
    if kind is float:
        return "float"
    raise TypeError("str, float, int, bool or an Enum class")

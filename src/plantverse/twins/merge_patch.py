"""RFC 7396 merge patches over JSON-like dicts, as values: nothing given is ever mutated."""

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]


def apply_patch(document: Mapping[str, Any], patch: Mapping[str, Any]) -> Document:
    """Return the document with the patch applied; None removes a member.

    Source: RFC 7396, section 2, for objects.

    Example:
        >>> apply_patch({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}})
        {'b': {'c': 2, 'd': 3}}
    """
    out = dict(document)
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, Mapping):
            old = out.get(key)
            out[key] = apply_patch(old if isinstance(old, Mapping) else {}, value)
        else:
            out[key] = value
    return out


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> Document:
    """Return the smallest patch that makes `new` of `old`; empty when they are equal.

    Neither document may hold None (a property is never null: absent means unknown).
    """
    patch: Document = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            if inner := diff(before, value):
                patch[key] = inner
            elif not value and before:
                patch[key] = {}
        elif key not in old or type(before) is not type(value) or before != value:
            patch[key] = value
    return patch


def compose(first: Mapping[str, Any], second: Mapping[str, Any]) -> Document:
    """Join two patches into one that does both, in that order.

    `apply_patch(apply_patch(d, first), second) == apply_patch(d, compose(first, second))` wherever `first` does not
    turn an object of d into a scalar and back; publishers send such rare twins whole.
    """
    out = dict(first)
    for key, value in second.items():
        before = out.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            out[key] = compose(before, value)
        else:
            out[key] = value
    return out

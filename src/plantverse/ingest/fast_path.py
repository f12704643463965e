"""A decoder for the commonest messages, one number and perhaps its time, that builds no dict.

`{"ts": 1764115200.123, "value": 21.5}` costs a third of what the general way costs. Whatever is not exactly of that
form (texts, NaN, words, ISO times) is refused here and read the general way.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from plantverse.ingest.topic_map import TIME_KEYS, VALUE_KEYS, Route, Target
from plantverse.twins.samples import EXACT_LIMIT
from plantverse.twins.synthetic import MEMBER

_STAMPS = ("stamp", "stamp2", "stamp3")
_MOST_IGNORED = 24
"""A topic with more members that nothing reads is not looked at for further ones."""


def fast_decoder(route: Route, document: object) -> Callable[[bytes], Any] | None:
    """Return a decoder to objects with `value`, `stamp`, `stamp2` and `stamp3`, None where the general way is needed.

    Args:
        route: What the topic feeds.
        document: A message of the topic that was read the general way; it shows which member is the value.
    """
    if len(route.targets) != 1 or route.availability:
        return None
    target, binding = route.targets[0], route.targets[0].binding
    simple = (
        target.plain
        and (target.kind == "float" or (target.factor == 1.0 and target.offset == 0.0))  # an int may need rounding
        and not target.contested
        and not target.counter
        and target.get_quality is None
        and binding.codec in {"auto", "json"}
        and binding.encoding == "auto"
        and binding.compression in {"auto", "none"}
        and binding.time_unit == "auto"
        and math.isfinite(EXACT_LIMIT * target.factor + abs(target.offset))
        and not any(mark in (binding.time_key or "") for mark in ".[\\")
    )
    if not simple:
        return None
    if type(document) in {int, float} and (target.implied or not target.key):
        return _bare_decoder(target.kind)
    return _object_decoder(route, target, document) if type(document) is dict else None


def _object_decoder(route: Route, target: Target, document: dict[Any, Any]) -> Callable[[bytes], Any] | None:
    member, time_key = _member(target, document), target.binding.time_key
    stamps = TIME_KEYS if time_key is None else (time_key,) if time_key else ()
    if member is None or member in stamps or any(type(document.get(s, 0)) not in {int, float} for s in stamps):
        return None
    ignored = (
        None if len(route.noted) > _MOST_IGNORED else tuple(sorted(route.noted - ({MEMBER} if route.real else set())))
    )
    # A mark is an unknown member and so goes the general way; it must be named where unknown ones are passed over, or
    # where `"synthetic": false` has been seen.
    watched = route.real and (ignored is None or MEMBER in route.noted)
    return _decoder(member, stamps, target.kind, ignored, watched=watched)


def _names(target: Target) -> list[str]:
    """Where the general way looks for the value, in its order."""
    names = [target.key[0]] if len(target.key) == 1 and isinstance(target.key[0], str) else []
    return [*names, target.path, *VALUE_KEYS] if target.implied else names


def _member(target: Target, document: dict[Any, Any]) -> str | None:
    found = next((name for name in _names(target) if name in document), None)
    return found if found is not None and type(document[found]) in {int, float} else None


class _Bare(msgspec.Struct, gc=False):
    """A bare number in the form of the decoded objects."""

    value: float
    stamp: float | None = None
    stamp2: float | None = None
    stamp3: float | None = None


@lru_cache(2)
def _bare_decoder(kind: str) -> Callable[[bytes], Any]:
    number: Any = int if kind == "int" else int | float
    decode = msgspec.json.Decoder(number).decode

    def read(payload: bytes) -> _Bare:
        return _Bare(decode(payload))

    return read


@lru_cache(1024)
def _decoder(
    member: str, stamps: tuple[str, ...], kind: str, ignored: tuple[str, ...] | None, *, watched: bool
) -> Callable[[bytes], Any]:
    """A member outside `ignored` (None for no limit) fails, so that the general way may count it.

    With `watched`, the mark of synthetic data fails unless it is null.
    """
    fields: list[Any] = [("value", int if kind == "int" else int | float)]
    names = {"value": member}
    for field, name in zip(_STAMPS, stamps, strict=False):
        fields.append((field, int | float | None, None))
        names[field] = name
    absent = dict.fromkeys(_STAMPS[len(stamps) :])
    for number, name in enumerate(ignored or ()):
        fields.append((f"ignored{number}", msgspec.Raw, None))
        names[f"ignored{number}"] = name
    if watched:
        fields.append(("mark", None, None))
        names["mark"] = MEMBER
    struct = msgspec.defstruct(
        "Message", fields, rename=names, gc=False, namespace=absent, forbid_unknown_fields=ignored is not None
    )
    return msgspec.json.Decoder(struct).decode

"""What a message would do, for people who map topics."""

from collections.abc import Mapping
from typing import Any

from plantverse.errors import PayloadInvalid
from plantverse.ingest import paths, payloads
from plantverse.ingest.scalars import Value
from plantverse.ingest.stamps import NO_STAMP
from plantverse.ingest.topic_map import Route, Target
from plantverse.ingest.unknown_topics import suggestion
from plantverse.twins import quality as q
from plantverse.twins.registry import Registry
from plantverse.twins.synthetic import ROOT, bears_mark

MEMBERS_SHOWN = 50


def explained(
    route: Route | None, topic: str, payload: bytes, registry: Registry, unpacked_limit: int
) -> Mapping[str, Any]:
    """Return the bindings of a topic, and what each makes of a payload.

    Args:
        route: What the topic feeds, None for nothing.
        topic: The topic.
        payload: A payload; empty shows the bindings alone.
        registry: Gives the signals.
        unpacked_limit: Bytes of the payload once unpacked.
    """
    if route is None:
        hint = f"POST /api/v1/mapping/bind makes the twin {suggestion(topic, payload)['twin']}"
        return _answer(topic, [], [{"cause": "unmapped", "reason": "nothing reads this topic", "hint": hint}])
    bindings = [_binding(t) for t in route.targets]
    bindings += [{"signal": f"{twin}:", "key": "", "unit": "", "availability": True} for twin, _ in route.availability]
    if not payload:
        return _answer(topic, bindings, [])
    results = _presence(route, payload)
    if route.targets:
        try:
            document = route.codec(payloads.unpack(payload, route.compression, unpacked_limit), route.encoding)
        except PayloadInvalid as exc:
            results.append({"cause": exc.cause, "reason": exc.message, "hint": exc.hint or ""})
        else:
            elements = document if type(document) is list and not route.whole else [document]
            if route.real and any(map(bears_mark, elements)):
                hint = f"publish it below {ROOT}/, to a twin that is declared synthetic"
                refused = {"cause": "synthetic", "reason": "a real twin takes no synthetic data", "hint": hint}
                return _answer(topic, bindings, [refused])
            for element in elements:
                results += _values(route, element, registry)
    return _answer(topic, bindings, results)


def _answer(topic: str, bindings: list[dict[str, Any]], result: list[dict[str, Any]]) -> dict[str, Any]:
    return {"topic": topic, "bindings": bindings, "result": result}


def _binding(target: Target) -> dict[str, Any]:
    return {
        "signal": f"{target.twin}:{target.path}",
        "key": paths.text_of(target.key),
        "unit": target.binding.unit,
        "factor": target.factor,
        "offset": target.offset,
        "priority": target.binding.priority,
        "property": target.slot < 0,
    }


def _presence(route: Route, payload: bytes) -> list[dict[str, Any]]:
    results = []
    for twin, read in route.availability:
        try:
            results.append({"twin": twin, "online": read(payload)})
        except PayloadInvalid as exc:
            results.append({"cause": exc.cause, "reason": exc.message, "hint": exc.hint or ""})
    return results


def _values(route: Route, document: Any, registry: Registry) -> list[dict[str, Any]]:
    results = []
    for target in route.targets:
        raw = target.get(document)
        if raw is not paths.MISSING:
            results.append(_value(target, raw, document, registry))
    if type(document) is dict and not route.whole:
        results += [_unknown(str(member)) for member in list(document)[:MEMBERS_SHOWN] if member not in route.members]
    if not results:
        wanted = ", ".join(sorted({paths.text_of(t.key) or "the payload itself" for t in route.targets})[:8])
        results.append({"cause": "no_value", "reason": "no member that a binding reads", "hint": f"read are {wanted}"})
    return results


def _unknown(member: str) -> dict[str, Any]:
    return {
        "cause": "unknown_member",
        "reason": f"nothing reads {member}",
        "hint": f'bind a signal with key = "{member}"',
    }


def _value(target: Target, raw: Any, document: Any, registry: Registry) -> dict[str, Any]:
    signal = f"{target.twin}:{target.path}"
    read = target.read(raw)
    if isinstance(read, Value) and read.number is None:
        return {"signal": signal, "cause": read.cause, "reason": read.cause.replace("_", " "), "hint": read.hint}
    if target.slot < 0:
        return {"signal": signal, "value": read, "unit": target.binding.unit, "quality": "good", "observed_us": None}
    value = read.number * target.factor + target.offset if target.plain else read.number
    low, high = float(registry.low[target.slot]), float(registry.high[target.slot])
    found = (
        target.read_time(at) for get in target.times if (at := get(document)) is not paths.MISSING and at is not None
    )
    stamp_ns, quality = next(found, NO_STAMP)
    if not low <= value <= high:
        quality = max(quality, q.OUT_OF_RANGE)
    if target.get_quality is not None and target.read_quality is not None:
        told = target.get_quality(document)
        quality = max(quality, target.read_quality(None if told is paths.MISSING else told))
    return {
        "signal": signal,
        "value": value,
        "unit": registry.specs[target.slot].unit,
        "quality": q.describe(quality),
        "observed_us": stamp_ns / 1e3 or None,
    }

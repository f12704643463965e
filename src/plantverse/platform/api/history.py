"""Stored samples and events."""

import asyncio
import math
from typing import Annotated, Any

import msgspec
import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from plantverse.errors import RequestInvalid
from plantverse.platform.api.caller import Caller, Server
from plantverse.platform.api.models import AsOfAnswer, BucketsAnswer, EventList, SeriesAnswer
from plantverse.platform.history.store import Series
from plantverse.platform.persistence import stored_signal
from plantverse.platform.plant_host import require_twin
from plantverse.platform.readings import plain
from plantverse.platform.services import Services
from plantverse.platform.times import parse_span, parse_time
from plantverse.twins import quality as q
from plantverse.twins.identity import split_signal_id
from plantverse.twins.selectors import parse
from plantverse.twins.specs import SignalSpec

router = APIRouter(tags=["history"])

MAX_ROWS = 1_000_000
MAX_BUCKETS = 100_000
"""Wider answers help nobody: a screen has some 4,000 columns."""

TimeText = Annotated[str, Query(max_length=64, examples=["-10m"])]
SpanText = Annotated[str, Query(max_length=32, examples=["10s"])]


@router.get("/history/series", response_model=SeriesAnswer)
async def series(
    server: Server,
    _: Caller,
    signal: str,
    start: TimeText = "-10m",
    end: TimeText = "now",
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = 100_000,
) -> dict[str, Any]:
    """Read raw samples, the first `limit` of `start` <= observed < `end`."""
    spec, kept_as, synthetic = _signal(server, signal)
    start_ns, end_ns = _span(server, start, end)
    rows = await asyncio.to_thread(server.store.series, kept_as, start_ns, end_ns, limit)
    return {
        "signal": signal,
        "synthetic": synthetic,
        "unit": spec.unit,
        "observed_us": (rows.observed_ns / 1e3).tolist(),
        "value": _values(rows, spec.kind),
        "quality": rows.quality.tolist(),
    }


@router.get("/history/buckets", response_model=BucketsAnswer)
async def buckets(
    server: Server,
    _: Caller,
    signal: str,
    start: TimeText = "-10m",
    end: TimeText = "now",
    width: SpanText = "1s",
) -> dict[str, Any]:
    """Read samples condensed to spans of `width`."""
    spec, kept_as, synthetic = _signal(server, signal)
    start_ns, end_ns = _span(server, start, end)
    width_ns = parse_span(width, "width")
    if (end_ns - start_ns) // width_ns > MAX_BUCKETS:
        raise RequestInvalid("width", expected=f"at most {MAX_BUCKETS} buckets between start and end", got=width)
    found = await asyncio.to_thread(server.store.buckets, kept_as, start_ns, end_ns, width_ns)
    return {
        "signal": signal,
        "synthetic": synthetic,
        "unit": spec.unit,
        "start_us": (found.start_ns / 1e3).tolist(),
        "min": numbers(found.minimum),
        "max": numbers(found.maximum),
        "mean": numbers(found.mean),
        "count": found.count.tolist(),
        "worst": found.worst.tolist(),
    }


@router.get("/history/as-of", response_model=AsOfAnswer)
async def as_of(
    server: Server,
    _: Caller,
    at: TimeText,
    selector: Annotated[str, Query(max_length=4_096)] = "*",
    look_back: SpanText = "",
) -> dict[str, Any]:
    """Read what every chosen signal was at a moment."""
    at_ns = parse_time(at, "at", server.clock.time_ns())
    back_ns = parse_span(look_back, "look_back") if look_back else None
    names = server.readings.names(parse(selector))
    slots = [server.registry.slot(name) for name in names]
    kept_as = [stored_signal(server.registry, slot) for slot in slots]
    observed, value, quality = await asyncio.to_thread(server.store.as_of, kept_as, at_ns, back_ns)
    kinds = [server.registry.specs[slot].kind for slot in slots]
    return {
        "at_us": at_ns / 1e3,
        "signals": [
            {
                "signal": name,
                "synthetic": stored != name,
                "value": None if math.isnan(v) else plain(v, kind),
                "observed_us": o / 1e3 or None,
                "quality": q.describe(int(c)) if o else q.describe(q.NEVER_SEEN),
            }
            for name, stored, kind, o, v, c in zip(
                names, kept_as, kinds, observed.tolist(), value.tolist(), quality.tolist(), strict=True
            )
        ],
    }


@router.get("/events", response_model=EventList)
async def events(  # noqa: PLR0917  FastAPI passes them by name
    server: Server,
    _: Caller,
    start: TimeText = "-24h",
    end: TimeText = "now",
    kind: Annotated[str, Query(max_length=64)] = "",
    twin: Annotated[str, Query(max_length=512)] = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> dict[str, Any]:
    """Read what happened, the newest `limit` of `total`, oldest first."""
    start_ns, end_ns = _span(server, start, end)
    span, only, of = (start_ns, end_ns + 1), kind or None, twin or None
    found = await asyncio.to_thread(server.store.events, *span, kind=only, twin=of, limit=limit)
    total = len(found)
    if total == limit:
        total = await asyncio.to_thread(server.store.count_events, *span, kind=only, twin=of)
    return {
        "total": total,
        "events": [
            {
                "revision": e.revision,
                "epoch": e.epoch,
                "at_us": e.at_ns / 1e3,
                "kind": e.kind,
                "twin": e.twin,
                "body": msgspec.json.decode(e.body),
            }
            for e in found
        ],
    }


def numbers(column: NDArray[np.float64]) -> list[float | None]:
    """Return a column for JSON, which has no NaN."""
    return [v if math.isfinite(v) else None for v in column.tolist()]


def _signal(server: Services, signal: str) -> tuple[SignalSpec, str, bool]:
    """Return what a signal is, under which name history keeps it, and whether it is synthetic."""
    twin_id = split_signal_id(signal)[0]
    require_twin(server.registry, twin_id)
    slot = server.registry.slot(signal)
    return server.registry.specs[slot], stored_signal(server.registry, slot), server.registry.is_synthetic(twin_id)


def _span(server: Services, start: str, end: str) -> tuple[int, int]:
    now_ns = server.clock.time_ns()
    start_ns, end_ns = parse_time(start, "start", now_ns), parse_time(end, "end", now_ns)
    if start_ns >= end_ns:
        raise RequestInvalid("end", expected="a time after start", got=end)
    return start_ns, end_ns


def _values(rows: Series, kind: str) -> list[Any]:
    values = numbers(rows.value)
    if kind == "float":
        return values
    exact = rows.value.tolist() if rows.exact is None else rows.exact.tolist()
    return [None if v is None else plain(v, kind, int(e)) for v, e in zip(values, exact, strict=True)]

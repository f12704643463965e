"""Device times of every kind, read to ns since 1970: epochs in four units, whole or fractional, and ISO 8601 text.

Source of the magnitudes: an epoch of s, ms, us or ns between 1973 and 5138 lies in exactly one of the four decades.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from plantverse.errors import PlantInvalid
from plantverse.twins import quality as q

Stamp = tuple[int, int]
"""ns since 1970 (0: none usable) and a quality byte."""

NO_STAMP: Final[Stamp] = (0, q.GOOD)
UNREADABLE: Final[Stamp] = (0, q.CLOCK_SKEW)
AMBIGUOUS: Final = q.pack(q.Severity.UNCERTAIN, q.Cause.LOCAL_TIME_AMBIGUOUS)

_FACTOR: Final = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_INT64: Final = 2**63 - 1
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d*)?([eE][+-]?\d{1,2})?\Z", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?|\d{8}T\d{6}|\d{4}-\d\d-\d\d)"
    r"(?:[.,](\d{1,12})\d*)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?\Z",
    re.ASCII,
)


def stamp_reader(unit: str = "auto", zone: str = "UTC", where: str = "zone") -> Callable[[Any], Stamp]:
    """Return a function from a decoded time to (ns since 1970, quality).

    The quality is good, uncertain `clock_skew` where the time can't be read (0 ns), or uncertain
    `local_time_ambiguous` where a local hour does not exist or comes twice.

    Args:
        unit: `auto` takes the magnitude; `s`, `ms`, `us`, `ns`; `iso` for text only.
        zone: IANA zone of texts without one.
        where: Named in the error.

    Raises:
        PlantInvalid: No such zone.
    """
    try:
        local: tzinfo = UTC if zone in {"", "UTC"} else ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise PlantInvalid(where, expected="an IANA zone such as Europe/Berlin", got=zone) from exc
    numeric = unit != "iso"
    factor = _FACTOR.get(unit, 0)

    def read(value: Any) -> Stamp:
        kind = type(value)
        if kind is int and numeric:
            return _of_int(value, factor)
        if kind is float and numeric:
            return _of_float(value, factor)
        if kind is str:
            text = value.strip()
            if numeric and _NUMBER.match(text):
                return _of_float(float(text), factor) if not text.isdigit() else _of_int(int(text), factor)
            return of_iso(text, local)
        if isinstance(value, datetime):  # CBOR tags 0 and 1
            return _of_datetime(value, local, value.microsecond * 1000)
        return NO_STAMP if value is None else UNREADABLE

    return read


def of_iso(text: str, local: tzinfo = UTC) -> Stamp:
    """Return (ns, quality) of an ISO 8601 text, nanoseconds kept."""
    parts = _ISO.match(text)
    if parts is None:
        return UNREADABLE
    seconds, fraction, offset = parts.groups()
    try:
        moment = datetime.fromisoformat(seconds + ((offset or "").upper()))
    except ValueError:
        return UNREADABLE
    return _of_datetime(moment, local, int((fraction or "0").ljust(9, "0")[:9]))


def _of_datetime(moment: datetime, local: tzinfo, fraction_ns: int) -> Stamp:
    quality = q.GOOD
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=local)
        if local is not UTC and _doubtful(moment):
            quality = AMBIGUOUS
    try:
        elapsed = moment.replace(microsecond=0) - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        return UNREADABLE
    return _bounded(elapsed // timedelta(seconds=1) * 10**9 + fraction_ns, quality)


def _doubtful(moment: datetime) -> bool:
    """Both folds agree on the offset except within a hour that a clock change skips or repeats (PEP 495)."""
    return moment.utcoffset() != moment.replace(fold=1).utcoffset()


def _of_int(value: int, factor: int) -> Stamp:
    if factor == 0:
        size = abs(value)
        factor = 10**9 if size < 10**11 else 10**6 if size < 10**14 else 10**3 if size < 10**17 else 1
    return _bounded(value * factor, q.GOOD)


def _of_float(value: float, factor: int) -> Stamp:
    if not math.isfinite(value):
        return UNREADABLE
    if factor == 0:
        size = abs(value)
        factor = 10**9 if size < 1e11 else 10**6 if size < 1e14 else 10**3 if size < 1e17 else 1
    if abs(value) * factor > _INT64:
        return UNREADABLE
    # A double holds today's time to a quarter of a microsecond: rounding there gives back what the device wrote.
    return _bounded(round(value * (factor / 1000)) * 1000 if factor > 1 else round(value), q.GOOD)


def _bounded(ns: int, quality: int) -> Stamp:
    return (ns, quality) if 0 < ns <= _INT64 else UNREADABLE

"""Times and spans as people write them in URLs and on the command line."""

import re
from datetime import UTC, datetime

from plantverse.errors import RequestInvalid

_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")
_UNIT_NS = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_LATEST_NS = 1 << 62
"""Year 2116: beyond it a number is not seconds."""


def parse_span(text: str, field: str) -> int:
    """Return nanoseconds of `10s`, `1.5m`, `250ms`, `1h`, `2d`, `1w`.

    Raises:
        RequestInvalid: It is none, or it is zero.

    Example:
        >>> parse_span("1.5m", "width")
        90000000000
    """
    match = _SPAN.fullmatch(text.strip())
    span = round(float(match[1]) * _UNIT_NS[match[2]]) if match else 0
    if not 0 < span < _LATEST_NS:
        raise RequestInvalid(field, expected="a span such as 10s, 1m or 24h", got=text)
    return span


def parse_time(text: str, field: str, now_ns: int) -> int:
    """Return ns since the Unix epoch of `now`, `-10m`, seconds since 1970, or ISO 8601 (without a zone: UTC).

    Raises:
        RequestInvalid: It is none of these.

    Example:
        >>> parse_time("-10s", "start", 60_000_000_000)
        50000000000
        >>> parse_time("2026-01-01", "start", 0)
        1767225600000000000
    """
    text = text.strip()
    if text == "now":
        return now_ns
    if text.startswith("-") and _SPAN.fullmatch(text[1:]):
        return now_ns - parse_span(text[1:], field)
    try:
        seconds = float(text)
    except ValueError:
        return _iso(text, field)
    if not 0 <= seconds < _LATEST_NS / 1e9:
        raise RequestInvalid(field, expected="seconds since 1970, ISO 8601, -10m or now", got=text)
    whole, _, fraction = text.partition(".")
    if whole.isdigit() and fraction.isdigit():
        return int(whole) * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
    return round(seconds * 1e9)


def _iso(text: str, field: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RequestInvalid(field, expected="seconds since 1970, ISO 8601, -10m or now", got=text) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def iso(ns: int) -> str:
    """Return ISO 8601 in UTC with microseconds.

    Example:
        >>> iso(1_500_000_000_000_000_000)
        '2017-07-14T02:40:00.000000Z'
    """
    whole, rest = divmod(ns, 1_000_000_000)
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest // 1000:06d}Z"

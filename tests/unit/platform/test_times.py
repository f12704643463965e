"""Times and spans as people write them."""

import pytest

from plantverse.errors import RequestInvalid
from plantverse.platform.times import iso, parse_span, parse_time

NOW_NS = 1_764_115_200_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW_NS),
        ("-10m", NOW_NS - 600_000_000_000),
        ("-1.5h", NOW_NS - 5_400_000_000_000),
        ("1764115200", NOW_NS),
        ("1764115200.123456789", NOW_NS + 123_456_789),
        ("2025-11-26T00:00:00Z", NOW_NS),
        ("2025-11-26T01:00:00+01:00", NOW_NS),
        ("2025-11-26", NOW_NS),
        (" 2025-11-26 00:00 ", NOW_NS),
    ],
)
def test_a_time_is_read(text: str, expected: int) -> None:
    assert parse_time(text, "start", NOW_NS) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "-10", "-5y", "nan", "inf", "1e300", "-1", "2025-13-01", "10m"])
def test_what_is_no_time_says_what_was_expected(text: str) -> None:
    with pytest.raises(RequestInvalid, match=r"^start: expected .*ISO 8601"):
        parse_time(text, "start", NOW_NS)


@pytest.mark.parametrize(("text", "ns"), [("1ms", 10**6), ("10s", 10**10), ("2d", 172_800 * 10**9)])
def test_a_span_is_read(text: str, ns: int) -> None:
    assert parse_span(text, "width") == ns


@pytest.mark.parametrize("text", ["", "10", "0s", "-1s", "1y", "s", "9999999999w", "1e3s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(RequestInvalid, match="width"):
        parse_span(text, "width")


def test_iso_is_utc_with_microseconds() -> None:
    assert iso(NOW_NS + 1_234_000) == "2025-11-26T00:00:00.001234Z"

"""Tables for people, tab-separated lines for pipes, JSON for programs."""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from plantverse.twins.units import display

if TYPE_CHECKING:
    from plantverse.client import Reading


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows: a table on a terminal, tab-separated with a header line elsewhere."""
    if not sys.stdout.isatty():
        typer.echo("\t".join(headers))
        for row in rows:
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headers, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def number(value: float | None) -> str:
    """Return a value as people read it: at most six significant digits, `-` for none.

    Example:
        >>> number(3.14159265), number(None), number(True), number(7)
        ('3.14159', '-', 'true', '7')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def age(seconds: float | None) -> str:
    """Return an age in the unit that fits it.

    Example:
        >>> age(0.25), age(75), age(7300), age(None)
        ('0.2 s', '1.2 min', '2.0 h', '-')
    """
    if seconds is None:
        return "-"
    for unit, size, until in (("s", 1.0, 60.0), ("min", 60.0, 3_600.0), ("h", 3_600.0, 172_800.0)):
        if seconds < until:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 86_400:.1f} d"


def iso(us: float) -> str:
    """Return microseconds since 1970 as ISO 8601 in UTC.

    Example:
        >>> iso(1.5e15)
        '2017-07-14T02:40:00.000000Z'
    """
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def none_for_nan(value: float) -> float | None:
    """Return None for NaN, which JSON does not have."""
    return None if math.isnan(value) else value


def reading_row(reading: "Reading") -> tuple[str, str, str, str, str]:
    """Return signal, value, unit, age and quality as cells."""
    shown = f"{number(reading.value)} ({reading.label})" if reading.label else number(reading.value)
    return reading.signal, shown, display(reading.unit), age(reading.age_s), reading.quality


READING_HEADERS = ("signal", "value", "unit", "age", "quality")

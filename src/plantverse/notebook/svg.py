"""Lines over time as SVG text; pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from statistics import median

WIDTH, PANEL, LEFT, RIGHT, LEGEND, BOTTOM = 720, 150, 62, 12, 18, 22
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#6a3d9a", "#7f7f7f")
"""The first six are Okabe and Ito's, which people with colour-blindness tell apart."""
DOUBTFUL = "#8a8f98"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A signal's spans, oldest first; lists of equal length, NaN where a span had no value.

    Attributes:
        at_us: Middle of each span, microseconds since 1970.
        doubtful: Whether a sample of the span was uncertain or bad.
    """

    name: str
    unit: str
    at_us: list[float]
    low: list[float]
    high: list[float]
    mean: list[float]
    doubtful: list[bool]


def drawing(lines: Sequence[Line], start_us: float, end_us: float) -> str:
    """Return an SVG of lines over time (UTC), one panel for each unit, in the order of their first line."""
    units = list(dict.fromkeys(line.unit for line in lines))
    height = len(units) * (PANEL + LEGEND) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="11" fill="#333">',
        f"<title>{escape(', '.join(line.name for line in lines))}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for row, unit in enumerate(units):
        members = [(line, COLORS[i % len(COLORS)]) for i, line in enumerate(lines) if line.unit == unit]
        parts += _panel(members, unit, row * (PANEL + LEGEND) + LEGEND, start_us, end_us)
    parts += _times(start_us, end_us, height - BOTTOM)
    return "".join([*parts, "</svg>"])


def _panel(members: Sequence[tuple[Line, str]], unit: str, top: float, start_us: float, end_us: float) -> Iterator[str]:
    finite = [v for line, _ in members for v in (*line.low, *line.high) if math.isfinite(v)]
    ticks = steps(min(finite), max(finite)) if finite else [0.0, 1.0]
    low, high = min(ticks[0], *finite, math.inf), max(ticks[-1], *finite, -math.inf)

    def x(us: float) -> float:
        return LEFT + (us - start_us) / (end_us - start_us) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return top + PANEL - 4 - (value - low) / (high - low) * (PANEL - 8)

    for tick in ticks:
        at = f"{y(tick):.1f}"
        yield f'<path d="M{LEFT} {at}H{WIDTH - RIGHT}" stroke="#e3e6ea"/>'
        yield f'<text x="{LEFT - 6}" y="{at}" dy="4" text-anchor="end">{tick:.6g}</text>'
    legend = LEFT
    for line, color in members:
        text = line.name if finite else f"{line.name}: no values"
        yield f'<text x="{legend}" y="{top - 5}" fill="{color}">{escape(text)}</text>'
        legend += 7 * len(text) + 14
    yield f'<text x="{LEFT - 6}" y="{top - 5}" text-anchor="end">{escape(unit)}</text>'
    for line, color in members:
        for run, doubtful in _runs(line):
            shade = DOUBTFUL if doubtful else color
            up = " ".join(f"{x(line.at_us[i]):.1f},{y(line.high[i]):.1f}" for i in run)
            down = " ".join(f"{x(line.at_us[i]):.1f},{y(line.low[i]):.1f}" for i in reversed(run))
            middle = " ".join(f"{x(line.at_us[i]):.1f},{y(line.mean[i]):.1f}" for i in run)
            yield f'<polygon points="{up} {down}" fill="{shade}" fill-opacity="0.2"/>'
            yield (
                f'<polyline points="{middle}" fill="none" stroke="{shade}" stroke-width="1.5" stroke-linecap="round"/>'
            )


def _runs(line: Line) -> Iterator[tuple[list[int], bool]]:
    """Yield stretches without a gap and whether they are doubtful, with a doubtful link where that changes."""
    usual = median([b - a for a, b in zip(line.at_us, line.at_us[1:], strict=False)] or [0.0])
    run: list[int] = []
    for i, value in enumerate(line.mean):
        if run:
            before = run[-1]
            gap = not math.isfinite(value) or line.at_us[i] - line.at_us[before] > 5 * usual
            turn = not gap and line.doubtful[i] != line.doubtful[before]
            if gap or turn:
                yield run, line.doubtful[before]
                run = []
            if turn:
                yield [before, i], True
        if math.isfinite(value):
            run.append(i)
    if run:
        yield run, line.doubtful[run[-1]]


def _times(start_us: float, end_us: float, top: float) -> Iterator[str]:
    long = end_us - start_us > 86_400e6
    for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end")):
        moment = datetime.fromtimestamp((start_us + share * (end_us - start_us)) / 1e6, UTC)
        text = moment.strftime("%Y-%m-%d %H:%M" if long else "%H:%M:%S")
        x = LEFT + share * (WIDTH - LEFT - RIGHT)
        yield f'<text x="{x:.0f}" y="{top + 15}" text-anchor="{anchor}">{text}{" UTC" if share == 1 else ""}</text>'


def steps(low: float, high: float) -> list[float]:
    """Return two to six round numbers, from at or below `low` to at or above `high`.

    Example:
        >>> steps(0.3, 9.1)
        [0.0, 5.0, 10.0]
    """
    span = high - low or abs(high) or 1.0
    rough = span / 4
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
    first, last = math.floor(low / step), max(math.ceil(high / step), math.floor(low / step) + 1)
    return [round(step * k, 12) for k in range(first, last + 1)]

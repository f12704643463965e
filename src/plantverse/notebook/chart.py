"""`chart`: history of a few signals as a small SVG, one panel for each unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantverse.client import Client
from plantverse.client.client import Moment
from plantverse.errors import RequestInvalid
from plantverse.notebook.svg import Line, drawing

POINTS = 360
"""Spans of the chart: about one for every two pixels."""
MOST_SIGNALS = 8


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that Jupyter shows; `svg` is its text, for a file."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


def chart(client: Client, signals: str | Sequence[str], start: Moment = "-10m", end: Moment = "now") -> Chart:
    """Return a chart of stored samples: the mean as a line in the band of minimum and maximum, doubtful spans in grey.

    Args:
        client: From `plantverse.connect`.
        signals: One, or up to eight, as `hall/pump-1:flow`; those of one unit share a panel.
        start: When it begins, as everywhere in the client.
        end: When it ends.

    Raises:
        NotFound: There is no such signal.
        RequestInvalid: None or more than eight signals, or the start does not lie before the end.
        HistoryUnavailable: The store does not answer.
    """
    names = [signals] if isinstance(signals, str) else list(signals)
    if not 0 < len(names) <= MOST_SIGNALS:
        raise RequestInvalid("signals", expected=f"1 to {MOST_SIGNALS} signals", got=len(names))
    # The server turns `-10m` and `now` into moments of its own clock.
    start_us, end_us = client.as_of(start, names[0]).at_us, client.as_of(end, names[0]).at_us
    if not start_us < end_us:
        raise RequestInvalid("start", expected="a moment before the end", got=start)
    width_ms = max(1, round((end_us - start_us) / 1e3 / POINTS))
    lines = []
    for name in names:
        found = client.buckets(name, start_us / 1e6, end_us / 1e6, width=f"{width_ms}ms")
        lines.append(
            Line(
                name=name,
                unit=found.unit,
                at_us=(found.start_us + width_ms * 500).tolist(),
                low=found.minimum.tolist(),
                high=found.maximum.tolist(),
                mean=found.mean.tolist(),
                doubtful=(found.worst > 0).tolist(),
            )
        )
    return Chart(drawing(lines, start_us, end_us))

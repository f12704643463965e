"""`plantverse data`: stored samples, read through the server, which alone may open the store."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url, client_of
from plantverse.cli.output import READING_HEADERS, iso, none_for_nan, number, reading_row, show_json, show_table
from plantverse.errors import ConfigInvalid
from plantverse.twins.quality import describe

if TYPE_CHECKING:
    from plantverse.client import Buckets, Series

Cell = str | float | None

Start = Annotated[str, typer.Option(help="ISO 8601, seconds since 1970, or -10m, -2h, -1d.")]
End = Annotated[str, typer.Option(help="As --start, or now.")]


def query(
    selector: Annotated[str, typer.Argument(help="A signal (hall/pump-1:flow); with --at any selector.")],
    start: Start = "-10m",
    end: End = "now",
    width: Annotated[str, typer.Option(help="Condense to spans of this width: 10s, 1m, 1h.")] = "",
    at: Annotated[str, typer.Option(help="What was known at this moment, instead of a range.")] = "",
    limit: Annotated[int, typer.Option(help="Samples at most.")] = 10_000,
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Show stored samples of a signal, condensed ones, or what every signal was at a moment."""
    with client_of(url, token, ca) as client:
        if at:
            readings = client.as_of(at, selector).readings.values()
            if as_json:
                show_json([asdict(r) for r in readings])
            else:
                show_table(READING_HEADERS, (reading_row(r) for r in readings))
            return
        headers, rows = (
            bucket_rows(client.buckets(selector, start, end, width=width))
            if width
            else sample_rows(client.history(selector, start, end, limit=limit))
        )
    if as_json:
        show_json([dict(zip(headers, row, strict=True)) for row in rows])
    else:
        show_table(headers, ([c if isinstance(c, str) else number(c) for c in row] for row in rows))


def sample_rows(series: "Series") -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    """Return headers and cells of raw samples."""
    return ("time", "value", "unit", "quality"), [
        (iso(t), none_for_nan(v), series.unit, describe(q))
        for t, v, q in zip(series.observed_us.tolist(), series.value.tolist(), series.quality.tolist(), strict=True)
    ]


def bucket_rows(found: "Buckets") -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    """Return headers and cells of condensed samples."""
    columns = (found.start_us, found.minimum, found.mean, found.maximum, found.count, found.worst)
    return ("time", "min", "mean", "max", "unit", "count", "quality"), [
        (iso(t), none_for_nan(low), none_for_nan(mean), none_for_nan(high), found.unit, n, describe(worst))
        for t, low, mean, high, n, worst in zip(*(c.tolist() for c in columns), strict=True)
    ]


def export(
    selector: Annotated[str, typer.Argument(help="Which signals, for example 'type:Pump'.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="A .csv or .parquet file, or - for CSV on standard output.")],
    start: Start = "-24h",
    end: End = "now",
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
) -> None:
    """Write every stored sample of some signals to a file: signal, time, value, unit, quality."""
    from plantverse.cli.export import export_csv, export_parquet

    if str(out) != "-" and out.suffix not in {".csv", ".parquet"}:
        raise ConfigInvalid(f"--out {out}: expected a .csv or .parquet file, or -")
    write = export_parquet if out.suffix == ".parquet" else export_csv
    with client_of(url, token, ca) as client:
        count = write(client, selector, start, end, out)
    typer.echo(f"{count} samples written to {out}", err=True)

"""Writes stored samples to files, page by page, so that a year does not have to fit into memory."""

import csv
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from plantverse.cli.output import iso
from plantverse.client import Client, Series
from plantverse.client.client import Moment
from plantverse.errors import ConfigInvalid
from plantverse.twins.quality import describe

PAGE = 200_000
"""Samples per request: some 10 MB of JSON."""
COLUMNS = ("signal", "time", "value", "unit", "quality", "synthetic")


def pages(client: Client, signal: str, start: Moment, end: Moment, *, size: int = PAGE) -> Iterator[Series]:
    """Yield the samples of a signal in order, each once; samples of one microsecond stay on one page."""
    while True:
        page = client.history(signal, start, end, limit=size)
        if len(page) < size:
            yield page
            return
        last = float(np.floor(page.observed_us[-1]))
        whole = page.observed_us < last
        if not whole.any():
            raise ConfigInvalid(f"{signal}: more than {size} samples in one microsecond cannot be paged")
        yield replace(page, observed_us=page.observed_us[whole], value=page.value[whole], quality=page.quality[whole])
        start = last / 1e6


def export_csv(client: Client, selector: str, start: Moment, end: Moment, out: Path) -> int:
    """Write CSV (UTF-8, times in ISO 8601 UTC) and return the number of samples; `-` is standard output."""
    count = 0
    with ExitStack() as stack:
        file = sys.stdout if str(out) == "-" else stack.enter_context(out.open("w", newline="", encoding="utf-8"))
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for page in _all(client, selector, start, end):
            columns = (page.observed_us.tolist(), page.value.tolist(), page.quality.tolist())
            writer.writerows(
                (page.signal, iso(t), "" if np.isnan(v) else v, page.unit, describe(q), str(page.synthetic).lower())
                for t, v, q in zip(*columns, strict=True)
            )
            count += len(page)
    return count


def export_parquet(client: Client, selector: str, start: Moment, end: Moment, out: Path) -> int:
    """Write Parquet (time as TIMESTAMPTZ in UTC) and return the number of samples.

    Raises:
        ConfigInvalid: DuckDB, which writes it, is not installed.
    """
    try:
        import duckdb
    except ModuleNotFoundError as exc:
        raise ConfigInvalid("Parquet needs duckdb", hint="pip install 'plantverse[server]', or export CSV") from exc
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "export.duckdb")) as base:
        base.execute("SET TimeZone = 'UTC'")
        base.execute(
            "CREATE TABLE samples (signal VARCHAR, time TIMESTAMPTZ, value DOUBLE, unit VARCHAR, quality VARCHAR,"
            " synthetic BOOLEAN)"
        )
        words = np.array([describe(code) for code in range(192)])
        for page in _all(client, selector, start, end):
            columns = {"t": page.observed_us.astype(np.int64), "v": page.value, "q": words[page.quality]}
            base.register("page", columns)
            base.execute(
                "INSERT INTO samples SELECT ?, make_timestamptz(t), CASE WHEN isnan(v) THEN NULL ELSE v END, ?, q, ? "
                "FROM page",
                [page.signal, page.unit, page.synthetic],
            )
        # COPY takes no parameter for its file.
        base.execute(f"COPY (FROM samples ORDER BY signal, time) TO '{_quoted(out)}' (FORMAT parquet)")
        counted = base.execute("SELECT count(*) FROM samples").fetchone()
    assert counted is not None, "count(*) always has a row"
    return int(counted[0])


def _all(client: Client, selector: str, start: Moment, end: Moment) -> Iterator[Series]:
    for signal in client.latest(selector):
        yield from pages(client, signal, start, end)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

"""Tables and files of the DuckDB history: one catalogue file, and one file of samples per period.

The catalogue (`plant.duckdb`) holds what is small and changes: names of signals, events, documents, the newest
sample per signal as of the last snapshot. Samples are only ever appended, to the file of the period in which they
arrived (`samples-20251125T000000Z.duckdb`). DuckDB files never shrink, so space comes back by deleting whole files.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FORMAT = 1
"""Raised when an older plantverse could no longer read the files."""

CATALOGUE = "plant.duckdb"
_STAMP = "%Y%m%dT%H%M%SZ"
_PREFIX = "samples-"

CATALOGUE_TABLES = (
    "create table if not exists meta (name varchar primary key, value varchar not null)",
    "create table if not exists signals (key integer primary key, name varchar not null)",
    "create table if not exists events (epoch bigint not null, revision bigint not null, at_ns bigint not null,"
    " kind varchar not null, twin varchar not null, body varchar not null)",
    "create table if not exists documents (twin varchar primary key, body varchar not null,"
    " epoch bigint not null, revision bigint not null)",
    "create table if not exists latest (key integer not null, seen_ns bigint not null, observed_ns bigint,"
    " value double, quality utinyint, exact bigint)",
    "create table if not exists marks (file varchar not null, rows bigint not null)",
)

SAMPLE_TABLE = (
    "create table if not exists samples"
    " (key integer not null, observed_ns bigint not null, received_ns bigint not null, value double,"
    " quality utinyint not null, flags utinyint not null, stamp_ns bigint, packet usmallint not null, exact bigint)"
)
"""`value` is null where no usable number came, `stamp_ns` where it equals `observed_ns`, `exact` where `value` is
the integer itself."""


@dataclass(slots=True)
class Period:
    """One file of samples.

    Attributes:
        start_ns: Start of the span of arrival that the file was made for.
        path: The file; its name is made from `start_ns`.
        alias: Its name inside DuckDB.
        rows: Rows committed.
        low_ns, high_ns: Least and greatest `observed_ns`; `low_ns > high_ns` while it is empty.
        arrived_ns: Greatest `received_ns`.
    """

    start_ns: int
    path: Path
    alias: str
    rows: int = 0
    low_ns: int = 2**63 - 1
    high_ns: int = -(2**63)
    arrived_ns: int = -(2**63)

    def overlaps(self, start_ns: int, end_ns: int) -> bool:
        """Return whether a row with `start_ns <= observed_ns < end_ns` can be in the file."""
        return self.low_ns < end_ns and self.high_ns >= start_ns

    def grow(self, rows: int, low_ns: int, high_ns: int, arrived_ns: int) -> None:
        """Count rows that were committed."""
        self.rows += rows
        self.low_ns = min(self.low_ns, low_ns)
        self.high_ns = max(self.high_ns, high_ns)
        self.arrived_ns = max(self.arrived_ns, arrived_ns)


def period_at(folder: Path, start_ns: int) -> Period:
    """Return the (still empty) period that starts at a whole second."""
    stamp = datetime.fromtimestamp(start_ns // 1_000_000_000, UTC).strftime(_STAMP)
    return Period(start_ns, folder / f"{_PREFIX}{stamp}.duckdb", f"samples_{stamp}")


def periods_in(folder: Path) -> list[Period]:
    """Return the periods whose files lie in the folder, oldest first; other files are left alone."""
    found = []
    for path in folder.glob(f"{_PREFIX}*.duckdb"):
        try:
            start = datetime.strptime(path.stem.removeprefix(_PREFIX), _STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        found.append(period_at(folder, int(start.timestamp()) * 1_000_000_000))
    return sorted(found, key=lambda period: period.start_ns)

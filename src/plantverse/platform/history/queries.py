"""Questions about samples, as SQL over the period files that can hold an answer.

Zone maps do the work of an index: rows lie in order of arrival, which is nearly the order of observation, so a range
of `observed_ns` touches few row groups.
"""

# ruff: noqa: S608 - the SQL is put together from our own table names and integers

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np

from plantverse.platform.history.newest import NEVER_NS, NewestRows
from plantverse.platform.history.schema import Period
from plantverse.platform.history.store import Buckets, Series
from plantverse.twins.samples import I64

_BAD = 128
"""Quality bytes from here on have the severity bad (twins/quality.py)."""

_LOOK_BACKS_S = (60, 600, 7_200, 86_400)
"""How far an as-of query reaches before it looks further for the signals not found yet."""


def series(
    cursor: duckdb.DuckDBPyConnection, periods: Sequence[Period], key: int, start_ns: int, end_ns: int, *, limit: int
) -> Series:
    """Return rows of one key in order of observation, then arrival."""
    where = f"key = {key} and observed_ns >= {start_ns} and observed_ns < {end_ns}"
    files = [period for period in periods if period.overlaps(start_ns, end_ns)]
    columns = "observed_ns, value, quality, received_ns, exact"
    found = cursor.execute(
        f"select {columns} from ({_rows(files, columns, where)}) order by observed_ns, part, row limit {limit}"
    ).fetchnumpy()
    value = _filled(found["value"], np.nan)
    exact = found["exact"]
    missing = np.ma.getmaskarray(exact)
    return Series(
        observed_ns=np.asarray(found["observed_ns"], np.int64),
        value=value,
        quality=np.asarray(found["quality"], np.uint8),
        received_ns=np.asarray(found["received_ns"], np.int64),
        exact=None if missing.all() else np.where(missing, _rounded(value), np.ma.getdata(exact)),
    )


def buckets(
    cursor: duckdb.DuckDBPyConnection, periods: Sequence[Period], key: int, start_ns: int, end_ns: int, *, width_ns: int
) -> Buckets:
    """Return rows of one key condensed to spans that start at multiples of `width_ns`."""
    where = f"key = {key} and observed_ns >= {start_ns} and observed_ns < {end_ns}"
    files = [period for period in periods if period.overlaps(start_ns, end_ns)]
    columns = "observed_ns, value, quality"
    # DuckDB's % takes the sign of the dividend; adding the width once more floors times before 1970, too.
    start = f"observed_ns - ((observed_ns % {width_ns}) + {width_ns}) % {width_ns}"
    found = cursor.execute(
        f"select {start} as start_ns, min(value) filter (quality < {_BAD}) as minimum,"
        f" max(value) filter (quality < {_BAD}) as maximum, avg(value) filter (quality < {_BAD}) as mean,"
        " count(value) as count, max(quality) as worst"
        f" from ({_rows(files, columns, where)}) group by 1 order by 1"
    ).fetchnumpy()
    return Buckets(
        start_ns=np.asarray(found["start_ns"], np.int64),
        minimum=_filled(found["minimum"], np.nan),
        maximum=_filled(found["maximum"], np.nan),
        mean=_filled(found["mean"], np.nan),
        count=np.asarray(found["count"], np.int64),
        worst=np.asarray(found["worst"], np.uint8),
    )


def spans_back(at_ns: int, first_ns: int) -> Iterator[tuple[int, int]]:
    """Yield spans (start, end) that reach further and further back from `at_ns` and together cover down to `first_ns`.

    Ends are exclusive; the first span includes `at_ns` itself.
    """
    end_ns = at_ns + 1
    for look_back_s in (*_LOOK_BACKS_S, None):
        start_ns = first_ns if look_back_s is None else max(first_ns, at_ns - look_back_s * 1_000_000_000)
        if start_ns < end_ns:
            yield start_ns, end_ns
            end_ns = start_ns


def newest_before(
    cursor: duckdb.DuckDBPyConnection, periods: Sequence[Period], *, keys: I64, start_ns: int, end_ns: int
) -> tuple[I64, NewestRows]:
    """Return, for those of the keys that have a row with a value in the span, the newest such row.

    Returns:
        Indices into `keys`, and a row for each.
    """
    files = [period for period in periods if period.overlaps(start_ns, end_ns)]
    wanted = {"place": np.arange(len(keys)), "key": keys.astype(np.int32)}  # noqa: F841 - DuckDB reads it by this name
    where = f"observed_ns >= {start_ns} and observed_ns < {end_ns} and value is not null"
    found = cursor.execute(
        f"with newest as ({_newest(files, where, only='key in (select key from wanted)')})"
        " select wanted.place, newest.* from newest join wanted using (key) order by place"
    ).fetchnumpy()
    return np.asarray(found["place"], np.int64), newest_rows(found)


def count(cursor: duckdb.DuckDBPyConnection, periods: Sequence[Period], start_ns: int, end_ns: int) -> int:
    """Return how many rows have `start_ns <= observed_ns < end_ns`."""
    rows = 0
    for period in periods:
        if period.low_ns >= start_ns and period.high_ns < end_ns:
            rows += period.rows
        elif period.overlaps(start_ns, end_ns):
            where = f"observed_ns >= {start_ns} and observed_ns < {end_ns}"
            found = cursor.execute(f"select count(*) from {period.alias}.samples where {where}").fetchone()
            rows += found[0] if found else 0
    return rows


def newest_since(cursor: duckdb.DuckDBPyConnection, period: Period, row: int) -> NewestRows:
    """Return the newest row per key among rows number `row` and later of one file.

    `seen_ns` is exact, also where a key has only rows without a value.
    """
    samples = f"{period.alias}.samples"
    found = cursor.execute(
        f"with newest as ({_newest([period], f'value is not null and rowid >= {row}')}),"
        f" seen as (select key, max(observed_ns) as seen_ns from {samples} where rowid >= {row} group by key)"
        " select * from seen left join newest using (key)"
    ).fetchnumpy()
    return newest_rows(found)


def _newest(files: Sequence[Period], where: str, only: str = "true") -> str:
    columns = "key, observed_ns, value, quality, exact"
    rows = _rows(files, columns, f"{where} and {only}")
    # Two passes over the same few row groups: a maximum, then the rows that have it. Of rows with one stamp the last
    # to arrive counts, which a single arg_max over observed_ns would leave to chance.
    return (
        f"with hits as ({rows}), top as (select key, max(observed_ns) as observed_ns from hits group by key)"
        " select key, observed_ns, arg_max(value, (part, row)) as value, arg_max(quality, (part, row)) as quality,"
        " arg_max_null(exact, (part, row)) as exact from hits join top using (key, observed_ns) group by 1, 2"
    )


def _rows(files: Sequence[Period], columns: str, where: str) -> str:
    if not files:
        nothing = ", ".join(f"null::{_TYPES[name]} as {name}" for name in columns.split(", "))
        return f"select 0 as part, 0 as row, {nothing} where false"
    return " union all ".join(
        f"select {part} as part, rowid as row, {columns} from {period.alias}.samples where {where}"
        for part, period in enumerate(files)
    )


_TYPES = {
    "key": "integer",
    "observed_ns": "bigint",
    "received_ns": "bigint",
    "value": "double",
    "quality": "utinyint",
    "exact": "bigint",
}


def newest_rows(found: dict[str, np.ndarray]) -> NewestRows:
    """Return the newest row of each key as columns.

    Args:
        found: As DuckDB's `fetchnumpy` gives them, one row per key: `key`, `observed_ns`, `value`, `quality`, `exact`,
            masked where they are null, and `seen_ns` where it is told apart from `observed_ns`.
    """
    observed_ns = _filled(found["observed_ns"], NEVER_NS)
    exact = found["exact"]
    return NewestRows(
        key=np.asarray(found["key"], np.int64),
        seen_ns=_filled(found["seen_ns"], NEVER_NS) if "seen_ns" in found else observed_ns,
        observed_ns=observed_ns,
        value=_filled(found["value"], np.nan),
        quality=_filled(found["quality"], 0),
        exact=_filled(exact, 0),
        has_exact=~np.ma.getmaskarray(exact),
    )


def _filled(column: np.ndarray, missing: float) -> np.ndarray:
    return column.filled(missing) if isinstance(column, np.ma.MaskedArray) else column


def _rounded(value: np.ndarray) -> np.ndarray:
    fits = np.isfinite(value) & (np.abs(value) < 2.0**63)
    return np.where(fits, np.rint(value), 0).astype(np.int64)

"""Questions about samples, as InfluxQL.

Everything is asked by `history` (this store's random name) and `key`, never by the signal's name, so a renamed signal
answers with its whole past and two plants share a database without meeting.
"""

# ruff: noqa: S608 - the InfluxQL is put together from our own names and integers

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plantverse.platform.history.influx_http import InfluxServer, Table
from plantverse.platform.history.influx_lines import MEASUREMENT, from_stored
from plantverse.platform.history.newest import NEVER_NS, NewestRows
from plantverse.platform.history.store import Buckets, Series
from plantverse.twins.samples import F64, I64, U16

_LEAST_NS, _MOST_NS = -(2**63) + 2, 2**63 - 2
"""InfluxDB's own bounds of a time (models.MinNanoTime, models.MaxNanoTime)."""
_VALUED = '("value" < 0 or "value" >= 0)'
_BAD = 128
"""Quality bytes from here on have the severity bad (twins/quality.py)."""
_KEYS_PER_STATEMENT = 500
_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What tells one stored sample from another with its key and stamp."""

    number: int
    packet: int
    value: float | None
    exact: int | None


class InfluxQueries:
    """Asks one server about one history."""

    def __init__(self, server: InfluxServer, origin: str) -> None:
        self._server = server
        self._scope = f"\"history\" = '{origin}'"

    def series(self, key: int, start_ns: int, end_ns: int, limit: int) -> Series:
        """Return rows of one key in order of observation, then arrival."""
        columns = '"value", "quality", "received", "exact", "n"'
        head = f"select {columns} from {MEASUREMENT} where {self._of(key)}"
        rows = self._rows(f"{head} and {_within(start_ns, end_ns)} limit {limit}")
        if len(rows) == limit:
            # Of several rows with the last stamp InfluxDB may have chosen others than the first to arrive.
            last = rows[-1][0]
            same = self._rows(f"{head} and time = {last}")
            rows = [row for row in rows if row[0] != last] + same
        # `n` is a tag and so a text; the first row of a stamp has none.
        rows.sort(key=lambda row: (row[0], int(row[5] or 0)))
        rows = rows[:limit]
        value = _floats([row[1] for row in rows])
        exact = [row[4] for row in rows]
        return Series(
            observed_ns=np.array([row[0] for row in rows], np.int64),
            value=value,
            quality=np.array([row[2] for row in rows], np.uint8),
            received_ns=np.array([row[3] for row in rows], np.int64),
            exact=None if all(e is None for e in exact) else _exact(exact, value),
        )

    def buckets(self, key: int, start_ns: int, end_ns: int, width_ns: int) -> Buckets:
        """Return rows of one key condensed to spans that start at multiples of `width_ns`."""
        span = f"{self._of(key)} and {_within(start_ns, end_ns)}"
        group = f"group by time({width_ns}ns) fill(none)"
        counts, usable = self._server.ask(
            [
                f'select count("value"), max("quality") from {MEASUREMENT} where {span} {group}',
                f'select min("value"), max("value"), mean("value") from {MEASUREMENT}'
                f' where {span} and "quality" < {_BAD} {group}',
            ]
        )
        all_rows, usable_rows = _flat(counts, "time", "count", "max"), _flat(usable, "time", "min", "max", "mean")
        start = np.array([row[0] for row in all_rows], np.int64)
        at = np.searchsorted(start, np.array([row[0] for row in usable_rows], np.int64))
        condensed = np.full((3, len(start)), np.nan)
        if usable_rows:
            condensed[:, at] = _floats([cell for row in usable_rows for cell in row[1:]]).reshape(-1, 3).T
        minimum, maximum, mean = condensed
        low, high = minimum == -np.inf, maximum == np.inf
        mean = np.where(low & high, np.nan, np.where(low, -np.inf, np.where(high, np.inf, mean)))
        return Buckets(
            start_ns=start,
            minimum=minimum,
            maximum=maximum,
            mean=mean,
            count=np.array([row[1] or 0 for row in all_rows], np.int64),
            worst=np.array([row[2] for row in all_rows], np.uint8),
        )

    def newest_before(self, keys: I64, start_ns: int, end_ns: int) -> NewestRows:
        """Return the newest row with a value in the span, of those keys that have one, in order of key."""
        return self._newest([f'"key" =~ {k} and {_within(start_ns, end_ns)}' for k in _patterns(keys)])

    def newest(self) -> NewestRows:
        """Return the newest row per key; `seen_ns` counts rows without a value, too."""
        valued = self._newest([f"time <= {_MOST_NS}"])
        (tables,) = self._server.ask(
            [
                f'select "quality" from {MEASUREMENT} where {self._scope} and time <= {_MOST_NS}'
                ' group by "key" order by time desc limit 1'
            ]
        )
        seen = {int(table.tags["key"]): table.columns["time"][0] for table in tables}
        keys = np.array(sorted(seen), np.int64)
        at = np.searchsorted(valued.key, keys).clip(max=max(len(valued.key) - 1, 0))
        found = valued.key[at] == keys if len(valued.key) else np.zeros(len(keys), np.bool_)
        rows = at[found]
        observed_ns = np.full(len(keys), NEVER_NS, np.int64)
        value = np.full(len(keys), np.nan)
        quality = np.zeros(len(keys), np.uint8)
        exact = np.zeros(len(keys), np.int64)
        has_exact = np.zeros(len(keys), np.bool_)
        observed_ns[found], value[found], quality[found] = (
            valued.observed_ns[rows],
            valued.value[rows],
            valued.quality[rows],
        )
        exact[found], has_exact[found] = valued.exact[rows], valued.has_exact[rows]
        return NewestRows(
            key=keys,
            seen_ns=np.array([seen[int(key)] for key in keys], np.int64),
            observed_ns=observed_ns,
            value=value,
            quality=quality,
            exact=exact,
            has_exact=has_exact,
        )

    def arrived_ns(self, near_ns: int) -> int:
        """Return the latest arrival among rows observed from an hour before `near_ns` on, 0 without any."""
        span = f"time >= {max(near_ns - _HOUR_NS, _LEAST_NS)} and time <= {_MOST_NS}"
        (tables,) = self._server.ask([f'select max("received") from {MEASUREMENT} where {self._scope} and {span}'])
        return int(tables[0].columns["max"][0]) if tables else 0

    def stored(self, spans: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int], list[StoredRow]]:
        """Return the rows within spans (key, first ns, last ns), by key and stamp."""
        answers = self._server.ask(
            [
                f'select "value", "exact", "packet", "n" from {MEASUREMENT} where {self._of(key)}'
                f" and time >= {first} and time <= {last}"
                for key, first, last in spans
            ]
        )
        found: dict[tuple[int, int], list[StoredRow]] = {}
        for (key, _, _), tables in zip(spans, answers, strict=True):
            for at, value, exact, packet, n in _flat(tables, "time", "value", "exact", "packet", "n"):
                found.setdefault((key, at), []).append(StoredRow(int(n or 0), packet, value, exact))
        return found

    def last_by_packet(self, since_ns: int, packets: U16) -> dict[int, list[tuple[int, StoredRow]]]:
        """Return per packet id the rows (key, row) of the message that used it last and arrived since then."""
        (tables,) = self._server.ask(
            [
                f'select "value", "exact", "packet", "received", "key" from {MEASUREMENT} where {self._scope}'
                f" and time >= {max(since_ns - _HOUR_NS, _LEAST_NS)} and time <= {_MOST_NS}"
                f' and "received" >= {since_ns} and "packet" >= {packets.min()} and "packet" <= {packets.max()}'
            ]
        )
        latest: dict[int, int] = {}
        rows: dict[int, list[tuple[int, StoredRow]]] = {}
        for value, exact, packet, received, key in _flat(tables, "value", "exact", "packet", "received", "key"):
            if received > latest.get(packet, NEVER_NS):
                latest[packet] = received
                rows[packet] = []
            if received == latest[packet]:
                rows[packet].append((int(key), StoredRow(0, packet, value, exact)))
        return rows

    def count(self, start_ns: int, end_ns: int) -> int:
        """Return how many rows have `start_ns <= observed_ns < end_ns`."""
        if start_ns >= end_ns:
            return 0
        (tables,) = self._server.ask(
            [f'select count("quality") from {MEASUREMENT} where {self._scope} and {_within(start_ns, end_ns)}']
        )
        return int(tables[0].columns["count"][0]) if tables else 0

    def delete_before(self, before_ns: int) -> None:
        """Delete rows observed before that time."""
        self._server.ask([f"delete from {MEASUREMENT} where {self._scope} and time < {before_ns}"])

    def _of(self, key: int) -> str:
        return f"{self._scope} and \"key\" = '{key}'"

    def _rows(self, statement: str) -> list[tuple]:  # type: ignore[type-arg]
        (tables,) = self._server.ask([statement])
        return _flat(tables, "time", "value", "quality", "received", "exact", "n")

    def _newest(self, conditions: Sequence[str]) -> NewestRows:
        # One row per series from its end; of rows with one stamp the one with the greatest `n` arrived last.
        answers = self._server.ask(
            [
                f'select "value", "quality", "exact" from {MEASUREMENT} where {self._scope} and {_VALUED}'
                f' and {condition} group by "key", "n" order by time desc limit 1'
                for condition in conditions
            ]
        )
        best: dict[int, tuple] = {}  # type: ignore[type-arg]
        for table in (table for tables in answers for table in tables):
            key, number = int(table.tags["key"]), int(table.tags["n"] or 0)
            ((at, value, quality, exact),) = _flat([table], "time", "value", "quality", "exact")
            if key not in best or (at, number) > best[key][:2]:
                best[key] = (at, number, value, quality, exact)
        keys = sorted(best)
        rows = [best[key] for key in keys]
        observed_ns = np.array([row[0] for row in rows], np.int64)
        return NewestRows(
            key=np.array(keys, np.int64),
            seen_ns=observed_ns,
            observed_ns=observed_ns,
            value=_floats([row[2] for row in rows]),
            quality=np.array([row[3] for row in rows], np.uint8),
            exact=np.array([row[4] or 0 for row in rows], np.int64),
            has_exact=np.array([row[4] is not None for row in rows], np.bool_),
        )


def _within(start_ns: int, end_ns: int) -> str:
    return f"time >= {max(int(start_ns), _LEAST_NS)} and time < {min(int(end_ns), _MOST_NS)}"


def _patterns(keys: I64) -> list[str]:
    listed = [str(key) for key in keys.tolist()]
    chunks = [listed[at : at + _KEYS_PER_STATEMENT] for at in range(0, len(listed), _KEYS_PER_STATEMENT)]
    return [f"/^({'|'.join(chunk)})$/" for chunk in chunks]


def _flat(tables: Sequence[Table], *names: str) -> list[tuple]:  # type: ignore[type-arg]
    return [row for table in tables for row in zip(*(table.columns[name] for name in names), strict=True)]


def _floats(values: Sequence[float | None]) -> F64:
    return from_stored(np.array([np.nan if value is None else value for value in values], np.float64))


def _exact(exact: Sequence[int | None], value: F64) -> I64:
    fits = np.isfinite(value) & (np.abs(value) < 2.0**63)
    rounded = np.where(fits, np.rint(value), 0).astype(np.int64)
    return np.array([r if e is None else e for e, r in zip(exact, rounded.tolist(), strict=True)], np.int64)

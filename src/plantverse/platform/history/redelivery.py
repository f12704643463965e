"""Which rows of a batch are in the store already: the redelivery rule of docs/explanation/durability.md.

Only rows flagged `REDELIVERED` are ever asked about, so the ordinary batch pays one comparison. A unique index
would cost every commit 3.5 times as much.
"""

# ruff: noqa: S608 - the SQL is put together from our own table names and integers

from collections.abc import Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from plantverse.platform.history.newest import NewestColumns
from plantverse.platform.history.schema import Period
from plantverse.twins.samples import I64, Flag, SampleBatch

_SAME = (
    "f.key = s.key and f.packet = s.packet and f.value is not distinct from s.value"
    " and f.exact is not distinct from s.exact"
)

_LAST_USE = "select * from s qualify received_ns = max(received_ns) over (partition by packet)"
"""A packet id is not given out again before it is acknowledged, so a packet that comes again was the last to use it;
an equal reading that used the id a while ago was another message."""


class ArrivalWindow:
    """From which time of arrival on a stored row can be the first delivery of an unstamped one.

    Without a device time `observed_ns` changes at redelivery, so only packet id and value tell; packet ids come
    round again, so only rows from shortly before the interruption count. Redelivered rows that follow each other
    closely belong to one interruption, and its window stays where it was when they began: after a restart that
    is the end of what the earlier run stored, however long ago.
    """

    def __init__(self, width_ns: int) -> None:
        self._width_ns = width_ns
        self._last_ns: int | None = None
        self._since_ns = 0

    def since_ns(self, received_ns: int, stored_ns: int) -> int:
        """Return the start of the window.

        Args:
            received_ns: Arrival of the redelivered rows at hand.
            stored_ns: Arrival of the newest row stored so far.
        """
        if self._last_ns is None or abs(received_ns - self._last_ns) > self._width_ns:
            self._since_ns = stored_ns - self._width_ns
        self._last_ns = received_ns
        return self._since_ns


def repeated_in_batch(batch: SampleBatch, keys: I64) -> NDArray[np.bool_]:
    """Return which redelivered rows repeat a row of an earlier delivery in the same batch.

    Equal rows with one time of arrival came in one packet and are news; with different ones the later is a copy.
    """
    repeated = np.zeros(len(batch), np.bool_)
    flagged = (batch.flags & Flag.REDELIVERED) != 0
    rows = np.flatnonzero(np.isin(keys, keys[flagged]))
    stamped = (batch.flags[rows] & Flag.STAMPED) != 0
    value = np.where(np.isnan(batch.value[rows]), np.nan, batch.value[rows]).view(np.int64)
    exact = np.zeros(len(rows), np.int64) if batch.exact is None else batch.exact[rows]
    identity = np.stack(
        [
            keys[rows],
            batch.packet[rows].astype(np.int64),
            stamped.astype(np.int64),
            np.where(stamped, batch.observed_ns[rows], 0),
            value,
            exact,
        ]
    )
    order = np.lexsort(identity)
    ordered = identity[:, order]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    first = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    received_ns = batch.received_ns[rows][order]
    repeated[rows[order]] = received_ns != received_ns[first]
    repeated &= flagged
    return repeated


def stored_already(
    cursor: duckdb.DuckDBPyConnection,
    batch: SampleBatch,
    keys: I64,
    *,
    periods: Sequence[Period],
    newest: NewestColumns,
    since_ns: int,
) -> NDArray[np.bool_]:
    """Return which redelivered rows the period files hold.

    A stamp newer than every stored one of its signal is news without a look at the disk.
    """
    stored = np.zeros(len(batch), np.bool_)
    flagged = (batch.flags & Flag.REDELIVERED) != 0
    stamped = (batch.flags & Flag.STAMPED) != 0
    known = np.flatnonzero(flagged & stamped & (batch.observed_ns <= newest.seen_ns(keys)))
    if len(known):
        low, high = int(batch.observed_ns[known].min()), int(batch.observed_ns[known].max())
        files = [period for period in periods if period.overlaps(low, high + 1)]
        where = f"observed_ns between {low} and {high}"
        asked = batch.take(known)
        same = f"{_SAME} and f.observed_ns = s.observed_ns"
        stored[known[_matching(cursor, files, where, asked, keys[known], same=same)]] = True
    unstamped = np.flatnonzero(flagged & ~stamped)
    if len(unstamped):
        files = [period for period in periods if period.arrived_ns >= since_ns]
        where = f"received_ns >= {since_ns} and packet in (select packet from f)"
        asked = batch.take(unstamped)
        among = f"({_LAST_USE}) s"
        stored[unstamped[_matching(cursor, files, where, asked, keys[unstamped], among=among, same=_SAME)]] = True
    return stored


def _matching(
    cursor: duckdb.DuckDBPyConnection,
    files: Sequence[Period],
    where: str,
    rows: SampleBatch,
    keys: I64,
    *,
    same: str,
    among: str = "s",
) -> NDArray[np.int64]:
    if not files:
        return np.empty(0, np.int64)
    asked = {  # noqa: F841 - DuckDB reads the arrays by this name
        "row": np.arange(len(rows), dtype=np.int64),
        "key": keys.astype(np.int32),
        "observed_ns": rows.observed_ns,
        "value": rows.value,
        "packet": rows.packet,
        "exact": np.zeros(len(rows), np.int64) if rows.exact is None else rows.exact,
        "has_exact": (rows.flags & Flag.EXACT) != 0,
    }
    columns = "key, observed_ns, received_ns, packet, value, exact"
    stored = " union all ".join(f"select {columns} from {period.alias}.samples where {where}" for period in files)
    found = cursor.execute(
        "with f as (select row, key, observed_ns, packet, nullif(value, 'nan'::double) as value,"
        f" case when has_exact then exact end as exact from asked), s as ({stored})"
        f" select f.row from f semi join {among} on {same}"
    ).fetchnumpy()
    return np.asarray(found["row"], np.int64)

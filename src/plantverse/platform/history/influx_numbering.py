"""Which rows of a batch are news to InfluxDB, and which number tells them from others with their stamp.

The redelivery rule of docs/explanation/durability.md, with the database asked over InfluxQL. A row newer than every
stored one of its signal needs no question, nor one that shares the stamp of the newest; late rows cost one, a flagged
one too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.history.influx_lines import INFINITE, ranks
from plantverse.platform.history.influx_queries import InfluxQueries, StoredRow
from plantverse.platform.history.newest import NewestColumns, NewestRows
from plantverse.platform.history.redelivery import ArrivalWindow, repeated_in_batch
from plantverse.twins.samples import I64, Flag, SampleBatch

_GAP_NS = 10_000_000_000
"""Rows of one signal further apart than this are asked for separately."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Rows that are news.

    Attributes:
        batch: The rows.
        keys: int64, the key of each.
        number: int64, 0 for the first row of its key and stamp.
    """

    batch: SampleBatch
    keys: I64
    number: I64


class Numbering:
    """Knows what the database holds, as far as numbering needs it. One thread at a time.

    Args:
        queries: Asks the database.
        redelivery_ns: How far before an interruption an unstamped sample may first have arrived.
    """

    def __init__(self, queries: InfluxQueries, redelivery_ns: int) -> None:
        self._queries = queries
        self._window = ArrivalWindow(redelivery_ns)
        self._stored: NewestColumns | None = None
        self._at_newest = np.zeros(0, np.int64)
        self._arrived_ns = 0

    def learn(self) -> NewestRows | None:
        """Ask the database for the newest row per key, once; None when it was asked before.

        Raises:
            HistoryUnavailable: It does not answer.
        """
        if self._stored is not None:
            return None
        rows = self._queries.newest()
        self._arrived_ns = self._queries.arrived_ns(int(rows.seen_ns.max())) if len(rows.key) else 0
        self._stored = NewestColumns()
        self._stored.merge(rows)
        return rows

    def number(self, batch: SampleBatch, keys: I64) -> Numbered:
        """Return the rows that are news.

        Raises:
            HistoryUnavailable: The database had to be asked and does not answer.
        """
        self.learn()
        assert self._stored is not None, "learnt above"
        seen_ns = self._stored.seen_ns(keys)
        before = np.where(batch.observed_ns == seen_ns, self._count(keys), 0)
        known = (batch.observed_ns <= seen_ns) & ((before == 0) | ((batch.flags & Flag.REDELIVERED) != 0))
        stored = self._queries.stored(list(_spans(batch.observed_ns[known], keys[known]))) if known.any() else {}
        flagged = (batch.flags & Flag.REDELIVERED) != 0
        if flagged.any():
            repeated = self._repeated(batch, keys, flagged, known, stored) | repeated_in_batch(batch, keys)
            batch, keys, before = batch.take(~repeated), keys[~repeated], before[~repeated]
        number = ranks(keys, batch.observed_ns) + before
        if stored:
            after = {place: 1 + max(row.number for row in rows) for place, rows in stored.items()}
            places = zip(keys.tolist(), batch.observed_ns.tolist(), strict=True)
            asked = np.fromiter((after.get(place, 0) for place in places), np.int64, len(keys))
            number += np.where(before == 0, asked, 0)
        return Numbered(batch, keys, number)

    def took(self, batch: SampleBatch, keys: I64, number: I64 | None = None) -> None:
        """Note that the database has these rows; without their numbers, those of the newest stamps are asked for."""
        if self._stored is None or not len(batch):
            return
        earlier_ns = self._stored.seen_ns(keys)
        self._stored.update(batch, keys)
        self._arrived_ns = int(batch.received_ns[-1])
        self._count(keys)
        newest_ns = self._stored.seen_ns(keys)
        self._at_newest[keys[newest_ns > earlier_ns]] = 0
        newest = batch.observed_ns == newest_ns
        if number is None:
            self._at_newest[keys[newest]] = 0
        else:
            np.maximum.at(self._at_newest, keys[newest], number[newest] + 1)

    def _count(self, keys: I64) -> I64:
        """Return how many rows share the newest stamp of each key, 0 where that is not known."""
        missing = int(keys.max(initial=-1)) + 1 - len(self._at_newest)
        if missing > 0:
            self._at_newest = np.concatenate([self._at_newest, np.zeros(max(missing, 1024), np.int64)])
        return self._at_newest[keys]

    def _repeated(
        self,
        batch: SampleBatch,
        keys: I64,
        flagged: NDArray[np.bool_],
        known: NDArray[np.bool_],
        stored: dict[tuple[int, int], list[StoredRow]],
    ) -> NDArray[np.bool_]:
        repeated = np.zeros(len(batch), np.bool_)
        stamped = (batch.flags & Flag.STAMPED) != 0
        for row in np.flatnonzero(flagged & stamped & known):
            identity = _identity(batch, int(row))
            place = (int(keys[row]), int(batch.observed_ns[row]))
            repeated[row] = any(identity == (s.packet, s.value, s.exact) for s in stored.get(place, ()))
        unstamped = np.flatnonzero(flagged & ~stamped)
        if len(unstamped):
            since_ns = self._window.since_ns(int(batch.received_ns[flagged].min()), self._arrived_ns)
            last = self._queries.last_by_packet(since_ns, batch.packet[unstamped])
            for row in unstamped:
                identity = _identity(batch, int(row))
                candidates = last.get(int(batch.packet[row]), ())
                repeated[row] = any(
                    key == keys[row] and identity == (s.packet, s.value, s.exact) for key, s in candidates
                )
        return repeated


def _identity(batch: SampleBatch, row: int) -> tuple[int, float | None, int | None]:
    value = float(batch.value[row])
    exact = int(batch.exact[row]) if batch.exact is not None and batch.flags[row] & Flag.EXACT else None
    finite = None if np.isnan(value) else float(np.clip(value, -INFINITE, INFINITE))
    return int(batch.packet[row]), finite, exact


def _spans(observed_ns: I64, keys: I64) -> Iterator[tuple[int, int, int]]:
    order = np.lexsort((observed_ns, keys))
    key, at = keys[order], observed_ns[order]
    begins = np.ones(len(key), np.bool_)
    begins[1:] = (key[1:] != key[:-1]) | (at[1:] - at[:-1] > _GAP_NS)
    firsts = np.flatnonzero(begins)
    lasts = np.append(firsts[1:], len(key)) - 1
    for first, last in zip(firsts, lasts, strict=True):
        yield int(key[first]), int(at[first]), int(at[last])

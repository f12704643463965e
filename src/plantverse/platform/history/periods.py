"""The period files of a history: choosing one, appending to it, dropping the old ones."""

# ruff: noqa: S608 - the SQL is put together from our own table names and integers

import logging
from collections.abc import Sequence

import duckdb
import numpy as np

from plantverse.platform.history.database import Database
from plantverse.platform.history.files import make_file
from plantverse.platform.history.schema import SAMPLE_TABLE, Period, period_at, periods_in
from plantverse.twins.samples import I64, Flag, SampleBatch

log = logging.getLogger(__name__)


class PeriodFiles:
    """All period files of one folder, attached.

    One thread at a time may append, settle or drop; any thread may ask for `all()`.

    Args:
        database: The open instance.
        period_ns: Span of arrival per file, a positive number of whole seconds.
    """

    def __init__(self, database: Database, period_ns: int) -> None:
        if period_ns <= 0 or period_ns % 1_000_000_000:
            raise ValueError(f"period of {period_ns} ns is not a positive number of whole seconds")
        self._database = database
        self._period_ns = period_ns
        self._periods: tuple[Period, ...] = ()
        self._unsure: Period | None = None
        self.arrived_ns = 0
        for period in periods_in(database.folder):
            self._attach(period)

    def all(self) -> tuple[Period, ...]:
        """Return the periods, oldest first."""
        return self._periods

    def append(self, batch: SampleBatch, keys: I64) -> None:
        """Commit a batch to the file of the period in which its last row arrived.

        Raises:
            HistoryUnavailable: Nothing was stored, or what was is taken away before anything else is written.
        """
        arrived_ns = int(batch.received_ns[-1])
        period = self._at(arrived_ns)
        # By name, because registering the arrays costs each commit .6 ms more.
        incoming = {  # noqa: F841 - DuckDB reads the arrays by this name
            "key": keys.astype(np.int32),
            "observed_ns": batch.observed_ns,
            "received_ns": batch.received_ns,
            "value": batch.value,
            "quality": batch.quality,
            "flags": batch.flags,
            "stamp_ns": batch.stamp_ns,
            "packet": batch.packet,
            "exact": np.zeros(len(batch), np.int64) if batch.exact is None else batch.exact,
            "has_exact": (batch.flags & Flag.EXACT) != 0,
        }
        with self._database.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute(
                f"insert into {period.alias}.samples select key, observed_ns, received_ns,"
                " nullif(value, 'nan'::double), quality, flags, nullif(stamp_ns, observed_ns), packet,"
                " case when has_exact then exact end from incoming"
            )
            self._unsure = period
            cursor.execute("commit")
            self._unsure = None
        period.grow(
            len(batch), int(batch.observed_ns.min()), int(batch.observed_ns.max()), int(batch.received_ns.max())
        )
        self.arrived_ns = arrived_ns

    def settle(self) -> None:
        """Take away what a failed commit may have left behind.

        A commit can fail after its rows are in the log (the checkpoint that follows hits the full disk). Its caller
        was told that nothing is stored and will come again.
        """
        period = self._unsure
        if period is None:
            return
        with self._database.cursor() as cursor:
            excess = _count(cursor, period) - period.rows
            if excess > 0:
                cursor.execute(
                    f"delete from {period.alias}.samples where rowid in"
                    f" (select rowid from {period.alias}.samples order by rowid desc limit {excess})"
                )
                log.warning("history took back a commit that had failed rows=%d", excess)
        self._unsure = None

    def before(self, before_ns: int) -> tuple[Period, ...]:
        """Return the periods whose rows are all observed before that time."""
        return tuple(period for period in self._periods if period.high_ns < before_ns)

    def drop(self, gone: Sequence[Period]) -> None:
        """Delete files of samples. A query that still asks for one fails and is asked again by the store."""
        self._periods = tuple(period for period in self._periods if period not in gone)
        for period in gone:
            with self._database.cursor() as cursor:
                self._database.detach(cursor, period.alias)
            period.path.unlink()
            period.path.with_name(period.path.name + ".wal").unlink(missing_ok=True)
            log.info("history file dropped file=%s rows=%d", period.path.name, period.rows)

    def _at(self, arrived_ns: int) -> Period:
        start_ns = arrived_ns - arrived_ns % self._period_ns
        for period in reversed(self._periods):
            if period.start_ns == start_ns:
                return period
        return self._attach(period_at(self._database.folder, start_ns))

    def _attach(self, period: Period) -> Period:
        if not period.path.exists():
            make_file(period.path, [SAMPLE_TABLE])
        with self._database.cursor() as cursor:
            self._database.attach(cursor, period.alias, period.path)
            rows, low_ns, high_ns, arrived_ns = _bounds(cursor, period)
        if rows:
            period.grow(rows, low_ns, high_ns, arrived_ns)
            self.arrived_ns = arrived_ns
        self._periods = tuple(sorted((*self._periods, period), key=lambda known: known.start_ns))
        return period


def _bounds(cursor: duckdb.DuckDBPyConnection, period: Period) -> tuple[int, int, int, int]:
    # Answered from the statistics of the file, not by a scan.
    found = cursor.execute(
        f"select count(*), min(observed_ns), max(observed_ns), max(received_ns) from {period.alias}.samples"
    ).fetchone()
    assert found is not None, "an aggregate without groups has one row"
    return found


def _count(cursor: duckdb.DuckDBPyConnection, period: Period) -> int:
    return _bounds(cursor, period)[0]

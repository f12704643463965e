"""The embedded history: a `HistoryStore` in DuckDB files of one folder.

Writing costs one transaction and one fsync per batch. Reading opens nothing and blocks no writer: DuckDB gives every
query its own snapshot.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from duckdb import DuckDBPyConnection

from plantverse.errors import HistoryUnavailable
from plantverse.platform.history import queries
from plantverse.platform.history.catalogue import Catalogue
from plantverse.platform.history.database import Database
from plantverse.platform.history.newest import NEVER_NS, NewestColumns
from plantverse.platform.history.periods import PeriodFiles
from plantverse.platform.history.redelivery import ArrivalWindow, repeated_in_batch, stored_already
from plantverse.platform.history.schema import Period
from plantverse.platform.history.store import Buckets, LastState, Series, StoredEvent
from plantverse.twins.samples import F64, I64, U8, Flag, SampleBatch

_Answer = TypeVar("_Answer")

DAY_NS = 86_400_000_000_000


class DuckDbStore:
    """Durable samples, events and documents in DuckDB files.

    Args:
        folder: Where the files lie; made if missing. Nothing else should be in it.
        period_ns: Span of arrival per file of samples, whole seconds; retention gives space back in such pieces.
        memory_limit: DuckDB's limit for its buffers.
        threads: Cores per query.
        redelivery_ns: How far before an interruption an unstamped sample may first have arrived.
        snapshot_rows: Rows after which the newest sample per signal is saved; bounds what a start reads back.

    Raises:
        HistoryUnavailable: Another process has it open, a file is damaged, or the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        period_ns: int = DAY_NS,
        memory_limit: str = "256MB",
        threads: int = 2,
        redelivery_ns: int = 120_000_000_000,
        snapshot_rows: int = 1_000_000,
    ) -> None:
        self.folder = folder
        self._database = Database(folder, memory_limit=memory_limit, threads=threads)
        self._writing = threading.Lock()
        self._newest = NewestColumns()
        self._window = ArrivalWindow(redelivery_ns)
        self._snapshot_rows = snapshot_rows
        self._unsaved_rows = 0
        try:
            self._catalogue = Catalogue(self._database)
            self._files = PeriodFiles(self._database, period_ns)
            self._read_newest()
        except BaseException:
            self._database.close()
            raise

    def origin(self) -> str:
        return self._catalogue.origin

    def next_epoch(self) -> int:
        return self._catalogue.next_epoch()

    def keys(self, signals: Sequence[str]) -> I64:
        return self._catalogue.keys(signals)

    def signals(self) -> list[str]:
        return self._catalogue.signals()

    def rename(self, old: str, new: str) -> None:
        self._catalogue.rename(old, new)

    def write(self, batch: SampleBatch, keys: I64) -> int:
        if len(keys) != len(batch):
            raise ValueError(f"{len(batch)} samples with {len(keys)} keys")
        with self._writing:
            self._files.settle()
            if (batch.flags & Flag.REDELIVERED).any():
                fresh = self._fresh(batch, keys)
                batch, keys = batch.take(fresh), keys[fresh]
            if not len(batch):
                return 0
            self._files.append(batch, keys)
            self._newest.update(batch, keys)
            self._unsaved_rows += len(batch)
            if self._unsaved_rows >= self._snapshot_rows:
                self._save_newest()
        return len(batch)

    def write_events(self, events: Sequence[StoredEvent]) -> None:
        self._catalogue.write_events(events)

    def write_documents(self, documents: Sequence[tuple[str, str, int]]) -> None:
        self._catalogue.write_documents(documents)

    def documents(self) -> list[tuple[str, str, int]]:
        return self._catalogue.documents()

    def series(self, signal: str, start_ns: int, end_ns: int, limit: int = 1_000_000) -> Series:
        key = self._catalogue.key(signal)
        start_ns = max(start_ns, self._catalogue.horizon_ns)
        return self._ask(
            lambda cursor, files: queries.series(
                cursor, () if key is None else files, key or 0, start_ns, end_ns, limit=limit
            )
        )

    def buckets(self, signal: str, start_ns: int, end_ns: int, width_ns: int) -> Buckets:
        if width_ns <= 0:
            raise ValueError(f"buckets of {width_ns} ns")
        key = self._catalogue.key(signal)
        start_ns = max(start_ns, self._catalogue.horizon_ns)
        return self._ask(
            lambda cursor, files: queries.buckets(
                cursor, () if key is None else files, key or 0, start_ns, end_ns, width_ns=width_ns
            )
        )

    def as_of(self, signals: Sequence[str], at_ns: int, look_back_ns: int | None = None) -> tuple[I64, F64, U8]:
        first_ns = self._catalogue.horizon_ns if look_back_ns is None else at_ns - look_back_ns
        first_ns = max(first_ns, self._catalogue.horizon_ns)
        observed_ns = np.zeros(len(signals), np.int64)
        value = np.full(len(signals), np.nan)
        quality = np.zeros(len(signals), np.uint8)
        known = [(at, key) for at, name in enumerate(signals) if (key := self._catalogue.key(name)) is not None]
        where = np.array([at for at, _ in known], np.int64)
        newest = self._newest.take(np.array([key for _, key in known], np.int64))
        # The newest sample of all answers for any time since; only signals that went on after `at_ns` need the disk.
        here = (newest.observed_ns <= at_ns) & (newest.observed_ns >= first_ns)
        observed_ns[where[here]] = newest.observed_ns[here]
        value[where[here]] = newest.value[here]
        quality[where[here]] = newest.quality[here]
        later = newest.observed_ns > at_ns
        where, keys = where[later], newest.key[later]
        for start_ns, end_ns in queries.spans_back(at_ns, first_ns):
            if not len(keys):
                break
            found, rows = self._ask(partial(queries.newest_before, keys=keys, start_ns=start_ns, end_ns=end_ns))
            observed_ns[where[found]] = rows.observed_ns
            value[where[found]] = rows.value
            quality[where[found]] = rows.quality
            left = np.ones(len(keys), np.bool_)
            left[found] = False
            where, keys = where[left], keys[left]
        return observed_ns, value, quality

    def newest(self) -> LastState:
        rows = self._newest.all()
        kept = (rows.observed_ns != NEVER_NS) & (rows.observed_ns >= self._catalogue.horizon_ns)
        return LastState(
            keys=rows.key[kept],
            observed_ns=rows.observed_ns[kept],
            value=rows.value[kept],
            quality=rows.quality[kept],
            exact=rows.exact[kept],
            has_exact=rows.has_exact[kept],
        )

    def events(
        self, start_ns: int, end_ns: int, *, kind: str | None = None, twin: str | None = None, limit: int = 10_000
    ) -> list[StoredEvent]:
        return self._catalogue.events(start_ns, end_ns, kind, twin, limit)

    def count_events(self, start_ns: int, end_ns: int, *, kind: str | None = None, twin: str | None = None) -> int:
        return self._catalogue.count_events(start_ns, end_ns, kind, twin)

    def raised_ns(self, start_ns: int, end_ns: int) -> I64:
        return self._catalogue.raised_ns(start_ns, end_ns)

    def forget(self, before_ns: int) -> int:
        with self._writing:
            self._files.settle()
            with self._database.cursor() as cursor:
                forgotten = queries.count(cursor, self._files.all(), self._catalogue.horizon_ns, before_ns)
            self._catalogue.forget(before_ns)
            gone = self._files.before(before_ns)
            if gone:
                # First the snapshot: its marks must not speak of a file that may be made anew under the same name.
                self._save_newest(without=gone)
                self._files.drop(gone)
        return forgotten

    def last_revision(self) -> tuple[int, int]:
        return self._catalogue.last_revision()

    def size_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.folder.iterdir() if file.is_file())

    def notice(self) -> str:
        return ""

    def counts(self) -> Mapping[str, int]:
        return {}

    def close(self) -> None:
        with self._writing:
            try:
                if self._unsaved_rows:
                    self._save_newest()
            finally:
                self._database.close()

    def _fresh(self, batch: SampleBatch, keys: I64) -> np.ndarray:
        flagged = (batch.flags & Flag.REDELIVERED) != 0
        with self._database.cursor() as cursor:
            known = stored_already(
                cursor,
                batch,
                keys,
                periods=self._files.all(),
                newest=self._newest,
                since_ns=self._window.since_ns(int(batch.received_ns[flagged].min()), self._files.arrived_ns),
            )
        return ~(known | repeated_in_batch(batch, keys))

    def _read_newest(self) -> None:
        rows, marks = self._catalogue.read_snapshot()
        self._newest.merge(rows)
        for period in self._files.all():
            seen = marks.get(period.path.name, 0)
            if period.rows > seen:
                with self._database.cursor() as cursor:
                    self._newest.merge(queries.newest_since(cursor, period, seen))
                self._unsaved_rows += period.rows - seen

    def _save_newest(self, without: Sequence[Period] = ()) -> None:
        marks = {period.path.name: period.rows for period in self._files.all() if period not in without}
        self._catalogue.write_snapshot(self._newest.all(), marks)
        self._unsaved_rows = 0

    def _ask(self, query: Callable[[DuckDBPyConnection, Sequence[Period]], _Answer]) -> _Answer:
        """Run a query; once more where a file was dropped under it."""
        while True:
            files = self._files.all()
            try:
                with self._database.cursor() as cursor:
                    return query(cursor, files)
            except HistoryUnavailable:
                if self._files.all() is files:
                    raise

"""History in InfluxDB: a `HistoryStore` whose samples live in a server, its small parts in a local catalogue.

Names, events, documents and epochs are kept in the catalogue file of the embedded store: they need transactions and
change of what is there, which a time series database does not give. While the server is away, samples are made durable
in a spool on disk and sent in order when it is back.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from plantverse.errors import HistoryUnavailable
from plantverse.platform.history.catalogue import Catalogue
from plantverse.platform.history.database import Database
from plantverse.platform.history.influx_http import InfluxOptions, InfluxServer, PointsRefused
from plantverse.platform.history.influx_lines import lines, series_head
from plantverse.platform.history.influx_numbering import Numbered, Numbering
from plantverse.platform.history.influx_queries import InfluxQueries
from plantverse.platform.history.influx_spool import Spool, Spooled
from plantverse.platform.history.newest import NEVER_NS, NewestColumns
from plantverse.platform.history.store import Buckets, LastState, Series, StoredEvent
from plantverse.twins.samples import F64, I64, U8, SampleBatch

_log = logging.getLogger(__name__)

_LINES_PER_BODY = 20_000
"""About 3 MB, far below the 25 MB that InfluxDB 1.x takes by default."""
_LAST_RETRY_S = 5.0


class InfluxStore:
    """Durable samples in InfluxDB; everything else in `folder`.

    Args:
        folder: Of the catalogue and the spool; made if missing.
        options: Where the server is. It need not answer when the store is opened.
        max_spool_bytes: Size of the spool, from which on `write` refuses.
        memory_limit: DuckDB's limit for the catalogue.
        redelivery_ns: How far before an interruption an unstamped sample may first have arrived.
        retry_s: First wait before the spool is tried again; it doubles up to 5 s.

    Attributes:
        spooled_rows: Rows that went to the spool since the start.
        replayed_rows: Rows of the spool that the server has taken since.
        refused_rows: Rows in bodies that the server will never take whole; kept as text in the spool's folder.

    Raises:
        HistoryUnavailable: Another process has the folder open, a file is damaged, or the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        options: InfluxOptions,
        *,
        max_spool_bytes: int = 1 << 30,
        memory_limit: str = "64MB",
        redelivery_ns: int = 120_000_000_000,
        retry_s: float = 0.5,
    ) -> None:
        self.folder = folder
        self._server = InfluxServer(options)
        self._database = Database(folder, memory_limit=memory_limit, threads=1)
        try:
            self._catalogue = Catalogue(self._database)
            self._spool = Spool(folder / "spool", max_spool_bytes)
            self._newest = NewestColumns()
            self._newest.merge(self._catalogue.read_snapshot()[0])
            self._queries = InfluxQueries(self._server, self._catalogue.origin)
            self._numbering = Numbering(self._queries, redelivery_ns)
            self.problem = ""
            try:
                self._learn()
            except HistoryUnavailable as exc:
                self.problem = str(exc)
                _log.warning("history starts without InfluxDB, samples go to the spool: %s", exc)
            for spooled in self._spool:
                self._newest.update(*spooled.batch())
        except BaseException:
            self._database.close()
            self._server.close()
            raise
        self.spooled_rows = self.replayed_rows = self.refused_rows = 0
        self._heads: dict[int, tuple[str, str]] = {}
        self._writing = threading.Lock()
        self._waiting = threading.Event()
        self._closing = threading.Event()
        self._retry_s = retry_s
        if self._spool:
            self._waiting.set()
        self._replayer = threading.Thread(target=self._replay, name="history-spool", daemon=True)
        self._replayer.start()

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
        with self._writing:
            self._heads = {}

    def write(self, batch: SampleBatch, keys: I64) -> int:
        """Commit a batch to the server, or to the spool while it is away or the spool still waits.

        Rows of the spool count as new: whether they are is settled when they are sent.
        """
        if len(keys) != len(batch):
            raise ValueError(f"{len(batch)} samples with {len(keys)} keys")
        if not len(batch):
            return 0
        with self._writing:
            return self._to_spool(batch, keys) if len(self._spool) else self._to_server(batch, keys)

    def write_events(self, events: Sequence[StoredEvent]) -> None:
        self._catalogue.write_events(events)

    def write_documents(self, documents: Sequence[tuple[str, str, int]]) -> None:
        self._catalogue.write_documents(documents)

    def documents(self) -> list[tuple[str, str, int]]:
        return self._catalogue.documents()

    def series(self, signal: str, start_ns: int, end_ns: int, limit: int = 1_000_000) -> Series:
        key = self._catalogue.key(signal)
        if key is None or limit <= 0:
            none = np.empty(0, np.int64)
            return Series(
                observed_ns=none, value=np.empty(0), quality=np.empty(0, np.uint8), received_ns=none, exact=None
            )
        return self._queries.series(key, max(start_ns, self._catalogue.horizon_ns), end_ns, limit)

    def buckets(self, signal: str, start_ns: int, end_ns: int, width_ns: int) -> Buckets:
        if width_ns <= 0:
            raise ValueError(f"buckets of {width_ns} ns")
        key = self._catalogue.key(signal)
        start_ns = max(start_ns, self._catalogue.horizon_ns)
        seen_ns = NEVER_NS if key is None else int(self._newest.seen_ns(np.array([key]))[0])
        # An end long after the newest sample would make InfluxDB count millions of empty spans.
        end_ns = min(end_ns, seen_ns + 1)
        if key is None or start_ns >= end_ns:
            none, no_value = np.empty(0, np.int64), np.empty(0)
            return Buckets(
                start_ns=none,
                minimum=no_value,
                maximum=no_value,
                mean=no_value,
                count=none,
                worst=np.empty(0, np.uint8),
            )
        return self._queries.buckets(key, start_ns, end_ns, width_ns)

    def as_of(self, signals: Sequence[str], at_ns: int, look_back_ns: int | None = None) -> tuple[I64, F64, U8]:
        first_ns = self._catalogue.horizon_ns if look_back_ns is None else at_ns - look_back_ns
        first_ns = max(first_ns, self._catalogue.horizon_ns)
        observed_ns = np.zeros(len(signals), np.int64)
        value = np.full(len(signals), np.nan)
        quality = np.zeros(len(signals), np.uint8)
        known = [(at, key) for at, name in enumerate(signals) if (key := self._catalogue.key(name)) is not None]
        where = np.array([at for at, _ in known], np.int64)
        newest = self._newest.take(np.array([key for _, key in known], np.int64))
        # The newest sample of all answers for any time since; the server is asked only about signals that went on.
        here = (newest.observed_ns <= at_ns) & (newest.observed_ns >= first_ns)
        observed_ns[where[here]] = newest.observed_ns[here]
        value[where[here]] = newest.value[here]
        quality[where[here]] = newest.quality[here]
        later = newest.observed_ns > at_ns
        if later.any():
            rows = self._queries.newest_before(np.unique(newest.key[later]), first_ns, at_ns + 1)
            for place, key in zip(where[later].tolist(), newest.key[later].tolist(), strict=True):
                found = int(np.searchsorted(rows.key, key))
                if found < len(rows.key) and rows.key[found] == key:
                    observed_ns[place] = rows.observed_ns[found]
                    value[place] = rows.value[found]
                    quality[place] = rows.quality[found]
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
        forgotten = self._queries.count(self._catalogue.horizon_ns, before_ns)
        self._catalogue.forget(before_ns)
        self._queries.delete_before(self._catalogue.horizon_ns)
        return forgotten

    def last_revision(self) -> tuple[int, int]:
        return self._catalogue.last_revision()

    def size_bytes(self) -> int:
        """Return the size of the local part; InfluxDB does not tell everybody how much it uses."""
        return sum(file.stat().st_size for file in self.folder.iterdir() if file.is_file()) + self._spool.bytes

    def notice(self) -> str:
        """Return what a person should know, "" while the spool is empty."""
        if not len(self._spool):
            return ""
        waiting = f"{self._spool.rows} rows wait on disk for InfluxDB"
        return f"{waiting}: {self.problem}" if self.problem else f"{waiting} and are being sent"

    def counts(self) -> Mapping[str, int]:
        """Return rows that went to the spool, came out of it, and were refused by the server."""
        return {"spooled": self.spooled_rows, "replayed": self.replayed_rows, "refused": self.refused_rows}

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        self._waiting.set()
        self._replayer.join()
        try:
            self._catalogue.write_snapshot(self._newest.all(), {})
        finally:
            self._database.close()
            self._server.close()

    def _number(self, batch: SampleBatch, keys: I64) -> Numbered:
        self._learn()
        return self._numbering.number(batch, keys)

    def _learn(self) -> None:
        rows = self._numbering.learn()
        if rows is not None:
            self._newest.merge(rows)

    def _to_server(self, batch: SampleBatch, keys: I64) -> int:
        try:
            news = self._number(batch, keys)
        except HistoryUnavailable as exc:
            return self._spool_because(exc, batch, keys)
        if not len(news.batch):
            return 0
        text = self._text(news)
        try:
            self._send(text, len(news.batch))
        except HistoryUnavailable as exc:
            # Perhaps it was stored and only the answer was lost: sent again as it is, it overwrites itself.
            return self._spool_because(exc, news.batch, news.keys, text)
        self._numbering.took(news.batch, news.keys, news.number)
        self._newest.update(news.batch, news.keys)
        return len(news.batch)

    def _spool_because(self, exc: HistoryUnavailable, batch: SampleBatch, keys: I64, text: bytes = b"") -> int:
        _log.error("samples go to the spool: %s", exc)
        self.problem = str(exc)
        rows = self._to_spool(batch, keys, text)
        self._waiting.set()
        return rows

    def _to_spool(self, batch: SampleBatch, keys: I64, text: bytes = b"") -> int:
        self._spool.add(Spooled.of(batch, keys, text))
        self.spooled_rows += len(batch)
        self._newest.update(batch, keys)
        return len(batch)

    def _text(self, news: Numbered) -> bytes:
        missing = [key for key in np.unique(news.keys).tolist() if key not in self._heads]
        if missing:
            names, origin = self._catalogue.signals(), self._catalogue.origin
            self._heads |= {key: series_head(origin, key, names[key]) for key in missing}
        return "\n".join(lines(news.batch, news.keys, news.number, self._heads)).encode()

    def _send(self, text: bytes, rows: int) -> None:
        refused = None
        for body in _bodies(text):
            try:
                self._server.write(body)
            except PointsRefused as exc:
                refused = exc
                self._spool.refuse(body)
        if refused is not None:
            self.refused_rows += rows
            _log.error("some of %d rows will never be in InfluxDB, see refused.lp in the spool: %s", rows, refused)

    # From here on everything runs in the replaying thread.

    def _replay(self) -> None:
        wait_s = self._retry_s
        while not self._closing.is_set():
            self._waiting.wait()
            try:
                while not self._closing.is_set() and self._replay_oldest():
                    wait_s = self._retry_s
            except Exception as exc:
                if not isinstance(exc, HistoryUnavailable):
                    _log.exception("the spool cannot be sent")
                self.problem = str(exc)
                self._closing.wait(wait_s)
                wait_s = min(2 * wait_s, _LAST_RETRY_S)

    def _replay_oldest(self) -> bool:
        """Send one batch; False when none is left."""
        with self._writing:
            spooled = self._spool.oldest()
            if spooled is None:
                self._waiting.clear()
                self.problem = ""
                return False
        batch, keys = spooled.batch()
        if not spooled.lines:
            news = self._number(batch, keys)
            batch, keys = news.batch, news.keys
            with self._writing:
                spooled = Spooled.of(batch, keys, self._text(news))
                self._spool.settle(spooled)
        if spooled.rows:
            self._send(spooled.lines, spooled.rows)
            self._numbering.took(batch, keys)
        with self._writing:
            self._spool.drop()
            self.replayed_rows += spooled.rows
        return True


def _bodies(text: bytes) -> list[bytes]:
    listed = text.split(b"\n")
    return [b"\n".join(listed[at : at + _LINES_PER_BODY]) for at in range(0, len(listed), _LINES_PER_BODY)]

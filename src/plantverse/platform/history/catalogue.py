"""What the catalogue file holds: names, events, documents, counters and the snapshot of newest samples."""

# ruff: noqa: S608 - the SQL is put together from our own conditions, values are parameters

import contextlib
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from duckdb import DuckDBPyConnection

from plantverse.errors import Conflict, HistoryUnavailable, NotFound
from plantverse.platform.history.database import Database
from plantverse.platform.history.newest import NEVER_NS, NewestRows
from plantverse.platform.history.queries import newest_rows
from plantverse.platform.history.schema import FORMAT
from plantverse.platform.history.store import StoredEvent
from plantverse.twins.samples import I64

_CHOSEN = "at_ns >= $start and at_ns < $end and ($kind is null or kind = $kind) and ($twin is null or twin = $twin)"


class Catalogue:
    """Everything but samples. Safe to call from any thread; one change at a time.

    Raises:
        HistoryUnavailable: Every method, when the file cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changing = threading.Lock()
        with database.cursor() as cursor:
            cursor.executemany(
                "insert into meta values (?, ?) on conflict do nothing",
                [["format", str(FORMAT)], ["origin", secrets.token_hex(8)], ["epoch", "0"], ["horizon_ns", "0"]],
            )
        self._meta: dict[str, str] = {}
        self._keys: dict[str, int] = {}
        self._unsure = True
        self._settle()
        if int(self._meta["format"]) > FORMAT:
            raise HistoryUnavailable(
                f"history in {database.folder} has format {self._meta['format']}, this version reads up to {FORMAT}",
                hint="start the newer plantverse that wrote it",
            )

    @property
    def origin(self) -> str:
        """Random name of this history, made once."""
        return self._meta["origin"]

    @property
    def horizon_ns(self) -> int:
        """Samples observed before this time are forgotten, also those still on disk."""
        return int(self._meta["horizon_ns"])

    def next_epoch(self) -> int:
        """Count this run and return its number, 1 for the first."""
        with self._changing:
            epoch = int(self._meta["epoch"]) + 1
            self._set("epoch", str(epoch))
            return epoch

    def keys(self, signals: Sequence[str]) -> I64:
        """Return keys by name, making those that are missing; keys count from 0 without gaps."""
        with self._changing:
            self._settle()
            missing = [name for name in dict.fromkeys(signals) if name not in self._keys]
            if missing:
                first = len(self._keys)
                numbers = np.arange(first, first + len(missing), dtype=np.int32)
                added = {"key": numbers, "name": _texts(missing)}  # noqa: F841 - DuckDB reads the arrays by this name
                with self._change() as cursor:
                    cursor.execute("insert into signals select key, name from added")
                self._keys.update(zip(missing, range(first, first + len(missing)), strict=True))
            return np.fromiter((self._keys[name] for name in signals), np.int64, len(signals))

    def key(self, signal: str) -> int | None:
        """Return the key of one name, if it has one."""
        return self._keys.get(signal)

    def signals(self) -> list[str]:
        """Return all names in order of key."""
        with self._changing:
            return sorted(self._keys, key=self._keys.__getitem__)

    def rename(self, old: str, new: str) -> None:
        """Give a key another name."""
        with self._changing:
            self._settle()
            if old not in self._keys:
                raise NotFound(f"{old}: no history under this name")
            if old == new:
                return
            if new in self._keys:
                raise Conflict(
                    f"{new}: has a history of its own", hint=f"rename or remove it before {old} takes the name"
                )
            with self._change() as cursor:
                cursor.execute("update signals set name = ? where key = ?", [new, self._keys[old]])
            self._keys[new] = self._keys.pop(old)

    def write_events(self, events: Sequence[StoredEvent]) -> None:
        if not events:
            return
        added = {  # noqa: F841 - DuckDB reads the arrays by this name
            "epoch": np.array([event.epoch for event in events], np.int64),
            "revision": np.array([event.revision for event in events], np.int64),
            "at_ns": np.array([event.at_ns for event in events], np.int64),
            "kind": _texts(event.kind for event in events),
            "twin": _texts(event.twin for event in events),
            "body": _texts(event.body for event in events),
        }
        with self._changing:
            rows = "select epoch, revision, at_ns, kind, twin, body from added"
            if self._unsure:
                # The last change may be on disk although it failed, and its caller comes again.
                rows += " anti join events using (epoch, revision)"
            with self._change() as cursor:
                cursor.execute(f"insert into events {rows}")
            self._settle()

    def events(self, start_ns: int, end_ns: int, kind: str | None, twin: str | None, limit: int) -> list[StoredEvent]:
        """Return the newest `limit` events of the span, oldest first."""
        with self._database.cursor() as cursor:
            rows = cursor.execute(
                f"select revision, epoch, at_ns, kind, twin, body from events where {_CHOSEN}"
                " order by at_ns desc, epoch desc, revision desc, rowid desc limit $limit",
                {"start": int(start_ns), "end": int(end_ns), "kind": kind, "twin": twin, "limit": limit},
            ).fetchall()
        return [
            StoredEvent(revision=revision, epoch=epoch, at_ns=at_ns, kind=kind_, twin=twin_, body=body)
            for revision, epoch, at_ns, kind_, twin_, body in reversed(rows)
        ]

    def count_events(self, start_ns: int, end_ns: int, kind: str | None, twin: str | None) -> int:
        """Return how many events of the span there are."""
        with self._database.cursor() as cursor:
            found = cursor.execute(
                f"select count(*) from events where {_CHOSEN}",
                {"start": int(start_ns), "end": int(end_ns), "kind": kind, "twin": twin},
            ).fetchone()
        return 0 if found is None else int(found[0])

    def raised_ns(self, start_ns: int, end_ns: int) -> I64:
        """Return when alarms of real twins were raised, ascending."""
        with self._database.cursor() as cursor:
            rows = cursor.execute(
                f"select at_ns from events where {_CHOSEN} and body->>'action' = 'raised'"
                " and coalesce(body->>'synthetic', '') <> 'true' order by at_ns",
                {"start": int(start_ns), "end": int(end_ns), "kind": "alarm", "twin": None},
            ).fetchnumpy()
        return rows["at_ns"].astype(np.int64)

    def write_documents(self, documents: Sequence[tuple[str, str, int]]) -> None:
        """Keep the last document given per twin, under the current epoch."""
        newest = {twin: (body, revision) for twin, body, revision in documents}
        if not newest:
            return
        added = {  # noqa: F841 - DuckDB reads the arrays by this name
            "twin": _texts(newest),
            "body": _texts(body for body, _ in newest.values()),
            "revision": np.array([revision for _, revision in newest.values()], np.int64),
        }
        with self._changing, self._change() as cursor:
            cursor.execute(
                "insert or replace into documents select twin, body, ?::bigint, revision from added",
                [int(self._meta["epoch"])],
            )

    def documents(self) -> list[tuple[str, str, int]]:
        with self._database.cursor() as cursor:
            return cursor.execute("select twin, body, revision from documents order by twin").fetchall()

    def last_revision(self) -> tuple[int, int]:
        """Return the greatest (epoch, revision) of an event or document, (0, 0) without any."""
        with self._database.cursor() as cursor:
            found = cursor.execute(
                "select epoch, revision from (select epoch, revision from events union all"
                " select epoch, revision from documents) order by epoch desc, revision desc limit 1"
            ).fetchone()
        return (0, 0) if found is None else (found[0], found[1])

    def forget(self, before_ns: int) -> None:
        """Delete older events and move the horizon, never back."""
        with self._changing:
            with self._change() as cursor:
                cursor.execute("delete from events where at_ns < ?", [int(before_ns)])
            if before_ns > self.horizon_ns:
                self._set("horizon_ns", str(before_ns))

    def write_snapshot(self, newest: NewestRows, marks: dict[str, int]) -> None:
        """Replace the snapshot.

        Args:
            newest: The newest row per key.
            marks: Per period file how many of its rows the snapshot has seen.
        """
        added = {  # noqa: F841 - DuckDB reads the arrays by this name
            "key": newest.key.astype(np.int32),
            "seen_ns": newest.seen_ns,
            "observed_ns": newest.observed_ns,
            "value": newest.value,
            "quality": newest.quality,
            "exact": newest.exact,
            "has_exact": newest.has_exact,
        }
        with self._changing, self._change() as cursor:
            cursor.execute("begin")
            cursor.execute("delete from latest")
            cursor.execute(
                "insert into latest select key, seen_ns, nullif(observed_ns, ?::bigint), nullif(value, 'nan'::double),"
                " quality, case when has_exact then exact end from added",
                [NEVER_NS],
            )
            cursor.execute("delete from marks")
            if marks:
                cursor.executemany("insert into marks values (?, ?)", [[file, rows] for file, rows in marks.items()])
            cursor.execute("commit")

    def read_snapshot(self) -> tuple[NewestRows, dict[str, int]]:
        """Return what `write_snapshot` was given last."""
        with self._database.cursor() as cursor:
            newest = newest_rows(cursor.execute("select * from latest").fetchnumpy())
            return newest, dict(cursor.execute("select file, rows from marks").fetchall())

    @contextlib.contextmanager
    def _change(self) -> Iterator[DuckDBPyConnection]:
        try:
            with self._database.cursor() as cursor:
                yield cursor
        except HistoryUnavailable:
            self._unsure = True
            raise

    def _settle(self) -> None:
        """Read anew what the tables say after a change that failed: it may have reached the disk."""
        if not self._unsure:
            return
        with self._database.cursor() as cursor:
            self._meta = dict(cursor.execute("select name, value from meta").fetchall())
            self._keys = dict(cursor.execute("select name, key from signals").fetchall())
        self._unsure = False

    def _set(self, name: str, value: str) -> None:
        with self._change() as cursor:
            cursor.execute("update meta set value = ? where name = ?", [value, name])
        self._meta[name] = value


def _texts(values: Iterable[str]) -> np.ndarray:
    listed = list(values)
    column = np.empty(len(listed), object)
    column[:] = listed
    return column

"""The DuckDB instance of one history folder: opening, cursors per thread, and coming back from trouble.

DuckDB gives up a database after a fatal error (a checkpoint that hits a full disk, say) and answers every further
call with that error. The next caller then closes the instance and opens it again, which replays its log.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

from plantverse.errors import HistoryUnavailable
from plantverse.platform.history.files import make_file, unavailable
from plantverse.platform.history.schema import CATALOGUE, CATALOGUE_TABLES

log = logging.getLogger(__name__)

_open_here: set[Path] = set()
"""Catalogues open in this process: DuckDB would let a second store share them, each with its own idea of the keys."""


class Database:
    """One open DuckDB instance with the catalogue and any number of attached files.

    Args:
        folder: Made if it is missing.
        memory_limit: DuckDB's own limit for buffers and sorting, for example `256MB`.
        threads: Cores that one query may use; a commit uses one.

    Raises:
        HistoryUnavailable: The catalogue cannot be opened.
    """

    def __init__(self, folder: Path, *, memory_limit: str, threads: int) -> None:
        self.folder = folder
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "threads": threads,
        }
        self._gate = threading.Condition(threading.Lock())
        self._instance: DuckDBPyConnection | None = None
        self._idle: list[DuckDBPyConnection] = []
        self._lent: set[DuckDBPyConnection] = set()
        self._attached: dict[str, Path] = {}
        self._broken = False
        self._closed = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise HistoryUnavailable(f"history folder {folder} cannot be made: {exc.strerror}") from exc
        self._claim = (folder / CATALOGUE).resolve()
        if self._claim in _open_here:
            raise HistoryUnavailable(f"history in {folder} is open in this process already")
        _open_here.add(self._claim)
        try:
            with self._gate:
                self._instance = self._open()
        except BaseException:
            _open_here.discard(self._claim)
            raise

    @contextlib.contextmanager
    def cursor(self) -> Iterator[DuckDBPyConnection]:
        """Lend a connection to the calling thread; do not nest.

        Raises:
            HistoryUnavailable: For every error of DuckDB inside the block; an open transaction is rolled back.
        """
        cursor = self._lend()
        reusable = False
        try:
            yield cursor
            reusable = True
        except duckdb.Error as exc:
            if _is_fatal(exc):
                self._broken = True
            raise unavailable(exc, self.folder) from exc
        finally:
            self._take_back(cursor, reusable=reusable)

    def attach(self, cursor: DuckDBPyConnection, alias: str, path: Path) -> None:
        """Open another file beside the catalogue."""
        _attach(cursor, alias, path)
        self._attached[alias] = path

    def detach(self, cursor: DuckDBPyConnection, alias: str) -> None:
        """Let go of an attached file; queries that run on it finish."""
        cursor.execute(f"detach {alias}")
        del self._attached[alias]

    def close(self) -> None:
        """Wait for running calls, then close every file. Later calls raise `HistoryUnavailable`."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            while self._lent:
                self._gate.wait()
            self._shut()
            _open_here.discard(self._claim)

    def _lend(self) -> DuckDBPyConnection:
        with self._gate:
            while self._broken and self._lent:
                for running in self._lent:
                    running.interrupt()
                self._gate.wait(timeout=0.1)
            if self._closed:
                raise HistoryUnavailable(f"history in {self.folder} is closed")
            if self._broken:
                log.warning("history reopened after a fatal error folder=%s", self.folder)
                self._shut()
                self._broken = False
            if self._instance is None:
                self._instance = self._open()
            cursor = self._idle.pop() if self._idle else self._instance.cursor()
            self._lent.add(cursor)
            return cursor

    def _take_back(self, cursor: DuckDBPyConnection, *, reusable: bool) -> None:
        with self._gate:
            self._lent.discard(cursor)
            if reusable:
                self._idle.append(cursor)
            else:
                cursor.close()
            self._gate.notify_all()

    def _open(self) -> DuckDBPyConnection:
        path = self.folder / CATALOGUE
        if not path.exists():
            make_file(path, CATALOGUE_TABLES)
        try:
            instance = duckdb.connect(str(path), config=self._config)
        except duckdb.Error as exc:
            raise unavailable(exc, path) from exc
        try:
            for alias, attached in self._attached.items():
                _attach(instance, alias, attached)
        except HistoryUnavailable:
            instance.close()
            raise
        return instance

    def _shut(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        if self._instance is not None:
            self._instance.close()
            self._instance = None


def _is_fatal(exc: duckdb.Error) -> bool:
    return isinstance(exc, duckdb.FatalException) or "invalidated" in str(exc)


def _attach(connection: DuckDBPyConnection, alias: str, path: Path) -> None:
    try:
        connection.execute(f"attach if not exists {_quoted(path)} as {alias}")
    except duckdb.Error as exc:
        raise unavailable(exc, path) from exc


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

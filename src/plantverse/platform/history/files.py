"""Files of the DuckDB history: making one that is whole, and what DuckDB's complaints about one mean."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from plantverse.errors import HistoryUnavailable

_NO_ROOM = ("No space left", "File too large", "Disk quota exceeded")
_DAMAGED = ("not a valid DuckDB database", "Corrupt", "checksum", "Could not read enough bytes")
_UNFINISHED = ".unfinished"


def make_file(path: Path, statements: Sequence[str]) -> None:
    """Make a DuckDB file, wholly or not at all; DuckDB cannot open one whose making was cut short.

    Args:
        path: Where there is no file yet.
        statements: SQL that makes its tables.

    Raises:
        HistoryUnavailable: There is no file at `path` then either.
    """
    unfinished = path.with_name(path.name + _UNFINISHED)
    try:
        for left in (unfinished, unfinished.with_name(unfinished.name + ".wal")):
            left.unlink(missing_ok=True)
        with duckdb.connect(str(unfinished)) as connection:
            for statement in statements:
                connection.execute(statement)
        unfinished.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except duckdb.Error as exc:
        raise unavailable(exc, path) from exc
    except OSError as exc:
        raise HistoryUnavailable(f"history file {path} cannot be made: {exc.strerror}") from exc


def unavailable(exc: duckdb.Error, place: Path) -> HistoryUnavailable:
    """Return our error for one of DuckDB's, with what to do about it."""
    text = str(exc).strip().splitlines()[0]
    holder = re.search(r"Conflicting lock is held in (.+?) \(PID (\d+)\)", text)
    if holder:
        return HistoryUnavailable(
            f"history in {place} is in use by process {holder[2]} ({holder[1]})",
            hint="a second process cannot open it, not even to read: ask that server over its API, or stop it",
        )
    if "Could not set lock" in text:
        return HistoryUnavailable(
            f"history in {place} is in use by another process",
            hint="a second process cannot open it, not even to read: ask that server over its API, or stop it",
        )
    if any(sign in text for sign in _NO_ROOM):
        return HistoryUnavailable(
            f"no room left on the disk of {place}",
            hint="free some space or shorten the retention; samples wait in memory and are written then",
        )
    if any(sign in text for sign in _DAMAGED):
        return HistoryUnavailable(
            f"history {place} is damaged: {text}",
            hint="nothing was deleted; move the file away and start again, or restore it from a backup",
        )
    if isinstance(exc, duckdb.OutOfMemoryException):
        return HistoryUnavailable(
            f"a query on {place} needs more memory than allowed",
            hint="ask for a shorter range or wider buckets, or raise the memory limit of the history",
        )
    return HistoryUnavailable(f"history in {place}: {text}")

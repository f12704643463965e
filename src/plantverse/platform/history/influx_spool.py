"""Samples on disk while InfluxDB is away: a file per batch, in order, each durable before its rows are acknowledged.

A batch is spooled as columns, because the redelivery rule and the numbers of equal stamps can only be settled once the
database answers. Settled, the file is replaced by one that holds the lines as well: sent twice, they overwrite
themselves.
"""

import logging
import os
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from plantverse.errors import HistoryUnavailable
from plantverse.twins.samples import I64, SampleBatch

_log = logging.getLogger(__name__)

_SUFFIX = ".samples"
_UNFINISHED = ".unfinished"
_DAMAGED = ".damaged"
_REFUSED = "refused.lp"
_MAX_REFUSED_BYTES = 16 << 20

_COLUMNS = {
    "value": np.float64,
    "observed_ns": np.int64,
    "received_ns": np.int64,
    "quality": np.uint8,
    "flags": np.uint8,
    "stamp_ns": np.int64,
    "packet": np.uint16,
}


class Spooled(msgspec.Struct, frozen=True, kw_only=True):
    """One file.

    Attributes:
        rows: How many samples.
        keys: int64 bytes.
        columns: Bytes per column of the batch.
        lines: Line protocol once it is settled, else empty.
    """

    rows: int
    keys: bytes
    columns: dict[str, bytes]
    lines: bytes = b""

    @classmethod
    def of(cls, batch: SampleBatch, keys: I64, lines: bytes = b"") -> "Spooled":
        """Return a batch as it is kept."""
        columns = {name: getattr(batch, name).tobytes() for name in _COLUMNS}
        if batch.exact is not None:
            columns["exact"] = batch.exact.tobytes()
        return cls(rows=len(batch), keys=keys.astype(np.int64).tobytes(), columns=columns, lines=lines)

    def batch(self) -> tuple[SampleBatch, I64]:
        """Return the samples and their keys."""
        columns = {name: np.frombuffer(self.columns[name], kind) for name, kind in _COLUMNS.items()}
        exact = np.frombuffer(self.columns["exact"], np.int64) if "exact" in self.columns else None
        batch = SampleBatch(slot=np.zeros(self.rows, np.int32), exact=exact, **columns)
        return batch, np.frombuffer(self.keys, np.int64)


class Spool:
    """A folder of numbered files. Its owner sees to it that one thread adds and one takes away at a time.

    Args:
        folder: Made if it is missing.
        max_bytes: Beyond this nothing is taken.

    Attributes:
        rows: Rows that wait.
        bytes: Their size.

    Raises:
        HistoryUnavailable: Every method that touches the disk, when that fails.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._files: deque[tuple[Path, int, int]] = deque()
        self.rows = 0
        self.bytes = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(f"*{_UNFINISHED}"):
                left.unlink()
            self._next = 1 + max((int(p.name.split(".")[0]) for p in folder.glob("[0-9]*.*")), default=0)
            for path in sorted(folder.glob(f"[0-9]*{_SUFFIX}")):
                spooled = self._read(path)
                if spooled is not None:
                    self._count(path, spooled.rows, path.stat().st_size)
        except OSError as exc:
            raise self._trouble(exc) from exc

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Spooled]:
        """Yield what waits, oldest first."""
        for path, _, _ in list(self._files):
            spooled = self._read(path)
            if spooled is not None:
                yield spooled

    def add(self, spooled: Spooled) -> None:
        """Make a batch durable.

        Raises:
            HistoryUnavailable: The limit is reached or the disk is full; nothing was kept.
        """
        content = _packed(spooled)
        if self.bytes + len(content) > self._max_bytes:
            raise HistoryUnavailable(
                f"the spool in {self._folder} is full: {self.rows} rows, {self.bytes >> 20} MB",
                hint="bring InfluxDB back, or raise influx.spool_mb; nothing that waits there is lost",
            )
        path = self._folder / f"{self._next:012d}{_SUFFIX}"
        self._put(path, content)
        self._next += 1
        self._count(path, spooled.rows, len(content))

    def oldest(self) -> Spooled | None:
        """Return what comes next; a damaged file is put aside, one that somebody took away is left out."""
        while self._files:
            path = self._files[0][0]
            spooled = self._read(path)
            if spooled is not None:
                return spooled
            self._forget()
        return None

    def settle(self, spooled: Spooled) -> None:
        """Replace the oldest by its settled form, wholly or not at all."""
        path, rows, size = self._files[0]
        content = _packed(spooled)
        self._put(path, content)
        self._files[0] = (path, spooled.rows, len(content))
        self.rows += spooled.rows - rows
        self.bytes += len(content) - size

    def drop(self) -> None:
        """Let go of the oldest."""
        path = self._files[0][0]
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise self._trouble(exc) from exc
        self._forget()

    def refuse(self, lines: bytes) -> None:
        """Keep lines that the database will never take where a person finds them, up to 16 MiB."""
        path = self._folder / _REFUSED
        try:
            with path.open("ab") as file:
                if file.tell() + len(lines) <= _MAX_REFUSED_BYTES:
                    file.write(lines + b"\n")
        except OSError as exc:
            raise self._trouble(exc) from exc

    def _read(self, path: Path) -> Spooled | None:
        try:
            content = path.read_bytes()
            check, body = content[:4], content[4:]
            if zlib.crc32(body).to_bytes(4, "big") == check:
                return msgspec.msgpack.decode(body, type=Spooled)
            path.rename(path.with_name(path.name + _DAMAGED))
        except FileNotFoundError:
            _log.error("a file of the spool was taken away file=%s", path.name)
            return None
        except OSError as exc:
            raise self._trouble(exc) from exc
        _log.error("a file of the spool is damaged and was put aside file=%s", path.name)
        return None

    def _put(self, path: Path, content: bytes) -> None:
        unfinished = path.with_name(path.name + _UNFINISHED)
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as exc:
            unfinished.unlink(missing_ok=True)
            raise self._trouble(exc) from exc

    def _count(self, path: Path, rows: int, size: int) -> None:
        self._files.append((path, rows, size))
        self.rows += rows
        self.bytes += size

    def _forget(self) -> None:
        _, rows, size = self._files.popleft()
        self.rows -= rows
        self.bytes -= size

    def _trouble(self, exc: OSError) -> HistoryUnavailable:
        return HistoryUnavailable(
            f"the spool in {self._folder} cannot be used: {exc.strerror}",
            hint="free some space; samples wait in memory and are written then",
        )


def _packed(spooled: Spooled) -> bytes:
    body = msgspec.msgpack.encode(spooled)
    return zlib.crc32(body).to_bytes(4, "big") + body

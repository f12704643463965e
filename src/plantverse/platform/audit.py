"""The audit log: who did what, in lines that are chained by their hashes and durable before the deed.

A line is one JSON object whose last member is the SHA-256 of the bytes before it; each line holds the hash of the line
before, so a changed, removed or inserted line breaks the chain from there on. What a chain alone cannot show is an end
that was cut off, or a log that was rewritten as a whole: keep the newest hash elsewhere and give it to `verify`.
"""

import fcntl
import hashlib
import json
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plantverse._clock import Clock
from plantverse.errors import AuditUnavailable, RequestInvalid
from plantverse.platform.private_files import sync_folder

_log = logging.getLogger(__name__)

_FIRST = "0" * 64
_MOST_BYTES = 65_536
_SYSTEM = "plantverse"
_HASH_BYTES = len(',"hash":"') + 64 + len('"}')


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One line of the log.

    Attributes:
        seq: Number of the line, from 1.
        time: UTC, ISO 8601 with microseconds.
        user: Who did it, `plantverse` for the server itself.
        role: Their role at that time.
        action: What was done, `command.invoke` or `users.changed`.
        target: To what: a twin, a signal, an alarm, a user.
        detail: Whatever belongs to the action.
        prev: Hash of the line before, 64 zeros in the first.
        hash: SHA-256 of this line without its hash, in hex.
    """

    seq: int
    time: str
    user: str
    role: str
    action: str
    target: str
    detail: Mapping[str, Any]
    prev: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What `verify` found.

    Attributes:
        records: Whole lines up to the first broken one.
        head: Hash of the last of them.
        last_time: Its time, "" if there is none.
        broken_line: Number of the first broken line, None if the chain holds.
        reason: What is wrong there.
        unfinished: Whether the file ends in the middle of a line, as a crash leaves it; that is no break.
    """

    records: int
    head: str
    last_time: str
    broken_line: int | None = None
    reason: str = ""
    unfinished: bool = False

    @property
    def holds(self) -> bool:
        """Whether every whole line is as it was written."""
        return self.broken_line is None

    def __str__(self) -> str:
        if not self.holds:
            return f"line {self.broken_line} is broken: {self.reason}; the {self.records} lines before it hold"
        end = "; the last line is unfinished, what it should record was not done" if self.unfinished else ""
        return f"{self.records} records hold, the newest has hash {self.head}{end}"


class AuditLog:
    """The only writer of one audit log; safe to use from several threads.

    A line that a crash left unfinished is taken out when the log is opened, and kept in the next record: `append` had
    not returned, so what it should record had not been done.

    Args:
        path: The file, mode 0600; made where it is missing.
        clock: Wall time of the records.
        is_synthetic: Whether a twin is synthetic; records of what is done to it or its alarms say so.

    Raises:
        AuditUnavailable: It cannot be opened, another process writes it, or its last line is not as it was written.
    """

    def __init__(self, path: Path, clock: Clock, *, is_synthetic: Callable[[str], bool] = lambda _: False) -> None:
        self.path = path
        self._clock = clock
        self._is_synthetic = is_synthetic
        self._lock = threading.Lock()
        self._file = _open(path)
        try:
            self._size, self._seq, self._head, torn = _last(self._file, path)
            if torn:
                os.ftruncate(self._file, self._size)
                _log.warning("audit log ended in the middle of a line, that line was never in force: %s", path)
                text = torn[:2_000].decode(errors="replace")
                self.append(user=_SYSTEM, role="", action="audit.recovered", detail={"unfinished": text})
        except OSError as exc:
            os.close(self._file)
            raise AuditUnavailable(f"{path}: cannot be read: {exc.strerror}") from exc
        except AuditUnavailable:
            os.close(self._file)
            raise

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the newest record, (0, zeros) if there is none."""
        return self._seq, self._head

    def append(
        self, *, user: str, role: str, action: str, target: str = "", detail: Mapping[str, Any] | None = None
    ) -> AuditRecord:
        """Write a record and return when it is on the disk, usually milliseconds.

        Args:
            user: Who does it.
            role: Their role.
            action: What, in dotted words.
            target: To what.
            detail: JSON values.

        Raises:
            AuditUnavailable: It is not written, and the thing must not be done.
            RequestInvalid: The detail is no JSON or makes a line of more than 64 KiB.
        """
        told = dict(detail or {})
        if target and self._is_synthetic(target.partition(":")[0]):
            told["synthetic"] = True
        with self._lock:
            record, line = self._next(user=user, role=role, action=action, target=target, detail=told)
            self._write(line)
            self._size += len(line)
            self._seq, self._head = record.seq, record.hash
        return record

    def close(self) -> None:
        """Let another process write; further appends fail."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
            self._file = -1

    def _next(self, *, detail: dict[str, Any], **who: str) -> tuple[AuditRecord, bytes]:
        time = _iso(self._clock.time_ns())
        body = {
            "seq": self._seq + 1,
            "time": time,
            **who,
            "detail": detail,
            "prev": self._head,
        }
        try:
            text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError, RecursionError) as exc:
            raise RequestInvalid("detail", expected="JSON values", got=str(exc)) from exc
        if len(text) + _HASH_BYTES >= _MOST_BYTES:
            raise RequestInvalid("detail", expected="a record of less than 64 KiB", got=f"{len(text)} bytes")
        digest = hashlib.sha256(text).hexdigest()
        record = AuditRecord(seq=self._seq + 1, time=time, detail=detail, prev=self._head, hash=digest, **who)
        return record, text[:-1] + f',"hash":"{digest}"}}\n'.encode()

    def _write(self, line: bytes) -> None:
        if self._file < 0:
            raise AuditUnavailable(f"{self.path}: closed")
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fsync(self._file)
        except OSError as exc:
            self._undo()
            raise AuditUnavailable(f"{self.path}: cannot be written: {exc.strerror}") from exc

    def _undo(self) -> None:
        """Take a failed line out; where even that fails, write no more: the chain would not hold."""
        try:
            os.ftruncate(self._file, self._size)
        except OSError:
            _log.exception("audit log is damaged and closed: %s", self.path)
            os.close(self._file)
            self._file = -1


def verify(path: Path, *, head: str = "") -> Verification:
    """Check every line of a log; may be used while a server writes it.

    Args:
        path: The file.
        head: A hash that was the newest at some time and was kept elsewhere; a log without it was cut or rewritten.

    Raises:
        AuditUnavailable: The file cannot be read.
    """
    found = Verification(records=0, head=_FIRST, last_time="")
    seen = not head
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(_MOST_BYTES + 1), b""), start=1):
                if not line.endswith(b"\n") and len(line) <= _MOST_BYTES:
                    found = _after(found, unfinished=True)
                    break
                record, reason = _check(line, number, found.head)
                if record is None:
                    return _after(found, broken_line=number, reason=reason)
                found = Verification(records=number, head=record["hash"], last_time=record["time"])
                seen = seen or record["hash"] == head
    except OSError as exc:
        raise AuditUnavailable(f"{path}: cannot be read: {exc.strerror}") from exc
    if not seen:
        reason = f"no record has the hash {head[:16]}..., so the end was cut off or the log was rewritten"
        return _after(found, broken_line=found.records + 1, reason=reason)
    return found


def newest(path: Path, limit: int) -> list[dict[str, Any]]:
    """Return the newest records, oldest first, without checking the chain.

    Raises:
        AuditUnavailable: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            lines = deque((line for line in file if line.endswith(b"\n")), maxlen=limit)
        return [json.loads(line) for line in lines]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as exc:
        raise AuditUnavailable(f"{path}: cannot be read: {exc}", hint="run `plantverse audit verify`") from exc


def _after(
    found: Verification, *, broken_line: int | None = None, reason: str = "", unfinished: bool = False
) -> Verification:
    return Verification(
        records=found.records,
        head=found.head,
        last_time=found.last_time,
        broken_line=broken_line,
        reason=reason,
        unfinished=unfinished,
    )


def _check(line: bytes, number: int, head: str) -> tuple[dict[str, Any] | None, str]:
    """Return the record of a whole line, or None and what is wrong with it."""
    text, ending = line[: -_HASH_BYTES - 1] + b"}", line[-_HASH_BYTES - 1 :]
    digest = hashlib.sha256(text).hexdigest()
    if ending != f',"hash":"{digest}"}}\n'.encode():
        return None, "its content does not fit its hash"
    record: dict[str, Any] = json.loads(text)
    if record.get("seq") != number:
        return None, f"it is record {record.get('seq')}, so lines before it were removed or inserted"
    if record.get("prev") != head:
        return None, "it does not continue the line before"
    return {**record, "hash": digest}, ""


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as exc:
        raise AuditUnavailable(f"{path}: cannot be opened: {exc.strerror}") from exc
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sync_folder(path.parent)
    except OSError as exc:
        os.close(file)
        raise AuditUnavailable(f"{path}: another process writes it", hint="is a second server running here?") from exc
    return file


def _last(file: int, path: Path) -> tuple[int, int, str, bytes]:
    """Return size up to the last whole line, its number, its hash, and the unfinished rest."""
    size = os.fstat(file).st_size
    start = max(0, size - 2 * _MOST_BYTES)
    tail = os.pread(file, size - start, start)
    whole = tail.rfind(b"\n") + 1
    if not whole and not start:
        return 0, 0, _FIRST, tail
    line = tail[tail.rfind(b"\n", 0, whole - 1) + 1 : whole]
    text = line[: -_HASH_BYTES - 1] + b"}"
    digest = hashlib.sha256(text).hexdigest()
    if not line.endswith(f',"hash":"{digest}"}}\n'.encode()):
        raise AuditUnavailable(
            f"{path}: its last line is not as it was written",
            hint="run `plantverse audit verify`, keep the file as evidence, and start a new log by moving it away",
        )
    return start + whole, int(json.loads(text)["seq"]), digest, tail[whole:]


def _iso(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ns % 1_000_000_000 // 1_000:06d}Z"

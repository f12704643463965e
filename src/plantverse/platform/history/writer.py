"""Writes behind the event loop: one thread merges what is submitted and commits it about ten times a second.

A sample counts as durable, and is acknowledged to the broker, only when its commit has returned. While the store
fails, everything waits here in order and is tried again; the bound on what waits is what makes the source pause.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVarTuple, Unpack

import numpy as np

from plantverse._clock import Clock
from plantverse.errors import HistoryUnavailable
from plantverse.platform.history.backlog import Backlog, Document, Portion, Submission
from plantverse.platform.history.merging import joined
from plantverse.platform.history.store import HistoryStore, StoredEvent
from plantverse.twins.samples import I64, SampleBatch

_log = logging.getLogger(__name__)

_Args = TypeVarTuple("_Args")

WriterState = Literal["ok", "behind", "failing"]

MAX_COMMIT_ROWS = 100_000
"""Bounds one transaction when a long backlog is written: about .1 s of work."""
MAX_EVENTS = 100_000
"""Events kept while the store fails: 20 floods of 5,000 alarms, some 50 MB."""
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0
RETENTION_EVERY_S = 600.0


class HistoryWriter:
    """The writing half of history; all methods belong to the event loop that called `start`.

    Args:
        store: Written by this writer alone; its owner closes it after `close`.
        clock: Says when rows are too old to keep, and paces commits.
        max_pending_rows: From so many uncommitted rows on the writer is `full`; about 50 bytes each.
        commit_interval_s: Least time between the starts of two commits.
        retention_s: Age at which samples and events are forgotten; None keeps all.
        close_timeout_s: How long `close` lets a failing store try.
        on_state: Called with (state, message) in the event loop whenever the state changes.

    Attributes:
        pending_rows: Rows submitted and not yet committed.
        committed_rows: Rows that are durable, `repeated_rows` included.
        repeated_rows: Rows that came again and were left out.
        failed_commits: Tries to write that failed; each is made again.
        state: `ok`; `behind` while more than half of `max_pending_rows` waits; `failing` while the store refuses.
        message: What is wrong and what to do; empty while the state is `ok`.
    """

    def __init__(
        self,
        store: HistoryStore,
        *,
        clock: Clock,
        max_pending_rows: int = 1_000_000,
        commit_interval_s: float = 0.1,
        retention_s: float | None = None,
        close_timeout_s: float = 5.0,
        on_state: Callable[[WriterState, str], None] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._max_pending_rows = max_pending_rows
        self._interval_s = commit_interval_s
        self._retention_s = retention_s
        self._close_timeout_s = close_timeout_s
        self._on_state = on_state
        self._backlog = Backlog(MAX_EVENTS)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._problem = ""
        self.pending_rows = 0
        self.committed_rows = 0
        self.repeated_rows = 0
        self.failed_commits = 0
        self.state: WriterState = "ok"
        self.message = ""

    @property
    def full(self) -> bool:
        """Whether the source should pause."""
        return self.pending_rows >= self._max_pending_rows

    @property
    def dropped_events(self) -> int:
        """Events given up because the store failed for too long."""
        return self._backlog.dropped_events

    def store_counts(self) -> Mapping[str, int]:
        """Return what the store counts of rows that took another way, see `HistoryStore.counts`."""
        return self._store.counts()

    def report(self) -> dict[str, Any]:
        """Return state, pending rows and message, as `/health` shows them.

        The state is `spooling` where writing works only because the store keeps rows back for a server that is away.
        """
        notice = self._store.notice() if self.state == "ok" else ""
        return {
            "state": "spooling" if notice else self.state,
            "pending_rows": self.pending_rows,
            "message": notice or self.message,
        }

    async def start(self) -> None:
        """Begin to write; what was submitted before is written first."""
        if self._thread is not None:
            raise AssertionError("a history writer starts once")
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="history-writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Write what waits, then stop. Rows that a failing store did not take are never called back."""
        self._backlog.close()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            await asyncio.sleep(0)
        if self.pending_rows:
            _log.error("history closed with %d rows unwritten: %s", self.pending_rows, self.message)

    def submit(self, batch: SampleBatch, keys: I64, on_committed: Callable[[], None]) -> None:
        """Take a batch, which nobody changes from now on; the callback comes in the loop once it is durable.

        Args:
            batch: Samples in order of arrival, also an empty one.
            keys: int64, shape (n,), from `HistoryStore.keys`.
            on_committed: Called once, in the order of submission.
        """
        self.pending_rows += len(batch)
        self._backlog.add(Submission(batch, keys, on_committed))
        self._show()

    def submit_events(self, events: list[StoredEvent]) -> None:
        """Take events; they are written in order, each once."""
        self._backlog.add_events(events)

    def submit_documents(self, documents: list[Document]) -> None:
        """Take documents; of several of one twin the last is written."""
        self._backlog.add_documents(documents)

    def _committed(self, submissions: list[Submission], new_rows: int) -> None:
        rows = sum(len(submission.batch) for submission in submissions)
        self.pending_rows -= rows
        self.committed_rows += rows
        self.repeated_rows += rows - new_rows
        self._show()
        for submission in submissions:
            submission.on_committed()

    def _failed(self, problem: str) -> None:
        self.failed_commits += 1
        self._tell(problem)

    def _tell(self, problem: str) -> None:
        self._problem = problem
        self._show()

    def _show(self) -> None:
        state, message = self._judge()
        self.message = message
        if state != self.state:
            self.state = state
            if self._on_state is not None:
                self._on_state(state, message)

    def _judge(self) -> tuple[WriterState, str]:
        if self._problem:
            return "failing", self._problem
        share = 4 if self.state == "behind" else 2
        if self.pending_rows * share > self._max_pending_rows:
            return "behind", f"history is behind by {self.pending_rows} rows"
        return "ok", ""

    # From here on everything runs in the writer thread.

    def _run(self) -> None:
        next_commit_s = next_retention_s = self._now_s()
        while True:
            waiting = self._backlog.wait(max(0.0, next_retention_s - self._now_s()) if self._retention_s else 3600.0)
            if self._retention_s and self._now_s() >= next_retention_s:
                self._forget()
                next_retention_s = self._now_s() + RETENTION_EVERY_S
            if waiting:
                self._backlog.linger(next_commit_s - self._now_s())
                next_commit_s = self._now_s() + self._interval_s
                if not self._commit(self._backlog.take(MAX_COMMIT_ROWS)):
                    return
            elif self._backlog.closing:
                return

    def _commit(self, portion: Portion) -> bool:
        """Write a portion, however long it takes; False when the writer closed before that."""
        retry_s = FIRST_RETRY_S
        last_tries = max(1, round(self._close_timeout_s / FIRST_RETRY_S))
        failed = False
        while True:
            try:
                self._write(portion)
            except Exception as exc:
                self._report(exc, repeated=failed)
                failed = True
            else:
                if failed:
                    self._in_loop(self._tell, "")
                    _log.info("history is written again")
                return True
            if not self._backlog.closing:
                self._backlog.linger(retry_s)
                retry_s = min(2 * retry_s, LAST_RETRY_S)
            elif last_tries:
                last_tries -= 1
                time.sleep(FIRST_RETRY_S)
            else:
                return False

    def _write(self, portion: Portion) -> None:
        if portion.submissions:
            batch = joined([submission.batch for submission in portion.submissions])
            keys = np.concatenate([submission.keys for submission in portion.submissions])
            new_rows = self._store.write(batch, keys) if len(batch) else 0
            self._in_loop(self._committed, portion.submissions, new_rows)
            portion.submissions = []
        if portion.events:
            self._store.write_events(portion.events)
            portion.events = []
        if portion.documents:
            self._store.write_documents(portion.documents)
            portion.documents = []

    def _report(self, exc: Exception, *, repeated: bool) -> None:
        if isinstance(exc, HistoryUnavailable):
            problem = str(exc)
            if not repeated:
                _log.error("history cannot be written, samples wait: %s", exc)
        else:
            problem = f"history cannot be written: {exc!r}"
            if not repeated:
                _log.error("history cannot be written, samples wait", exc_info=exc)
        self._in_loop(self._failed, problem)

    def _forget(self) -> None:
        before_ns = self._clock.time_ns() - round((self._retention_s or 0.0) * 1e9)
        try:
            rows = self._store.forget(before_ns)
        except HistoryUnavailable as exc:
            _log.warning("history could not forget old samples: %s", exc)
        else:
            if rows:
                _log.info("history forgot old samples rows=%d", rows)

    def _now_s(self) -> float:
        return self._clock.monotonic_ns() / 1e9

    def _in_loop(self, call: Callable[[Unpack[_Args]], None], *args: *_Args) -> None:
        assert self._loop is not None, "the thread begins after the loop is known"
        self._loop.call_soon_threadsafe(call, *args)

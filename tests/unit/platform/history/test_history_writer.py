"""The writer behind the event loop: merging, acknowledgement, failure, bounds, retention."""

import asyncio
import threading
from collections.abc import Callable

import numpy as np
import pytest

from doubles.memory_history import MemoryHistory
from plantverse._clock import ManualClock
from plantverse.platform.history.store import StoredEvent
from plantverse.platform.history.writer import HistoryWriter
from plantverse.twins.samples import Flag, SampleBatch

DEADLINE_S = 30.0


def make(store: MemoryHistory, **options: object) -> HistoryWriter:
    return HistoryWriter(store, clock=ManualClock(), commit_interval_s=0.01, close_timeout_s=0.2, **options)


def rows(*values: float, at_ns: int = 1) -> tuple[SampleBatch, np.ndarray]:
    return SampleBatch.of(np.zeros(len(values)), values, at_ns), np.zeros(len(values), np.int64)


def event(revision: int) -> StoredEvent:
    return StoredEvent(revision=revision, epoch=1, at_ns=revision, kind="alarm", twin="p", body="{}")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - the condition lies in another thread
            await asyncio.sleep(0.005)


def written(store: MemoryHistory) -> list[float | None]:
    return [row.value for row in store.rows]


async def test_submissions_are_merged_and_called_back_in_order_in_the_loop() -> None:
    store = MemoryHistory()
    writer = make(store)
    called: list[tuple[int, int, bool]] = []
    for number in range(5):
        batch, keys = rows(float(number), float(number))
        writer.submit(
            batch,
            keys,
            lambda number=number: called.append(
                (number, len(store.rows), threading.current_thread() is threading.main_thread())
            ),
        )
    assert writer.pending_rows == 10
    await writer.start()
    await until(lambda: len(called) == 5)
    assert called == [(number, 10, True) for number in range(5)]
    assert written(store) == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]
    assert store.writes == 1
    assert (writer.pending_rows, writer.committed_rows, writer.state) == (0, 10, "ok")
    await writer.close()


async def test_an_empty_batch_is_called_back_after_what_came_before() -> None:
    writer = make(MemoryHistory())
    await writer.start()
    called: list[str] = []
    writer.submit(*rows(1.0), lambda: called.append("row"))
    writer.submit(*rows(), lambda: called.append("empty"))
    await until(lambda: len(called) == 2)
    assert called == ["row", "empty"]
    await writer.close()


async def test_rows_that_came_again_are_acknowledged_and_counted() -> None:
    store = MemoryHistory()
    writer = make(store)
    called: list[int] = []
    first, keys = rows(1.0, 2.0)
    again, _ = rows(1.0, 2.0)
    again.received_ns = again.observed_ns + 5
    again.flags |= np.uint8(Flag.REDELIVERED)
    writer.submit(first, keys, lambda: called.append(1))
    writer.submit(again, keys, lambda: called.append(2))
    await writer.start()
    await until(lambda: called == [1, 2])
    assert (writer.committed_rows, writer.repeated_rows) == (4, 2)
    assert written(store) == [1.0, 2.0]
    await writer.close()


async def test_nothing_is_acknowledged_while_the_store_refuses() -> None:
    store = MemoryHistory()
    store.refusing = "no room left on the disk"
    told: list[tuple[str, str]] = []
    writer = make(store, on_state=lambda state, message: told.append((state, message)))
    await writer.start()
    called: list[int] = []
    writer.submit(*rows(1.0), lambda: called.append(1))
    await until(lambda: writer.state == "failing")
    writer.submit(*rows(2.0), lambda: called.append(2))
    assert (called, store.rows, writer.pending_rows) == ([], [], 2)
    assert "no room left" in writer.message
    store.refusing = ""
    await until(lambda: called == [1, 2] and writer.state == "ok")
    assert told == [("failing", "no room left on the disk"), ("ok", "")]
    assert writer.message == ""
    assert writer.failed_commits > 0
    assert written(store) == [1.0, 2.0]
    await writer.close()


async def test_it_is_full_at_its_bound_and_behind_at_half_of_it() -> None:
    store = MemoryHistory()
    store.refusing = "busy"
    states: list[str] = []
    writer = make(store, max_pending_rows=4, on_state=lambda state, _: states.append(state))
    writer.submit(*rows(1.0, 2.0), lambda: None)
    assert (writer.full, writer.state) == (False, "ok")
    writer.submit(*rows(3.0), lambda: None)
    assert (writer.full, writer.state, writer.message) == (False, "behind", "history is behind by 3 rows")
    writer.submit(*rows(4.0), lambda: None)
    assert writer.full
    store.refusing = ""
    await writer.start()
    await until(lambda: writer.state == "ok")
    assert not writer.full
    assert states == ["behind", "ok"]
    await writer.close()


class RefusesEventsOnce(MemoryHistory):
    def __init__(self) -> None:
        super().__init__()
        self.refusals = 1

    def write_events(self, events: list[StoredEvent]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ValueError("not today")
        super().write_events(events)


async def test_what_was_written_is_not_written_again_when_the_rest_fails(caplog: pytest.LogCaptureFixture) -> None:
    store = RefusesEventsOnce()
    writer = make(store)
    writer.submit(*rows(1.0), lambda: None)
    writer.submit_events([event(1), event(2)])
    writer.submit_documents([("p", "old", 1)])
    writer.submit_documents([("p", "new", 2)])
    await writer.start()
    await until(lambda: store.documents() != [])
    assert written(store) == [1.0]
    assert [e.revision for e in store.events(0, 10)] == [1, 2]
    assert store.documents() == [("p", "new", 2)]
    assert "not today" in caplog.text, "an error nobody foresaw is told with its place"
    await until(lambda: writer.state == "ok")
    await writer.close()


async def test_close_writes_what_waits() -> None:
    store = MemoryHistory()
    writer = make(store)
    await writer.start()
    called: list[int] = []
    for number in range(20):
        writer.submit(*rows(float(number)), lambda number=number: called.append(number))
    writer.submit_events([event(1)])
    await writer.close()
    assert called == list(range(20))
    assert len(store.rows) == 20
    assert len(store.events(0, 10)) == 1


async def test_close_gives_up_on_a_store_that_refuses(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryHistory()
    store.refusing = "gone"
    writer = make(store)
    await writer.start()
    called: list[int] = []
    writer.submit(*rows(1.0), lambda: called.append(1))
    await writer.close()
    assert called == []
    assert writer.pending_rows == 1
    assert "1 rows unwritten" in caplog.text


async def test_a_writer_that_never_started_closes() -> None:
    await make(MemoryHistory()).close()


async def test_old_samples_are_forgotten_at_the_start() -> None:
    store = MemoryHistory()
    now_ns = ManualClock().time_ns()
    store.keys(["p:x"])
    for age_s in (100, 10):
        store.write(*rows(float(age_s), at_ns=now_ns - age_s * 1_000_000_000))
    writer = make(store, retention_s=60.0)
    await writer.start()
    await until(lambda: written(store) == [10.0])
    await writer.close()


async def test_a_writer_starts_once() -> None:
    writer = make(MemoryHistory())
    await writer.start()
    with pytest.raises(AssertionError, match="starts once"):
        await writer.start()
    await writer.close()

"""What waits for the writer: order, portions, bounds."""

import numpy as np
import pytest

from plantverse.platform.history.backlog import Backlog, Submission
from plantverse.platform.history.merging import joined
from plantverse.platform.history.store import StoredEvent
from plantverse.twins.samples import Flag, SampleBatch


def submission(*values: float) -> Submission:
    return Submission(SampleBatch.of(np.zeros(len(values)), values, 1), np.zeros(len(values), np.int64), lambda: None)


def event(revision: int) -> StoredEvent:
    return StoredEvent(revision=revision, epoch=1, at_ns=revision, kind="alarm", twin="p", body="{}")


def test_a_portion_holds_whole_submissions_in_order() -> None:
    backlog = Backlog(10)
    given = [submission(1.0, 2.0), submission(3.0, 4.0), submission(5.0)]
    for each in given:
        backlog.add(each)
    assert backlog.take(3).submissions == given[:2]
    assert backlog.take(3).submissions == given[2:]
    assert backlog.take(3).submissions == []


def test_of_too_many_events_the_oldest_go_and_are_counted() -> None:
    backlog = Backlog(3)
    backlog.add_events([event(1), event(2)])
    backlog.add_events([event(3), event(4)])
    assert backlog.dropped_events == 1
    assert [e.revision for e in backlog.take(1).events] == [2, 3, 4]


def test_of_a_twin_only_the_newest_document_waits() -> None:
    backlog = Backlog(1)
    backlog.add_documents([("a", "1", 1), ("b", "2", 2)])
    backlog.add_documents([("a", "3", 3)])
    assert backlog.take(1).documents == [("a", "3", 3), ("b", "2", 2)]
    assert backlog.take(1).documents == []


def test_waiting_tells_whether_there_is_something() -> None:
    backlog = Backlog(1)
    assert not backlog.wait(0.0)
    backlog.add_documents([("a", "1", 1)])
    assert backlog.wait(60.0)


def test_a_closed_backlog_waits_for_nobody() -> None:
    backlog = Backlog(1)
    backlog.close()
    assert backlog.closing
    backlog.linger(60.0)
    assert not backlog.wait(60.0)


def test_joining_keeps_order_and_every_column() -> None:
    first = SampleBatch.of([1, 2], [1.0, 2.0], [10, 20], [11, 21], quality=[0, 3], packet=[7, 8])
    second = SampleBatch.of([3], [float(2**60)], 30, 31, quality=64, packet=9, flags=Flag.EXACT)
    second.exact = np.array([2**60 + 1], np.int64)
    batch = joined([first, second])
    assert batch.slot.tolist() == [1, 2, 3]
    assert batch.value.tolist() == [1.0, 2.0, float(2**60)]
    assert batch.observed_ns.tolist() == [10, 20, 30]
    assert batch.received_ns.tolist() == [11, 21, 31]
    assert batch.quality.tolist() == [0, 3, 64]
    assert batch.flags.tolist() == [Flag.STAMPED, Flag.STAMPED, Flag.EXACT]
    assert batch.stamp_ns.tolist() == [10, 20, 0]
    assert batch.packet.tolist() == [7, 8, 9]
    assert batch.exact is not None
    assert batch.exact.tolist() == [0, 0, 2**60 + 1]


def test_one_batch_is_joined_as_it_is_and_none_is_an_error() -> None:
    batch = SampleBatch.of([1], [1.0], 1)
    assert joined([batch]) is batch
    with pytest.raises(ValueError, match="concatenate"):
        joined([])

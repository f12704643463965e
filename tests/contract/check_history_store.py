"""What every history store must do, as checks that take a way to open one and open it again.

A new store gets a test module of a few lines: see test_history_store.py.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from plantverse.errors import Conflict, NotFound
from plantverse.platform.history.store import HistoryStore, StoredEvent
from plantverse.twins.samples import Flag, SampleBatch

Open = Callable[[], HistoryStore]
"""Opens the store of this test; after `close`, what was there must be there again."""

S = 1_000_000_000
T0 = 1_700_000_000 * S
AGAIN = Flag.REDELIVERED
BAD, UNCERTAIN, GOOD = 0b1000_0001, 0b0100_0010, 0


def samples(
    value: object,
    at_s: object,
    *,
    received_s: object | None = None,
    quality: object | None = None,
    flags: int = Flag.STAMPED,
    packet: object = 0,
) -> SampleBatch:
    """Return rows of one signal at seconds after `T0`."""
    values = np.atleast_1d(np.asarray(value, np.float64))
    observed_ns = np.broadcast_to((np.asarray(at_s, np.float64) * S).astype(np.int64) + T0, len(values))
    received_ns = observed_ns if received_s is None else (np.asarray(received_s, np.float64) * S).astype(np.int64) + T0
    return SampleBatch.of(
        np.zeros(len(values), np.int32), values, observed_ns, received_ns, quality=quality, flags=flags, packet=packet
    )


def write(store: HistoryStore, signal: str, batch: SampleBatch) -> int:
    """Write rows that all belong to one signal."""
    return store.write(batch, np.repeat(store.keys([signal]), len(batch)))


def values(store: HistoryStore, signal: str) -> list[float]:
    """Return every value of a signal in order."""
    return list(store.series(signal, 0, 2**62).value)


def event(revision: int, at_s: float, kind: str = "alarm", twin: str = "p", epoch: int = 1) -> StoredEvent:
    """Return an event whose body tells its revision."""
    return StoredEvent(
        revision=revision, epoch=epoch, at_ns=T0 + int(at_s * S), kind=kind, twin=twin, body=f'{{"n":{revision}}}'
    )


def an_empty_store_answers_with_nothing(open_store: Open) -> None:
    store = open_store()
    assert store.signals() == []
    assert store.documents() == []
    assert store.events(0, 2**62) == []
    assert store.last_revision() == (0, 0)
    assert len(store.newest().keys) == 0
    assert values(store, "p:x") == []
    assert len(store.buckets("p:x", 0, 2**62, S).start_ns) == 0
    observed_ns, value, _ = store.as_of(["p:x"], T0)
    assert observed_ns.tolist() == [0]
    assert math.isnan(value[0])
    assert store.forget(T0) == 0


def origin_stays_and_epochs_count(open_store: Open) -> None:
    store = open_store()
    origin = store.origin()
    assert origin
    assert [store.next_epoch(), store.next_epoch()] == [1, 2]
    store.close()
    again = open_store()
    assert again.origin() == origin
    assert again.next_epoch() == 3


def keys_are_dense_and_stay(open_store: Open) -> None:
    store = open_store()
    assert store.keys(["p:b", "p:a", "p:b"]).tolist() == [0, 1, 0]
    store.close()
    again = open_store()
    assert again.keys(["p:c", "p:a"]).tolist() == [2, 1]
    assert again.signals() == ["p:b", "p:a", "p:c"]
    assert again.keys([]).tolist() == []


def a_renamed_signal_keeps_its_samples(open_store: Open) -> None:
    store = open_store()
    write(store, "old:x", samples([1.0], 1))
    write(store, "taken:x", samples([9.0], 1))
    with pytest.raises(Conflict):
        store.rename("old:x", "taken:x")
    with pytest.raises(NotFound):
        store.rename("nobody:x", "new:x")
    store.rename("old:x", "new:x")
    store.close()
    again = open_store()
    assert values(again, "new:x") == [1.0]
    assert values(again, "old:x") == []
    assert values(again, "taken:x") == [9.0]
    write(again, "old:x", samples([5.0], 1))
    assert (values(again, "new:x"), values(again, "old:x")) == ([1.0], [5.0])


def every_column_comes_back(open_store: Open) -> None:
    store = open_store()
    batch = samples(
        [1.5, math.nan, -math.inf, 2.0], [4, 1, 3, 2], received_s=[5, 5, 6, 6], quality=[GOOD, BAD, UNCERTAIN, 7]
    )
    assert write(store, "p:x", batch) == 4
    store.close()
    rows = open_store().series("p:x", T0, T0 + 5 * S)
    assert (rows.observed_ns - T0).tolist() == [1 * S, 2 * S, 3 * S, 4 * S]
    assert np.isnan(rows.value[0])
    assert rows.value[1:].tolist() == [2.0, -math.inf, 1.5]
    assert rows.quality.tolist() == [BAD, 7, UNCERTAIN, GOOD]
    assert (rows.received_ns - T0).tolist() == [5 * S, 6 * S, 6 * S, 5 * S]
    assert rows.exact is None


def integers_beyond_the_float_are_exact(open_store: Open) -> None:
    store = open_store()
    big = 2**60 + 1
    batch = samples([float(big), 7.0], [1, 2])
    batch.exact = np.array([big, 0], np.int64)
    batch.flags[0] |= Flag.EXACT
    write(store, "p:count", batch)
    exact = store.series("p:count", T0, T0 + 9 * S).exact
    assert exact is not None
    assert exact.tolist() == [big, 7]
    assert store.newest().has_exact.tolist() == [False]
    later = samples([float(big + 2)], 3)
    later.exact = np.array([big + 2], np.int64)
    later.flags |= np.uint8(Flag.EXACT)
    write(store, "p:count", later)
    store.close()
    newest = open_store().newest()
    assert newest.has_exact.tolist() == [True]
    assert newest.exact.tolist() == [big + 2]


def a_range_excludes_its_end_and_obeys_the_limit(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([0.0, 1.0, 2.0, 3.0], [0, 1, 2, 3]))
    assert store.series("p:x", T0 + 1 * S, T0 + 3 * S).value.tolist() == [1.0, 2.0]
    assert store.series("p:x", T0, T0 + 9 * S, limit=3).value.tolist() == [0.0, 1.0, 2.0]
    assert store.series("p:x", T0 + 3 * S, T0 + 3 * S).value.tolist() == []


def equal_stamps_are_kept_in_order_of_arrival(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([3.0, 1.0], 5))
    write(store, "p:x", samples([2.0], 5))
    assert values(store, "p:x") == [3.0, 1.0, 2.0]
    assert store.newest().value.tolist() == [2.0]
    write(store, "p:x", samples([8.0], 6))
    assert store.as_of(["p:x"], T0 + 5 * S)[1].tolist() == [2.0]


def a_redelivered_sample_is_stored_once(open_store: Open) -> None:
    store = open_store()
    first = samples([1.0, 2.0], [1, 2], received_s=3, packet=[7, 8])
    assert write(store, "p:x", first) == 2
    again = samples([1.0, 2.0, 3.0], [1, 2, 2.5], received_s=9, flags=Flag.STAMPED | AGAIN, packet=[7, 8, 9])
    assert write(store, "p:x", again) == 1
    assert values(store, "p:x") == [1.0, 2.0, 3.0]
    store.close()
    reopened = open_store()
    assert write(reopened, "p:x", again) == 0
    assert values(reopened, "p:x") == [1.0, 2.0, 3.0]


def without_the_flag_nothing_is_left_out(open_store: Open) -> None:
    store = open_store()
    batch = samples([1.0], 1, packet=7)
    assert [write(store, "p:x", batch), write(store, "p:x", batch)] == [1, 1]
    assert values(store, "p:x") == [1.0, 1.0]


def flagged_news_is_stored(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0], 1, packet=7))
    flags = Flag.STAMPED | AGAIN
    assert write(store, "p:x", samples([1.5], 1, flags=flags, packet=7)) == 1
    assert write(store, "p:x", samples([1.0, 1.0], [0.5, 1], flags=flags, packet=7)) == 1
    assert write(store, "p:x", samples([1.0], 1, flags=flags, packet=8)) == 1
    assert write(store, "p:y", samples([1.0], 1, flags=flags, packet=7)) == 1
    assert write(store, "p:x", samples([math.nan], 1, flags=flags, packet=7)) == 1
    assert write(store, "p:x", samples([math.nan], 1, flags=flags, packet=7)) == 0


def copies_within_one_batch_are_found(open_store: Open) -> None:
    store = open_store()
    batch = samples([1.0, 1.0, 1.0], 1, received_s=[2, 2, 3], packet=7)
    batch.flags[2] |= AGAIN
    assert write(store, "p:x", batch) == 2


def an_unstamped_redelivery_is_told_by_its_packet(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0, 2.0], [1, 2], flags=0, packet=[7, 8]))
    store.close()
    again = open_store()
    batch = samples([1.0, 2.0, 1.0], [50, 50, 50], flags=AGAIN, packet=[7, 8, 9])
    assert write(again, "p:x", batch) == 1
    assert values(again, "p:x") == [1.0, 2.0, 1.0]


def an_equal_reading_that_used_the_packet_id_before_is_another(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0], 1, flags=0, packet=7))
    write(store, "p:y", samples([5.0], 2, flags=0, packet=7))
    assert write(store, "p:x", samples([1.0], 3, flags=AGAIN, packet=7)) == 1
    assert write(store, "p:x", samples([1.0], 4, flags=AGAIN, packet=7)) == 0


def buckets_condense_what_is_usable(open_store: Open) -> None:
    store = open_store()
    batch = samples([1.0, 3.0, 100.0, math.nan, 7.0], [0, 1, 2, 3, 10], quality=[GOOD, UNCERTAIN, BAD, BAD, GOOD])
    write(store, "p:x", batch)
    found = store.buckets("p:x", T0, T0 + 60 * S, 10 * S)
    assert (found.start_ns - T0).tolist() == [0, 10 * S]
    assert found.minimum.tolist() == [1.0, 7.0]
    assert found.maximum.tolist() == [3.0, 7.0]
    assert found.mean.tolist() == [2.0, 7.0]
    assert found.count.tolist() == [3, 1]
    assert found.worst.tolist() == [BAD, GOOD]
    only_bad = store.buckets("p:x", T0 + 2 * S, T0 + 4 * S, 10 * S)
    assert np.isnan(only_bad.mean).tolist() == [True]
    assert only_bad.count.tolist() == [1]
    with pytest.raises(ValueError, match="buckets of 0 ns"):
        store.buckets("p:x", T0, T0 + S, 0)


def as_of_is_the_last_value_at_or_before(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0, 2.0, math.nan, 3.0], [0, 100, 150, 300_000], quality=[0, 7, BAD, 0]))
    write(store, "p:y", samples([9.0], 40))
    at = T0 + 200 * S
    observed_ns, value, quality = store.as_of(["p:y", "p:none", "p:x"], at)
    assert observed_ns.tolist() == [T0 + 40 * S, 0, T0 + 100 * S]
    assert value[[0, 2]].tolist() == [9.0, 2.0]
    assert math.isnan(value[1])
    assert quality.tolist() == [0, 0, 7]
    assert store.as_of(["p:x"], T0 + 100 * S)[1].tolist() == [2.0]
    assert store.as_of(["p:x"], T0 + 100 * S - 1)[1].tolist() == [1.0]
    assert math.isnan(store.as_of(["p:x"], T0 - 1)[1][0])
    assert store.as_of(["p:x"], T0 + 299_999 * S)[1].tolist() == [2.0], "found however far back"


def look_back_bounds_as_of(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0, 2.0], [100, 500]))
    assert store.as_of(["p:x"], T0 + 160 * S, 60 * S)[1].tolist() == [1.0]
    assert math.isnan(store.as_of(["p:x"], T0 + 161 * S, 60 * S)[1][0])
    assert math.isnan(store.as_of(["p:x"], T0 + 600 * S, 60 * S)[1][0])
    assert store.as_of(["p:x"], T0 + 560 * S, 60 * S)[1].tolist() == [2.0]


def newest_survives_and_late_samples_do_not_replace_it(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([5.0, 6.0], [10, 20], quality=[0, UNCERTAIN]))
    write(store, "p:x", samples([4.0], 15))
    write(store, "p:x", samples([math.nan], 30, quality=BAD))
    write(store, "p:never", samples([math.nan], 1, quality=BAD))
    for _ in range(2):
        last = store.newest()
        assert last.keys.tolist() == [0]
        assert (last.observed_ns - T0).tolist() == [20 * S]
        assert last.value.tolist() == [6.0]
        assert last.quality.tolist() == [UNCERTAIN]
        store.close()
        store = open_store()


def events_come_back_in_order_and_filtered(open_store: Open) -> None:
    store = open_store()
    store.write_events([event(3, 2), event(1, 1, kind="birth", twin="q"), event(4, 2)])
    store.write_events([])
    store.close()
    again = open_store()
    assert [e.revision for e in again.events(0, 2**62)] == [1, 3, 4]
    assert again.events(0, 2**62)[0] == event(1, 1, kind="birth", twin="q")
    assert [e.revision for e in again.events(T0 + 1 * S, T0 + 2 * S)] == [1]
    assert [e.revision for e in again.events(0, 2**62, kind="alarm")] == [3, 4]
    assert [e.revision for e in again.events(0, 2**62, twin="q")] == [1]
    assert [e.revision for e in again.events(0, 2**62, kind="birth", twin="p")] == []
    assert [e.revision for e in again.events(0, 2**62, limit=2)] == [3, 4]
    assert again.count_events(0, 2**62) == 3
    assert again.count_events(0, 2**62, kind="alarm") == 2
    assert again.count_events(T0 + 1 * S, T0 + 2 * S, twin="q") == 1
    assert again.count_events(0, 2**62, kind="birth", twin="p") == 0


def raised_alarms_are_told_by_their_times(open_store: Open) -> None:
    store = open_store()
    assert store.raised_ns(0, 2**62).tolist() == []
    bodies = [
        (3, "alarm", '{"action":"raised","alarm":"p:h"}'),
        (1, "alarm", '{"alarm":"p:l","action":"raised","comment":"\\"action\\":\\"cleared\\""}'),
        (2, "alarm", '{"action":"cleared","comment":"\\"action\\":\\"raised\\""}'),
        (4, "alarm", '{"action":"raised","synthetic":true}'),
        (5, "alarm", '{"action":"raised","synthetic":false}'),
        (6, "alarm", "{}"),
        (7, "anomaly", '{"action":"raised"}'),
    ]
    store.write_events([dataclasses.replace(event(n, n, kind=kind), body=body) for n, kind, body in bodies])
    assert store.raised_ns(0, 2**62).tolist() == [T0 + 1 * S, T0 + 3 * S, T0 + 5 * S]
    assert store.raised_ns(T0 + 1 * S, T0 + 3 * S).tolist() == [T0 + 1 * S]
    assert store.raised_ns(0, 2**62).dtype == np.int64


def the_last_document_of_a_twin_counts(open_store: Open) -> None:
    store = open_store()
    store.next_epoch()
    store.write_documents([("b", '{"n":1}', 1), ("a", '{"n":2}', 2), ("b", '{"n":3}', 3)])
    store.write_documents([("a", '{"text":"grün"}', 4)])
    store.write_documents([])
    store.close()
    assert open_store().documents() == [("a", '{"text":"grün"}', 4), ("b", '{"n":3}', 3)]


def the_last_revision_is_the_greatest_of_the_newest_epoch(open_store: Open) -> None:
    store = open_store()
    store.next_epoch()
    store.write_events([event(50, 1)])
    assert store.last_revision() == (1, 50)
    store.write_documents([("a", "{}", 60)])
    assert store.last_revision() == (1, 60)
    store.next_epoch()
    store.write_events([event(7, 2, epoch=2)])
    assert store.last_revision() == (2, 7)


def what_is_forgotten_is_gone_for_good(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0], 0))
    write(store, "p:x", samples([2.0, 3.0], [90_000, 200_000]))
    write(store, "p:old", samples([8.0], 5))
    store.write_events([event(1, 0), event(2, 200_000)])
    assert store.forget(T0 + 100_000 * S) == 3
    assert store.forget(T0 + 100_000 * S) == 0
    for _ in range(2):
        assert values(store, "p:x") == [3.0]
        assert [e.revision for e in store.events(0, 2**62)] == [2]
        assert math.isnan(store.as_of(["p:old"], T0 + 300_000 * S)[1][0])
        assert store.newest().keys.tolist() == [0]
        assert store.buckets("p:x", 0, 2**62, S).count.sum() == 1
        store.close()
        store = open_store()
    write(store, "p:x", samples([4.0, 5.0], [50_000, 250_000], received_s=250_000))
    assert values(store, "p:x") == [3.0, 5.0]
    assert store.forget(T0) == 0, "the horizon never moves back"
    assert values(store, "p:x") == [3.0, 5.0]


def forgetting_all_leaves_a_store_that_goes_on(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0, 2.0], [0, 1]))
    assert store.forget(T0 + 2 * S) == 2
    write(store, "p:x", samples([3.0], 3))
    store.close()
    again = open_store()
    assert values(again, "p:x") == [3.0]
    assert again.newest().value.tolist() == [3.0]


def times_may_be_numpy_integers(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples([1.0, 2.0], [0, 10]))
    store.write_events([event(1, 0), event(2, 10)])
    start_ns, end_ns = np.array([T0 + 5 * S, T0 + 60 * S])
    assert store.series("p:x", start_ns, end_ns).value.tolist() == [2.0]
    assert store.buckets("p:x", start_ns, end_ns, np.int64(S)).count.tolist() == [1]
    assert store.as_of(["p:x"], start_ns, np.int64(60 * S))[1].tolist() == [1.0]
    assert [e.revision for e in store.events(start_ns, end_ns)] == [2]
    assert store.forget(start_ns) == 1
    assert values(store, "p:x") == [2.0]


def an_empty_batch_is_no_news(open_store: Open) -> None:
    store = open_store()
    empty = samples([1.0], 1).take(np.zeros(1, np.bool_))
    assert store.write(empty, np.empty(0, np.int64)) == 0


def batches_are_not_changed(open_store: Open) -> None:
    store = open_store()
    batch = samples([1.0, 2.0], [2, 1], flags=Flag.STAMPED | AGAIN, packet=[1, 2])
    before = dataclasses.replace(batch, value=batch.value.copy(), observed_ns=batch.observed_ns.copy())
    write(store, "p:x", batch)
    assert batch.value.tolist() == before.value.tolist()
    assert batch.observed_ns.tolist() == before.observed_ns.tolist()


def size_is_told(open_store: Open) -> None:
    store = open_store()
    write(store, "p:x", samples(np.arange(1000.0), np.arange(1000.0)))
    assert store.size_bytes() > 1000


CHECKS: Sequence[Callable[[Open], None]] = (
    an_empty_store_answers_with_nothing,
    origin_stays_and_epochs_count,
    keys_are_dense_and_stay,
    a_renamed_signal_keeps_its_samples,
    every_column_comes_back,
    integers_beyond_the_float_are_exact,
    a_range_excludes_its_end_and_obeys_the_limit,
    equal_stamps_are_kept_in_order_of_arrival,
    a_redelivered_sample_is_stored_once,
    without_the_flag_nothing_is_left_out,
    flagged_news_is_stored,
    copies_within_one_batch_are_found,
    an_unstamped_redelivery_is_told_by_its_packet,
    an_equal_reading_that_used_the_packet_id_before_is_another,
    buckets_condense_what_is_usable,
    as_of_is_the_last_value_at_or_before,
    look_back_bounds_as_of,
    newest_survives_and_late_samples_do_not_replace_it,
    events_come_back_in_order_and_filtered,
    raised_alarms_are_told_by_their_times,
    the_last_document_of_a_twin_counts,
    the_last_revision_is_the_greatest_of_the_newest_epoch,
    what_is_forgotten_is_gone_for_good,
    forgetting_all_leaves_a_store_that_goes_on,
    times_may_be_numpy_integers,
    an_empty_batch_is_no_news,
    batches_are_not_changed,
    size_is_told,
)

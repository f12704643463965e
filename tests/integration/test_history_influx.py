"""History in a real InfluxDB that goes away, comes back, hangs, refuses, and asks who we are."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from doubles.databases import InfluxDb, VictoriaMetrics
from doubles.mosquitto import free_port
from plantverse.errors import HistoryUnavailable
from plantverse.platform.history.influx_http import InfluxOptions, InfluxServer, PointsRefused
from plantverse.platform.history.influx_lines import lines, series_head
from plantverse.platform.history.influx_store import InfluxStore
from plantverse.platform.history.store import StoredEvent
from plantverse.twins.samples import Flag, SampleBatch

pytestmark = pytest.mark.database

S = 1_000_000_000
T0 = 1_700_000_000 * S
_DEADLINE_S = 60.0

OpenStore = Callable[..., InfluxStore]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[InfluxDb]:
    """An InfluxDB of this test alone, to be ill-treated."""
    made = InfluxDb(tmp_path / "influx").start()
    made.query("CREATE DATABASE plantverse")
    yield made
    made.kill()


@pytest.fixture
def open_store(tmp_path: Path, database: InfluxDb) -> Iterator[OpenStore]:
    opened: list[InfluxStore] = []

    def opening(name: str = "history", **options: object) -> InfluxStore:
        limits = {"max_spool_bytes": options.pop("max_spool_bytes", 1 << 30)}
        opened.append(InfluxStore(tmp_path / name, InfluxOptions(url=database.url, **options), retry_s=0.05, **limits))
        return opened[-1]

    yield opening
    for store in opened:
        store.close()


def rows(first: int, count: int = 10, *, flags: int = Flag.STAMPED) -> SampleBatch:
    """Return rows that count up, a second apart."""
    number = np.arange(first, first + count)
    return SampleBatch.of(np.zeros(count), number, T0 + number * S, flags=flags, packet=number % 65_535 + 1)


def write(store: InfluxStore, batch: SampleBatch, signal: str = "p:x") -> int:
    return store.write(batch, np.repeat(store.keys([signal]), len(batch)))


def values(store: InfluxStore, signal: str = "p:x") -> list[float]:
    return store.series(signal, 0, 2**62).value.tolist()


def wait_until_sent(store: InfluxStore) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while store.notice():
        assert time.monotonic() < deadline, store.notice()
        time.sleep(0.02)


def test_an_outage_loses_nothing_and_keeps_the_order(open_store: OpenStore, database: InfluxDb) -> None:
    store = open_store()
    write(store, rows(0))
    database.kill()
    for first in (10, 20, 30):
        assert write(store, rows(first)) == 10
    store.write_events([StoredEvent(revision=1, epoch=1, at_ns=T0, kind="alarm", twin="p", body="{}")])
    assert "30 rows wait" in store.notice()
    assert "does not answer" in store.notice()
    assert store.newest().value.tolist() == [39.0], "what is new shows although the server is away"
    assert store.as_of(["p:x"], T0 + 100 * S)[1].tolist() == [39.0]
    assert len(store.events(0, 2**62)) == 1
    with pytest.raises(HistoryUnavailable, match="does not answer"):
        values(store)
    database.start()
    wait_until_sent(store)
    write(store, rows(40))
    assert values(store) == list(range(50))
    assert store.counts() == {"spooled": 30, "replayed": 30, "refused": 0}


def test_the_spool_survives_a_restart_without_the_server(open_store: OpenStore, database: InfluxDb) -> None:
    store = open_store()
    write(store, rows(0))
    database.kill()
    write(store, rows(10))
    store.close()
    again = open_store()
    assert again.newest().value.tolist() == [19.0]
    write(again, rows(20))
    assert "20 rows wait" in again.notice()
    database.start()
    wait_until_sent(again)
    assert values(again) == list(range(30))


def test_what_comes_again_during_an_outage_is_stored_once(open_store: OpenStore, database: InfluxDb) -> None:
    store = open_store()
    write(store, rows(0))
    database.kill()
    write(store, rows(0, 15, flags=Flag.STAMPED | Flag.REDELIVERED))
    write(store, rows(0, 5))
    write(store, rows(10, flags=Flag.STAMPED | Flag.REDELIVERED))
    database.start()
    wait_until_sent(store)
    twice = [number for number in range(5) for _ in range(2)]
    assert values(store) == [*twice, *range(5, 20)], "only flagged rows can be repetitions"


def test_a_lost_answer_does_not_store_twice(open_store: OpenStore, database: InfluxDb) -> None:
    store = open_store(timeout_s=0.3)
    same = SampleBatch.of(np.zeros(3), [1.0, 1.0, 2.0], T0)
    write(store, rows(1))
    database.freeze()
    write(store, same)
    assert "3 rows wait" in store.notice()
    database.thaw()
    wait_until_sent(store)
    assert values(store) == [1.0, 1.0, 2.0, *range(1, 11)]


def test_a_batch_sent_just_before_the_process_died_is_sent_again_unchanged(
    open_store: OpenStore, database: InfluxDb, tmp_path: Path
) -> None:
    store = open_store()
    write(store, rows(0))
    database.kill()
    write(store, rows(10))
    late = SampleBatch.of(np.zeros(2), [5.0, 5.0], T0 + 5 * S)
    write(store, late)
    store.close()
    spool = tmp_path / "history" / "spool"
    min(spool.glob("*.samples")).unlink()
    (waiting,) = spool.glob("*.samples")
    # Questions are answered and writes are not, which leaves the batch as it is just before it is sent.
    database.start(config="max-body-size = 1")
    asking = open_store()
    deadline = time.monotonic() + _DEADLINE_S
    while "413" not in asking.notice():
        assert time.monotonic() < deadline, asking.notice()
        time.sleep(0.02)
    asking.close()
    settled = waiting.read_bytes()
    database.kill()
    database.start()
    for _ in range(2):
        waiting.write_bytes(settled)
        again = open_store()
        wait_until_sent(again)
        assert values(again) == [0, 1, 2, 3, 4, 5, 5, 5, 6, 7, 8, 9]
        again.close()


def test_a_full_spool_refuses_and_keeps_what_it_has(open_store: OpenStore, database: InfluxDb) -> None:
    store = open_store(max_spool_bytes=3_000)
    write(store, rows(0))
    database.kill()
    write(store, rows(10))
    write(store, rows(20))
    with pytest.raises(HistoryUnavailable, match=r"the spool in .* is full"):
        write(store, rows(30, 100))
    assert store.newest().value.tolist() == [29.0], "nothing of a refused batch shows"
    database.start()
    wait_until_sent(store)
    write(store, rows(30, 100))
    assert values(store) == list(range(130))


def test_a_damaged_file_of_the_spool_is_put_aside(
    open_store: OpenStore, database: InfluxDb, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store()
    database.kill()
    write(store, rows(0))
    write(store, rows(10))
    store.close()
    spool = tmp_path / "history" / "spool"
    oldest = min(spool.glob("*.samples"))
    oldest.write_bytes(oldest.read_bytes()[:-7])
    database.start()
    again = open_store()
    wait_until_sent(again)
    assert values(again) == list(range(10, 20))
    assert [path.name for path in spool.glob("*.damaged")] == [oldest.name + ".damaged"]
    assert "damaged" in caplog.text


def test_points_that_are_never_taken_do_not_hold_up_the_others(
    open_store: OpenStore, database: InfluxDb, tmp_path: Path
) -> None:
    # Somebody else writes integers to our field; InfluxDB fixes the type of a field at its first point.
    httpx.post(f"{database.url}/write", params={"db": "plantverse"}, content=f"plantverse value=1i {T0}")
    store = open_store()
    assert write(store, rows(0)) == 10
    assert store.refused_rows == 10
    assert "key=0,signal=p:x" in (tmp_path / "history" / "spool" / "refused.lp").read_text()
    assert store.notice() == ""
    late = rows(1_000_000)
    write(store, late)
    assert values(store) == late.value.tolist(), "another shard, another type"


def test_a_long_answer_comes_whole(open_store: OpenStore, database: InfluxDb) -> None:
    database.kill()
    database.start(config="max-row-limit = 100")
    store = open_store()
    write(store, rows(0, 25_000))
    assert values(store) == list(range(25_000))
    assert len(store.buckets("p:x", 0, 2**62, 2 * S).start_ns) == 12_500


def test_two_histories_share_a_database_without_meeting(open_store: OpenStore) -> None:
    one, other = open_store("one"), open_store("other")
    write(one, rows(0))
    write(other, rows(100))
    assert one.forget(T0 + 5 * S) == 5
    assert (values(one), values(other)) == (list(range(5, 10)), list(range(100, 110)))


def test_signals_may_be_called_anything(open_store: OpenStore, database: InfluxDb) -> None:
    store = open_store()
    names = ["a b:x", "a,b:x", "a=b:x", "größe:x", 'a"b:x', "a'b:x", "a\\b:x", "a\nb:x"]
    for place, name in enumerate(names):
        write(store, rows(place, 1), name)
    assert [values(store, name) for name in names] == [[float(place)] for place in range(len(names))]
    told = str(database.query('SHOW TAG VALUES ON plantverse WITH KEY = "signal"'))
    assert "a b:x" in told
    assert "größe:x" in told


def test_users_and_passwords(tmp_path: Path) -> None:
    database = InfluxDb(tmp_path / "guarded").start(config="auth-enabled = true")
    try:
        database.query("CREATE USER plant WITH PASSWORD 'right' WITH ALL PRIVILEGES")
        auth = ("plant", "right")
        httpx.post(f"{database.url}/query", data={"q": "CREATE DATABASE plantverse"}, auth=auth).raise_for_status()
        store = InfluxStore(tmp_path / "h", InfluxOptions(url=database.url, user="plant", password="wrong"))
        write(store, rows(0))
        assert "does not let us in" in store.notice()
        assert "wrong" not in store.notice()
        store.close()
        again = InfluxStore(tmp_path / "h", InfluxOptions(url=database.url, user="plant", password="right"))
        wait_until_sent(again)
        assert values(again) == list(range(10))
        again.close()
    finally:
        database.kill()


def test_a_missing_database_is_named(database: InfluxDb, tmp_path: Path) -> None:
    store = InfluxStore(tmp_path / "h", InfluxOptions(url=database.url, database="nowhere"))
    write(store, rows(0))
    assert "has no 'nowhere' for us" in store.notice()
    assert "docs/how-to/influxdb.md" in store.notice()
    store.close()


def test_something_else_at_the_address_is_named(tmp_path: Path) -> None:
    victoria = VictoriaMetrics(tmp_path / "vm").start()
    server = InfluxServer(InfluxOptions(url=victoria.url))
    try:
        with pytest.raises(HistoryUnavailable, match="not every statement"):
            server.ask(["select value from plantverse"] * 2)
    finally:
        server.close()
        victoria.kill()


def test_v2_writes_arrive(tmp_path: Path) -> None:
    """VictoriaMetrics takes the writes of InfluxDB 2 and keeps milliseconds; it answers no InfluxQL."""
    victoria = VictoriaMetrics(tmp_path / "vm").start()
    server = InfluxServer(InfluxOptions(url=victoria.url, bucket="plants", org="works", token="secret"))
    try:
        batch = SampleBatch.of(
            np.zeros(3), [1.5, -2e-7, np.nan], T0 + np.array([0, 2_000_000, 3 * S]), quality=[0, 7, 130]
        )
        heads = {5: series_head("abc", 5, "hall/p 1:flow")}
        server.write("\n".join(lines(batch, np.full(3, 5), np.zeros(3, np.int64), heads)).encode())
        found: dict[str, dict[str, list[float]]] = {}
        deadline = time.monotonic() + _DEADLINE_S
        while len(found) < 5 and time.monotonic() < deadline:
            httpx.get(f"{victoria.url}/internal/force_flush")
            answer = httpx.get(
                f"{victoria.url}/api/v1/export",
                params={"match[]": '{history="abc"}', "start": "0"},
                timeout=_DEADLINE_S,
            )
            exported = [httpx.Response(200, content=line).json() for line in answer.text.splitlines()]
            found = {series["metric"]["__name__"]: series for series in exported}
        values = found["plantverse_value"]
        assert values["values"] == [1.5, -2e-7]
        assert values["timestamps"] == [T0 // 1_000_000, T0 // 1_000_000 + 2]
        assert values["metric"]["signal"] == "hall/p 1:flow"
        assert found["plantverse_quality"]["values"] == [0, 7, 130]
    finally:
        server.close()
        victoria.kill()


def test_v2_refusals_are_told_apart(tmp_path: Path) -> None:
    gone = InfluxServer(InfluxOptions(url=f"http://127.0.0.1:{free_port()}", bucket="plants", org="works"))
    with pytest.raises(HistoryUnavailable, match="does not answer"):
        gone.write(b"plantverse value=1 1")
    gone.close()
    influx = InfluxDb(tmp_path / "old").start()
    old = InfluxServer(InfluxOptions(url=influx.url, bucket="plants", org="works"))
    try:
        with pytest.raises(HistoryUnavailable, match="has no 'plants' for us") as caught:
            old.write(b"plantverse value=1 1")
        assert not isinstance(caught.value, PointsRefused), "1.x has no such interface: the rows must wait"
    finally:
        old.close()
        influx.kill()

"""The files of the DuckDB history: in use elsewhere, damaged, cut short, out of room, dropped."""

import contextlib
import dataclasses
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from doubles import history_full_disk, history_load
from plantverse.errors import HistoryUnavailable
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.history.store import StoredEvent
from plantverse.twins.samples import Flag, SampleBatch

S = 1_000_000_000
T0 = 1_700_000_000 * S


def write(store: DuckDbStore, number: np.ndarray, *, every_ns: int = S, flags: int = Flag.STAMPED) -> int:
    batch = SampleBatch.of(number * 0, number, T0 + number * every_ns, flags=flags, packet=number % 65_535 + 1)
    return store.write(batch, np.zeros(len(number), np.int64))


def filled(folder: Path, rows: int = 30) -> DuckDbStore:
    """Return a store with three files of samples of ten seconds each, or more."""
    store = DuckDbStore(folder, period_ns=10 * S)
    store.keys(["p:x"])
    for first in range(0, rows, 10):
        write(store, np.arange(first, first + 10))
    return store


def sample_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("samples-*.duckdb"))


def test_a_history_in_use_elsewhere_says_by_whom(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, history_load.__file__, str(tmp_path), "1"], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    try:
        assert other.stdout.readline()
        with pytest.raises(HistoryUnavailable, match=rf"in use by process {other.pid} .*ask that server"):
            DuckDbStore(tmp_path)
    finally:
        other.kill()
        other.communicate()
    DuckDbStore(tmp_path).close()


def test_one_process_opens_a_history_once(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path)
    with pytest.raises(HistoryUnavailable, match="open in this process already"):
        DuckDbStore(tmp_path)
    store.close()
    store.close()
    DuckDbStore(tmp_path).close()


def test_a_closed_history_says_so(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.close()
    with pytest.raises(HistoryUnavailable, match="is closed"):
        store.series("p:x", 0, 2**62)
    with pytest.raises(HistoryUnavailable, match="is closed"):
        write(store, np.arange(3))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryUnavailable, match="cannot be made"):
        DuckDbStore(tmp_path / "file" / "history")


def damaged_head(file: Path) -> None:
    file.write_bytes(b"\0" * 4096 + file.read_bytes()[4096:])


def damaged_blocks(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:12_288] + b"\xa5" * (len(content) - 12_288))


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:6_000])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("spoil", [damaged_head, damaged_blocks, cut_short, emptied])
@pytest.mark.parametrize("which", ["plant.duckdb", "samples-*.duckdb"])
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, spoil: object, which: str) -> None:
    filled(tmp_path).close()
    file = min(tmp_path.glob(which))
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(HistoryUnavailable, match="damaged") as caught:
        DuckDbStore(tmp_path)
    assert file.name in str(caught.value)
    assert "nothing was deleted" in str(caught.value)
    assert file.read_bytes() == before


def test_a_file_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / "plant.duckdb.unfinished").write_bytes(b"half")
    (tmp_path / "samples-20231114T221400Z.duckdb.unfinished").write_bytes(b"half")
    store = DuckDbStore(tmp_path, period_ns=10 * S)
    write(store, np.arange(40, 41))
    assert len(store.series("p:x", 0, 2**62).value) == 31
    store.close()
    assert len(sample_files(tmp_path)) == 4


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    filled(tmp_path).close()
    with duckdb.connect(str(tmp_path / "plant.duckdb")) as connection:
        connection.execute("update meta set value = '2' where name = 'format'")
    with pytest.raises(HistoryUnavailable, match="format 2, this version reads up to 1"):
        DuckDbStore(tmp_path)


def test_a_full_disk_loses_nothing_and_stores_nothing_twice(tmp_path: Path) -> None:
    told = json.loads(
        subprocess.run(
            [sys.executable, history_full_disk.__file__, str(tmp_path)], capture_output=True, text=True, check=True
        ).stdout
    )
    called, found, message = told["failing"]
    assert 0 < called < told["submitted"]
    assert found == called, "what was not acknowledged is not seen either"
    assert "no room left on the disk" in message
    assert told["called"] == told["submitted"]
    store = DuckDbStore(tmp_path)
    rows = store.series("p:x", 0, 2**62)
    assert rows.observed_ns.tolist() == list(range(told["submitted"]))
    store.close()


class FailsLate:
    """A cursor on which a statement works and then fails, as a commit does whose checkpoint finds the disk full."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, statement: str) -> None:
        self._cursor = cursor
        self._statement = statement

    def execute(self, sql: str, *given: object) -> duckdb.DuckDBPyConnection:
        # DuckDB looks for arrays by name in the frame that calls it, which now is this one.
        asking = sys._getframe(1).f_locals
        added, incoming = asking.get("added"), asking.get("incoming")  # noqa: F841
        done = self._cursor.execute(sql, *given)
        if sql.startswith(self._statement):
            raise duckdb.IOException("No space left on device")
        return done


@pytest.fixture
def fail_late(monkeypatch: pytest.MonkeyPatch) -> Callable[..., contextlib.AbstractContextManager[None]]:
    """Return a context in which one statement of a store fails after it has worked."""

    @contextlib.contextmanager
    def failing(store: DuckDbStore, statement: str) -> Iterator[None]:
        with monkeypatch.context() as patch:
            lend = store._database.cursor

            @contextlib.contextmanager
            def cursor() -> Iterator[FailsLate]:
                with lend() as real:
                    yield FailsLate(real, statement)

            patch.setattr(store._database, "cursor", cursor)
            with pytest.raises(HistoryUnavailable, match="no room left"):
                yield

    return failing


FailLate = Callable[[DuckDbStore, str], contextlib.AbstractContextManager[None]]


def test_a_commit_that_fails_after_its_rows_are_stored_is_taken_back(tmp_path: Path, fail_late: FailLate) -> None:
    store = filled(tmp_path)
    with fail_late(store, "commit"):
        write(store, np.arange(30, 40))
    assert write(store, np.arange(30, 40)) == 10
    assert write(store, np.arange(40, 41)) == 1
    assert store.series("p:x", 0, 2**62).value.tolist() == list(range(41))
    store.close()


def test_events_and_keys_whose_commit_failed_late_are_there_once(tmp_path: Path, fail_late: FailLate) -> None:
    store = filled(tmp_path)
    event = StoredEvent(revision=1, epoch=1, at_ns=T0, kind="alarm", twin="p", body="{}")
    with fail_late(store, "insert into events"):
        store.write_events([event])
    store.write_events([event, dataclasses.replace(event, revision=2)])
    assert [e.revision for e in store.events(0, 2**62)] == [1, 2]
    with fail_late(store, "insert into signals"):
        store.keys(["p:y", "p:z"])
    assert store.keys(["p:z", "p:new", "p:y"]).tolist() == [2, 3, 1]
    with fail_late(store, "update signals"):
        store.rename("p:x", "q:x")
    assert store.keys(["q:x"]).tolist() == [0]
    store.close()
    again = DuckDbStore(tmp_path)
    assert again.signals() == ["q:x", "p:y", "p:z", "p:new"]
    assert len(again.events(0, 2**62)) == 2
    again.close()


def test_forgetting_gives_back_whole_files_while_others_read(tmp_path: Path) -> None:
    store = filled(tmp_path, rows=200)
    before = store.size_bytes()
    stop = threading.Event()
    asked, trouble = [0, 0], []

    def read(reader: int) -> None:
        while not stop.is_set():
            try:
                value = store.series("p:x", T0 + 190 * S, 2**62).value
                store.as_of(["p:x"], T0 + 195 * S)
                store.buckets("p:x", 0, 2**62, 60 * S)
                if value.tolist() != list(range(190, 200)):
                    trouble.append(value)
            except HistoryUnavailable as exc:
                trouble.append(exc)
            asked[reader] += 1

    readers = [threading.Thread(target=read, args=[number]) for number in range(2)]
    for each in readers:
        each.start()
    for end in range(10, 190, 10):
        seen = asked[0]
        assert store.forget(T0 + end * S) == 10
        while asked[0] == seen and not trouble:
            stop.wait(0.001)
    stop.set()
    for each in readers:
        each.join()
    assert trouble == []
    assert len(sample_files(tmp_path)) == 2
    assert store.size_bytes() < before / 2
    store.close()


def test_a_file_made_anew_after_its_rows_were_forgotten_is_read_at_the_next_start(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path, period_ns=1_000 * S, snapshot_rows=1)
    store.keys(["p:x"])
    write(store, np.arange(10))
    assert store.forget(T0 + 20 * S) == 10
    write(store, np.arange(21, 22))
    newest = store.newest().value.tolist()
    store.close()
    again = DuckDbStore(tmp_path, period_ns=1_000 * S)
    assert again.newest().value.tolist() == newest == [21.0]
    again.close()


def test_a_redelivery_is_found_across_files(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.close()
    again = DuckDbStore(tmp_path, period_ns=10 * S)
    number = np.arange(5, 35)
    assert write(again, number, flags=Flag.STAMPED | Flag.REDELIVERED) == 5
    assert again.series("p:x", 0, 2**62).value.tolist() == list(range(35))
    again.close()

"""Each history store against the battery of check_history_store.py."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from contract.check_history_store import CHECKS, Open
from doubles.databases import InfluxDb
from doubles.memory_history import MemoryHistory
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.history.influx_http import InfluxOptions
from plantverse.platform.history.influx_store import InfluxStore
from plantverse.platform.history.store import HistoryStore


def in_memory(_folder: Path) -> Open:
    store = MemoryHistory()
    return lambda: store


def in_duckdb(folder: Path) -> Open:
    return partial(DuckDbStore, folder)


def in_duckdb_with_small_pieces(folder: Path) -> Open:
    """Many files, and a snapshot of the newest after every other row: the same answers."""
    return partial(DuckDbStore, folder, period_ns=2_000_000_000, snapshot_rows=2)


def in_influx(folder: Path, influx: InfluxDb) -> Open:
    return partial(InfluxStore, folder, InfluxOptions(url=influx.url))


@pytest.fixture(
    params=[
        in_memory,
        in_duckdb,
        in_duckdb_with_small_pieces,
        pytest.param(in_influx, marks=pytest.mark.database),
    ],
    ids=lambda kind: kind.__name__,
)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    servers = [request.getfixturevalue("influx")] if request.param is in_influx else []
    again: Open = request.param(tmp_path / "history", *servers)
    opened: list[HistoryStore] = []

    def opening() -> HistoryStore:
        opened.append(again())
        return opened[-1]

    yield opening
    for store in opened:
        store.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_history_store(check: Callable[[Open], None], open_store: Open) -> None:
    check(open_store)

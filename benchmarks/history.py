"""History in DuckDB: what a commit costs beside a reader, what a sample takes on disk, how long questions take.

    python -m benchmarks.history --json
    python -m benchmarks.history --seconds 10 --rows 2000000

Parts, each in a folder of its own under `--folder` (a temporary one by default; the disk counts):

- `commits`: `HistoryWriter` under `--rate` rows a second, submitted every 4 ms as the pipeline does, alone and beside
  a thread that keeps asking for buckets and as-of. `commit` is the time in the store, `acknowledged` the time from
  submission to callback, `cpu_us` the CPU of the process per row, reader and generator included; `generator_us` is the
  generator alone. `loop_late` is how late the event loop wakes up meanwhile, `loop_late_without` with the generator
  alone.
- `questions`: `--rows` rows of `--signals` signals spread over one day, then buckets of one signal over that day and
  the state of all signals at noon, without and with a look-back of ten minutes. Best and worst of `--repeats`.
- `sqlite`: the same rows into SQLite (WAL, synchronous=FULL, one transaction per 100 ms' worth, no index): the
  store that Python brings along.
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ages import Ages
from benchmarks.processes import machine
from plantverse._clock import SystemClock
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.history.writer import HistoryWriter
from plantverse.twins.samples import I64, SampleBatch

_TURN_S = 0.004
_DAY_NS = 86_400_000_000_000
_NS = 1_000_000_000


class TimedStore(DuckDbStore):
    """Times every commit."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.commits = Ages()

    def write(self, batch: SampleBatch, keys: I64) -> int:
        began = time.perf_counter()
        rows = super().write(batch, keys)
        self.commits.add(np.array([(time.perf_counter() - began) * 1e6]))
        return rows


class Load:
    """Rows like those of a plant: a slow wave with noise and two decimals per signal."""

    def __init__(self, signals: int) -> None:
        self._signals = signals
        self._at = 0
        rng = np.random.default_rng(1)
        self._noise = rng.normal(0, 0.5, 1 << 16)
        self._jitter_ns = rng.integers(0, 1_000_000, 1 << 16)

    def batch(self, rows: int, first_ns: int, step_ns: int) -> SampleBatch:
        """Return the next rows, one `step_ns` and up to a millisecond of jitter apart."""
        number = np.arange(self._at, self._at + rows)
        self._at += rows
        observed_ns = first_ns + np.arange(rows) * step_ns + self._jitter_ns[number & 0xFFFF]
        value = 50 + 20 * np.sin(observed_ns / (3600 * _NS)) + self._noise[number & 0xFFFF]
        slot = number % self._signals
        return SampleBatch.of(
            slot,
            value.round(2),
            observed_ns,
            observed_ns + 2_000_000 + self._jitter_ns[~number & 0xFFFF],
            packet=number % 65_535 + 1,
        )


async def submit(given: argparse.Namespace, take: Callable[[SampleBatch], object]) -> Ages:
    """Hand batches to `take` at the rate for the time given; return how late the event loop woke up."""
    load, began, sent, late = Load(given.signals), time.perf_counter(), 0, Ages()
    while (passed := time.perf_counter() - began) < given.seconds:
        rows = int(passed * given.rate) - sent
        if rows:
            sent += rows
            take(load.batch(rows, time.time_ns(), 100))
        due = time.perf_counter() + _TURN_S
        await asyncio.sleep(_TURN_S)
        late.add(np.array([(time.perf_counter() - due) * 1e6]))
    return late


async def commits(folder: Path, given: argparse.Namespace, *, reading: bool) -> dict[str, Any]:
    """Measure the writer, alone or beside a reader."""
    store = TimedStore(folder)
    names = [f"bench-{n // 10}:s{n % 10}" for n in range(given.signals)]
    keys = store.keys(names)
    writer = HistoryWriter(store, clock=SystemClock())
    await writer.start()
    acknowledged, questions, stop = Ages(), 0, threading.Event()

    def read() -> None:
        nonlocal questions
        while not stop.wait(0.2):
            now_ns = time.time_ns()
            store.buckets(names[5], now_ns - 60 * _NS, now_ns, _NS)
            store.as_of(names, now_ns - 2 * _NS, 60 * _NS)
            questions += 1

    def take(batch: SampleBatch) -> None:
        began = time.perf_counter()
        writer.submit(
            batch, keys[batch.slot], lambda: acknowledged.add(np.array([(time.perf_counter() - began) * 1e6]))
        )

    began_cpu = time.process_time()
    late_without = await submit(given, len)
    generator_s = time.process_time() - began_cpu
    reader = threading.Thread(target=read)
    if reading:
        reader.start()
    began_cpu = time.process_time()
    late = await submit(given, take)
    stop.set()
    if reading:
        reader.join()
    await writer.close()
    cpu_s = time.process_time() - began_cpu
    rows = writer.committed_rows
    store.close()
    return {
        "rows": rows,
        "rate": round(rows / given.seconds),
        "commits": int(store.commits.counts.sum()),
        "commit_p50_ms": store.commits.percentile_ms(50),
        "commit_p99_ms": store.commits.percentile_ms(99),
        "commit_max_ms": round(store.commits.max_us / 1e3, 1),
        "acknowledged_p50_ms": acknowledged.percentile_ms(50),
        "acknowledged_p99_ms": acknowledged.percentile_ms(99),
        "cpu_us": round(cpu_s / rows * 1e6, 2),
        "generator_us": round(generator_s / rows * 1e6, 2),
        "loop_late_p99_ms": late.percentile_ms(99),
        "loop_late_max_ms": round(late.max_us / 1e3, 1),
        "loop_late_without_p99_ms": late_without.percentile_ms(99),
        "loop_late_without_max_ms": round(late_without.max_us / 1e3, 1),
        "reader_questions": questions,
        "bytes_per_sample": round(size(folder) / rows, 1),
    }


def questions(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Measure answers over a day of samples."""
    store = DuckDbStore(folder)
    names = [f"bench-{n // 10}:s{n % 10}" for n in range(given.signals)]
    keys = store.keys(names)
    load, start_ns, step_ns = Load(given.signals), 1_750_000_000 * _NS // _DAY_NS * _DAY_NS, _DAY_NS // given.rows
    portion = 100_000
    began = time.perf_counter()
    for first in range(0, given.rows, portion):
        batch = load.batch(min(portion, given.rows - first), start_ns + first * step_ns, step_ns)
        store.write(batch, keys[batch.slot])
    filled_s = time.perf_counter() - began
    store.close()
    began = time.perf_counter()
    store = DuckDbStore(folder)
    opened_ms = (time.perf_counter() - began) * 1e3
    noon_ns = start_ns + _DAY_NS // 2
    day = (start_ns, start_ns + _DAY_NS)
    asked: dict[str, Callable[[], object]] = {
        "buckets_1min_of_a_day": partial(store.buckets, names[7], *day, 60 * _NS),
        "raw_series_of_a_day": partial(store.series, names[7], *day),
        f"as_of_{given.signals}_signals": partial(store.as_of, names, noon_ns),
        f"as_of_{given.signals}_signals_look_back_10min": partial(store.as_of, names, noon_ns, 600 * _NS),
        "as_of_now": partial(store.as_of, names, day[1]),
    }
    answers = {name: timed(question, given.repeats) for name, question in asked.items()}
    store.close()
    return {
        "rows": given.rows,
        "bytes_per_sample": round(size(folder) / given.rows, 1),
        "fill_rows_per_s": round(given.rows / filled_s),
        "open_ms": round(opened_ms, 1),
        "best_and_worst_ms": answers,
    }


async def sqlite(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Measure the same load in SQLite."""
    connection = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table samples (key, observed_ns, received_ns, value, quality, flags, packet)")
    taken, waiting, ages, rows = 0.0, 0, Ages(), 0
    batches: list[SampleBatch] = []

    def take(batch: SampleBatch) -> None:
        nonlocal taken, waiting, rows
        batches.append(batch)
        waiting += len(batch)
        if waiting < given.rate / 10:
            return
        began, began_cpu = time.perf_counter(), time.process_time()
        connection.execute("begin")
        for b in batches:
            columns = (b.slot, b.observed_ns, b.received_ns, b.value, b.quality, b.flags, b.packet)
            lists = zip(*(column.tolist() for column in columns), strict=True)
            connection.executemany("insert into samples values (?, ?, ?, ?, ?, ?, ?)", lists)
        connection.execute("commit")
        taken += time.process_time() - began_cpu
        ages.add(np.array([(time.perf_counter() - began) * 1e6]))
        rows += waiting
        waiting = 0
        batches.clear()

    await submit(given, take)
    connection.close()
    return {
        "rows": rows,
        "commit_p50_ms": ages.percentile_ms(50),
        "commit_p99_ms": ages.percentile_ms(99),
        "cpu_us": round(taken / rows * 1e6, 2),
        "bytes_per_sample": round(size(folder) / rows, 1),
    }


def timed(question: Callable[[], object], repeats: int) -> list[float]:
    """Return the best and the worst time of a call, ms."""
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        question()
        took.append((time.perf_counter() - began) * 1e3)
    return [round(min(took), 1), round(max(took), 1)]


def size(folder: Path) -> int:
    """Return the bytes of all files."""
    return sum(file.stat().st_size for file in folder.iterdir())


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=float, default=40_000, help="rows per second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the day that is asked about")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the files of the measurement go")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        (folder / "sqlite").mkdir()
        parts: dict[str, Any] = {
            "commits": asyncio.run(commits(folder / "alone", given, reading=False)),
            "commits_beside_reader": asyncio.run(commits(folder / "commits", given, reading=True)),
            "sqlite": asyncio.run(sqlite(folder / "sqlite", given)),
            "questions": questions(folder / "questions", given),
        }
    parts["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    if given.json:
        json.dump({"machine": machine(), "rate": given.rate, "signals": given.signals, **parts}, sys.stdout, indent=1)
        sys.stdout.write("\n")
        return
    sys.stdout.write(f"peak memory {parts.pop('peak_rss_mb')} MB\n")
    for part, figures in parts.items():
        for name, figure in figures.items():
            sys.stdout.write(f"{part:22} {name:24} {figure}\n")


if __name__ == "__main__":
    main()

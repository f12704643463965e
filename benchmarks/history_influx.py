"""History in InfluxDB 1.x of this machine: commits, the spool and its replay, questions.

    python -m benchmarks.history_influx [--batches 60] [--outage-minutes 60] [--json FILE]

Starts its own `influxd` in a temporary folder, so writer and database share the cores.

With `--outage-minutes` the database is away for so long while `--rate` samples a second come in ten commits each, as
fast as the writer takes them; in the middle the writer is opened anew, as after a restart. Then the database comes
back, and every row is counted in it.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from benchmarks.processes import machine  # noqa: E402
from doubles.databases import InfluxDb  # noqa: E402
from plantverse.platform.history.influx_http import InfluxOptions  # noqa: E402
from plantverse.platform.history.influx_store import InfluxStore  # noqa: E402
from plantverse.twins.samples import SampleBatch  # noqa: E402

SIGNALS = 4_000
T0 = 1_700_000_000_000_000_000
TICK_NS = 100_000_000


def batch_at(tick: int, rng: np.random.Generator) -> SampleBatch:
    """Return one noisy row per signal with jittered stamps."""
    stamps = T0 + tick * TICK_NS + rng.integers(0, 1_000_000, SIGNALS)
    return SampleBatch.of(np.zeros(SIGNALS), rng.normal(size=SIGNALS), stamps, packet=np.arange(SIGNALS))


def timed_ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def measure(folder: Path, batches: int) -> dict[str, object]:
    rng = np.random.default_rng(1)
    database = InfluxDb(folder / "influx").start()
    try:
        database.query("CREATE DATABASE plantverse")
        options = InfluxOptions(url=database.url)
        store = InfluxStore(folder / "history", options)
        keys = store.keys([f"hall/m{number}:x" for number in range(SIGNALS)])
        names = store.signals()
        commits = [timed_ms(lambda t=tick: store.write(batch_at(t, rng), keys)) for tick in range(batches)]
        end_ns = T0 + batches * TICK_NS
        questions = {
            "series_ms": timed_ms(lambda: store.series(names[7], 0, 2**62)),
            "buckets_ms": timed_ms(lambda: store.buckets(names[7], 0, 2**62, 1_000_000_000)),
            "as_of_past_ms": timed_ms(lambda: store.as_of(names, T0 + (batches // 2) * TICK_NS)),
            "as_of_now_ms": timed_ms(lambda: store.as_of(names, end_ns)),
        }
        database.kill()
        spooled = [timed_ms(lambda t=tick: store.write(batch_at(t, rng), keys)) for tick in range(batches, 2 * batches)]
        size = store.size_bytes()
        database.start()
        began = time.perf_counter()
        while store.notice():
            time.sleep(0.01)
        replay_s = time.perf_counter() - began
        late_ms = timed_ms(lambda: store.write(batch_at(batches, rng), keys))
        store.close()
        opening_ms = timed_ms(lambda: InfluxStore(folder / "history", options).close())
        return {
            "rows": SIGNALS,
            "commit_ms": commits,
            "spool_ms": spooled,
            "local_bytes_with_spool": size,
            "replay_rows_per_s": batches * SIGNALS / replay_s,
            "late_rows_ms": late_ms,
            "opening_ms": opening_ms,
            **questions,
        }
    finally:
        database.kill()


def _count(answer: Any) -> int:
    return int(answer["results"][0]["series"][0]["values"][0][1])


def outage(folder: Path, minutes: float, rate: int) -> dict[str, object]:
    """Return what a long absence costs, and whether each of its rows is in the database afterwards."""
    per_commit, commits = rate // 10, round(minutes * 600)
    rng = np.random.default_rng(2)
    database = InfluxDb(folder / "influx").start()
    try:
        database.query("CREATE DATABASE plantverse")
        options = InfluxOptions(url=database.url)
        store = InfluxStore(folder / "history", options)
        keys = store.keys([f"hall/m{number}:x" for number in range(per_commit)])
        database.kill()
        spooled, opening_ms = [], 0.0
        for tick in range(commits):
            if tick == commits // 2:
                store.close()
                began = time.perf_counter()
                store = InfluxStore(folder / "history", options)
                opening_ms = (time.perf_counter() - began) * 1e3
                keys = store.keys([f"hall/m{number}:x" for number in range(per_commit)])
            stamps = T0 + tick * TICK_NS + rng.integers(0, 1_000_000, per_commit)
            rows = SampleBatch.of(np.zeros(per_commit), rng.normal(size=per_commit), stamps)
            began = time.perf_counter()
            store.write(rows, keys)
            spooled.append((time.perf_counter() - began) * 1e3)
        size = store.size_bytes()
        database.start()
        began = time.perf_counter()
        while store.notice():
            time.sleep(0.01)
        replay_s = time.perf_counter() - began
        store.close()
        answer = database.query("SELECT COUNT(value) FROM plantverse..plantverse")
        return {
            "rows": per_commit * commits,
            "rows_in_database": _count(answer),
            "spool_ms": spooled,
            "local_bytes_with_spool": size,
            "opening_with_spool_ms": opening_ms,
            "replay_s": replay_s,
            "replay_rows_per_s": per_commit * commits / replay_s,
        }
    finally:
        database.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--outage-minutes", type=float, default=0.0)
    parser.add_argument("--rate", type=int, default=2_100, help="samples per second during the outage")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.outage_minutes:
            result = outage(Path(folder), given.outage_minutes, given.rate)
        else:
            result = measure(Path(folder), given.batches)
    result = {**machine(), **result}
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n")
    for name, value in result.items():
        if isinstance(value, list):
            # The first commits make every series.
            p50, p99 = np.percentile(value[5:], [50, 99])
            print(f"{name}: p50 {p50:.1f}, p99 {p99:.1f}, first {value[0]:.1f}")
        else:
            print(f"{name}: {value:.1f}" if isinstance(value, float) else f"{name}: {value}")


if __name__ == "__main__":
    main()

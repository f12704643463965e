"""A process that writes to a history whose files may not grow, then may again; run by its path.

    python history_full_disk.py FOLDER

The limit of the operating system on the size of a file stands for a full disk. It prints, as one line of JSON: rows
submitted, rows called back while the writer was failing, rows found then, its message, and rows called back at last.
"""

import asyncio
import json
import resource
import sys
from pathlib import Path

import numpy as np

from plantverse._clock import SystemClock
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.history.writer import HistoryWriter
from plantverse.twins.samples import SampleBatch

ROWS = 4_000
DEADLINE_S = 60.0
FILE_LIMIT = 700_000


async def run(folder: Path) -> dict[str, object]:
    """Write until the disk is full, then until it no longer is."""
    store = DuckDbStore(folder)
    key = store.keys(["p:x"])
    writer = HistoryWriter(store, clock=SystemClock(), commit_interval_s=0.001)
    await writer.start()
    rng = np.random.default_rng(1)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, hard))
    called = submitted = 0

    def count() -> None:
        nonlocal called
        called += ROWS

    async with asyncio.timeout(DEADLINE_S):
        while writer.state != "failing":
            number = np.arange(submitted, submitted + ROWS)
            submitted += ROWS
            writer.submit(SampleBatch.of(number * 0, rng.random(ROWS), number), key.repeat(ROWS), count)
            while not called:  # noqa: ASYNC110 - the first rows find room, however long that takes
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.01)
        await asyncio.sleep(1.0)
        failing = (called, len(store.series("p:x", 0, 2**62).value), writer.message)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        while writer.pending_rows:  # noqa: ASYNC110 - another thread changes it
            await asyncio.sleep(0.01)
    await writer.close()
    store.close()
    return {"submitted": submitted, "failing": failing, "called": called}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(Path(sys.argv[1])))) + "\n")

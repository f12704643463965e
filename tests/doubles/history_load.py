"""A process that writes numbered messages to a history until it is killed; run by its path.

    python history_load.py FOLDER FIRST REDELIVERED

Messages are numbered from FIRST on, those up to REDELIVERED are flagged; each is one row with its number as value,
or 1.0 for signal 3. It prints `sent N` before and `acked N` after the commit of all messages up to N.
"""

import asyncio
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

from plantverse._clock import SystemClock
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.history.writer import HistoryWriter
from plantverse.twins.samples import Flag, SampleBatch

SIGNALS = ["p:stamped", "p:unstamped", "q:stamped", "q:constant"]
T0 = 1_700_000_000_000_000_000
ROWS = 150


def say(what: str, number: int) -> None:
    """Tell the parent at once."""
    sys.stdout.write(f"{what} {number}\n")
    sys.stdout.flush()


def messages(first: int, redelivered: int) -> SampleBatch:
    """Return the next messages; odd signals come without a device time."""
    number = np.arange(first, first + ROWS)
    signal = number % 4
    received_ns = np.full(ROWS, time.time_ns())
    stamped = signal % 2 == 0
    batch = SampleBatch.of(
        signal,
        np.where(signal == 3, 1.0, number),
        np.where(stamped, T0 + number * 1_000_000, received_ns),
        received_ns,
        packet=number % 65_535 + 1,
    )
    batch.flags = (stamped * Flag.STAMPED + (number <= redelivered) * Flag.REDELIVERED).astype(np.uint8)
    return batch


async def run(folder: Path, number: int, redelivered: int) -> None:
    """Write for ever."""
    store = DuckDbStore(folder, period_ns=2_000_000_000, snapshot_rows=5_000)
    keys = store.keys(SIGNALS)
    writer = HistoryWriter(store, clock=SystemClock(), commit_interval_s=0.02)
    await writer.start()
    while True:
        last = number + ROWS - 1
        batch = messages(number, redelivered)
        say("sent", last)
        writer.submit(batch, keys[batch.slot], partial(say, "acked", last))
        number = last + 1
        await asyncio.sleep(0.005)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))

"""A process that writes numbered messages to a history until it is killed; run by its path.

    python history_load.py FOLDER FIRST

Messages are numbered from FIRST on; each is one row with its number as value, or 1.0 for signal 3. Unless FIRST is 1
the first 65,535 are flagged, as by a session that an earlier process has left. It prints `sent N` before and `acked N`
after the commit of all messages up to N.
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


def messages(first: int, suspect: int) -> SampleBatch:
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
    batch.flags = (stamped * Flag.STAMPED + (number < suspect) * Flag.REDELIVERED).astype(np.uint8)
    return batch


async def run(folder: Path, number: int) -> None:
    """Write for ever."""
    store = DuckDbStore(folder, period_ns=2_000_000_000, snapshot_rows=5_000)
    keys = store.keys(SIGNALS)
    writer = HistoryWriter(store, clock=SystemClock(), commit_interval_s=0.02)
    await writer.start()
    suspect = number + 65_535 if number > 1 else 0
    while True:
        last = number + ROWS - 1
        batch = messages(number, suspect)
        say("sent", last)
        writer.submit(batch, keys[batch.slot], partial(say, "acked", last))
        number = last + 1
        await asyncio.sleep(0.005)


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2])))

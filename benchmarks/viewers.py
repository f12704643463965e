"""Viewers in a process of their own: sessions of the sync protocol that keep a replica, acknowledge, and note ages.

    python -m benchmarks.viewers --url ws://127.0.0.1:8420/api/v1/sync --count 50

Prints `ready` once every viewer has a first frame, and one JSON object when its standard input is closed. The age of a
value is the viewer's clock when the value stands in its replica minus the device's stamp: publish to value.
"""

import argparse
import asyncio
import json
import resource
import sys
import time

from websockets.asyncio.client import connect

from benchmarks.ages import Ages
from plantverse.twins.sync.frames import Frame
from plantverse.twins.sync.messages import MAX_MESSAGE
from plantverse.twins.sync.replica import SyncReplica


class Viewer:
    """One session."""

    def __init__(self, selector: str) -> None:
        self.replica = SyncReplica(client="benchmark")
        self.replica.on_frame = self._frame
        self.replica.subscribe(selector)
        self.ages = Ages()
        self.rows = 0
        self.measuring = False
        self.ready = asyncio.Event()

    async def run(self, url: str) -> None:
        async with connect(url, max_size=64 * MAX_MESSAGE, compression=None, proxy=None) as socket:
            await socket.send(self.replica.hello())
            async for data in socket:
                if isinstance(data, str):
                    sys.exit(f"a text message from the server: {data[:100]}")
                self.replica.receive(data, time.time() * 1e6)
                for answer in self.replica.to_send():
                    await socket.send(answer)
                if self.replica.bye is not None:
                    sys.exit(f"the server said goodbye: {self.replica.bye}")

    def _frame(self, frame: Frame) -> None:
        self.ready.set()
        if self.measuring:
            self.ages.add(time.time() * 1e6 - frame.observed_us)
            self.rows += len(frame.slot)


async def watch(url: str, count: int, selector: str) -> dict[str, object]:
    """Run viewers until standard input ends."""
    viewers = [Viewer(selector) for _ in range(count)]
    tasks = []
    for viewer in viewers:
        tasks.append(asyncio.create_task(viewer.run(url)))
        await viewer.ready.wait()
    for viewer in viewers:
        viewer.measuring = True
    print("ready", flush=True)
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    broken = [r for r in results if not isinstance(r, asyncio.CancelledError)]
    total = Ages()
    for viewer in viewers:
        total.merge(viewer.ages.counts.tolist(), viewer.ages.max_us)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "viewers": count,
        "broken": [repr(r) for r in broken],
        "frames": sum(v.replica.frames for v in viewers),
        "rows": sum(v.rows for v in viewers),
        "counts": total.counts.tolist(),
        "max_us": total.max_us,
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.viewers", description=__doc__.partition("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--selector", default="*")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(watch(given.url, given.count, given.selector))), flush=True)


if __name__ == "__main__":
    main()

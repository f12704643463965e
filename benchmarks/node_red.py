"""The same load through Node-RED: MQTT in, WebSocket out, no state; used by `benchmarks.sync --vs node-red`.

Node-RED is taken from the PATH or from the folder in `NODE_RED_HOME` (where `npm install node-red` was run). Its
viewers only read the stamp of each message: the least work that a viewer can do.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import connect

from benchmarks import processes as p
from benchmarks.ages import Ages

_QUIET_S = 3.0


def flows(broker_port: int, qos: int) -> list[dict[str, Any]]:
    """Return the shortest flow that does the job: every message of the broker to every WebSocket."""
    return [
        {"id": "tab", "type": "tab", "label": "bench"},
        {
            "id": "broker",
            "type": "mqtt-broker",
            "broker": "127.0.0.1",
            "port": str(broker_port),
            "protocolVersion": "5",
        },
        {"id": "listener", "type": "websocket-listener", "path": "/ws", "wholemsg": "false"},
        {
            "id": "in",
            "type": "mqtt in",
            "z": "tab",
            "topic": "bench/#",
            "qos": str(qos),
            "datatype": "utf8",
            "broker": "broker",
            "wires": [["out"]],
        },
        {"id": "out", "type": "websocket out", "z": "tab", "server": "listener", "wires": []},
    ]


def binary() -> str | None:
    """Return the path of Node-RED, None where it is not installed."""
    home = os.environ.get("NODE_RED_HOME", "")
    local = shutil.which("node-red", path=str(Path(home) / "node_modules" / ".bin")) if home else None
    return local or shutil.which("node-red")


def compare(folder: Path, broker_port: int, given: argparse.Namespace) -> dict[str, Any]:
    """Return what Node-RED's viewers see of the load."""
    found = binary()
    if found is None:
        return {"skipped": "node-red is neither on the PATH nor in NODE_RED_HOME"}
    home = folder / "node-red"
    home.mkdir()
    (home / "flows.json").write_text(json.dumps(flows(broker_port, given.qos)))
    port = p.free_port()
    with (home / "log").open("wb") as log:
        command = [found, "--userDir", str(home), "--port", str(port), "flows.json"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        p.wait_for(lambda: b"Connected to broker" in (home / "log").read_bytes(), "Node-RED", process)
        viewers = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.node_red", "--port", str(port), "--count", str(given.viewers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with viewers:
            assert viewers.stdout is not None
            viewers.stdout.readline()
            before = p.cpu_s(process.pid)
            report = p.blast(broker_port, given)
            out, _ = viewers.communicate()
        cpu = p.cpu_s(process.pid) - before
        seen: dict[str, Any] = json.loads(out)
        return seen | {
            "published": report["published"],
            "lost": report["published"] - seen["received_by_least"],
            "cpu_s": round(cpu, 2),
            "rss_mb": p.rss_mb(process.pid),
        }
    finally:
        p.stop(process)


async def watch(port: int, count: int) -> dict[str, Any]:
    """Read stamps until standard input ends and nothing more comes."""
    ages, received, last = Ages(), [0] * count, [time.monotonic()]

    async def read(number: int, opened: asyncio.Event) -> None:
        async with connect(f"ws://127.0.0.1:{port}/ws", max_size=None, compression=None, proxy=None) as socket:
            opened.set()
            async for text in socket:
                stamp = json.loads(text)["ts"]
                ages.add(np.array([(time.time() - stamp) * 1e6]))
                received[number] += 1
                last[0] = time.monotonic()

    tasks = []
    for number in range(count):
        opened = asyncio.Event()
        tasks.append(asyncio.create_task(read(number, opened)))
        await opened.wait()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    while time.monotonic() - last[0] < _QUIET_S:  # noqa: ASYNC110  quiet is the absence of an event
        await asyncio.sleep(0.2)
    for task in tasks:
        task.cancel()
    return {
        "received_by_least": min(received),
        "p50_ms": ages.percentile_ms(50),
        "p99_ms": ages.percentile_ms(99),
        "max_ms": round(ages.max_us / 1e3, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.node_red", description="Viewers of a Node-RED flow.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, default=1)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(watch(given.port, given.count))), flush=True)


if __name__ == "__main__":
    main()

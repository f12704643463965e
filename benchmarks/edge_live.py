"""Age of values at a viewer when load steps up and a link gets poor, with edge nodes placed by different policies.

    python -m benchmarks.edge_live [--policies jsec nearest cloud] [--repetitions 5] --save NAME

Two node processes stand beside the broker; the server is far away, as in a cloud. Its own connection to the broker
and each node's connection to it go through shaping proxies of ours: one way 20 ms (the nearer node 15 ms), `--kbit`
each way. After a quiet phase the rate steps up and the nearer node's link gets 250 ms one way; ages are measured from
that moment on. All policies meet the same steps, in turn, so that other work on the machine hits all of them.

`cloud` leaves every group on the server, so that raw messages cross the thin link; `nearest` takes the node with the
shortest round trip as it is measured live; `jsec` is the default. Each run's figures are kept.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import processes as p
from benchmarks.sync import end_viewers, start_viewers
from plantverse.client.rest import Address, Rest
from plantverse.sim.shaping import Shape, ShapingProxy

RESULTS = Path(__file__).with_name("results")
PLANT = Path(__file__).with_name("edge_plant.py")
NODES = {"edge-1": 15.0, "edge-2": 20.0}
"""One-way delay to the server, ms."""
FAR_MS = 20.0
REASON = re.compile(r"[\d.]+")
POOR_MS = 250.0
EXTRA = 150
"""Bytes of text in each message that nothing reads: names, units and places, as plants send them."""


class FarBroker:
    """The broker as the far server sees it: a shaping proxy in a thread of its own."""

    def __init__(self, port: int, kbit: float) -> None:
        self._loop = asyncio.new_event_loop()
        self._proxy = ShapingProxy("127.0.0.1", port)
        self._proxy.shape = Shape(delay_s=FAR_MS / 1e3, bit_s=kbit * 1e3)
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._proxy.start(), self._loop).result()

    @property
    def port(self) -> int:
        return self._proxy.port

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._proxy.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)


def start_server(folder: Path, port: int, mqtt: str, policy: str) -> subprocess.Popen[bytes]:
    """Start a server that asks its broker for nothing that nodes read."""
    (folder / "plantverse.toml").write_text(f'[mqtt]\nsubscribe = []\n[edge]\npolicy = "{policy}"\n')
    command = [sys.executable, "-m", "plantverse", "run", str(PLANT), "--no-browser", "--port", str(port)]
    command += ["--mqtt", mqtt, "--data", str(folder / "state"), "--config", str(folder / "plantverse.toml")]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    p.wait_for(lambda: p.health(port).get("broker", {}).get("state") == "connected", "the server", process)
    return process


def start_node(folder: Path, name: str, port: int, broker_port: int) -> subprocess.Popen[bytes]:
    """Start a node beside the broker."""
    command = [sys.executable, "-m", "plantverse", "edge", "run", "--name", name, "--faults"]
    command += ["--server", f"http://127.0.0.1:{port}", "--mqtt", f"mqtt://127.0.0.1:{broker_port}"]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def squeeze(rest: Rest, name: str, delay_ms: float, kbit: float) -> None:
    """Shape a node's link."""
    rest.post(f"/edge/nodes/{name}/fault", {"kind": "squeeze", "delay_ms": delay_ms, "kbit_s": kbit})


def load(port: int, rate: float, seconds: float, signals: int) -> dict[str, Any]:
    """Publish for a while."""
    given = argparse.Namespace(
        rate=rate, seconds=seconds, qos=1, signals=signals, payload="json", traffic="", extra=EXTRA
    )
    return p.blast(port, given)


def places(rest: Rest) -> dict[str, int]:
    """Return how many groups run where."""
    counts: dict[str, int] = {}
    for group in rest.get("/edge")["groups"]:
        counts[group["place"]] = counts.get(group["place"], 0) + 1
    return counts


def run(policy: str, given: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one run."""
    with tempfile.TemporaryDirectory(prefix="plantverse-edge-") as name, ExitStack() as stack:
        folder = Path(name)
        broker_port, port = p.free_port(), p.free_port()
        stack.callback(p.stop, p.start_broker(folder, broker_port))
        far = FarBroker(broker_port, given.kbit)
        stack.callback(far.close)
        stack.callback(p.stop, start_server(folder, port, f"mqtt://127.0.0.1:{far.port}", policy))
        rest = Rest(Address(f"http://127.0.0.1:{port}"), "")
        stack.callback(rest.close)
        for node in NODES:
            stack.callback(p.stop, start_node(folder, node, port, broker_port))
        p.wait_for(lambda: len(rest.get("/edge")["nodes"]) == len(NODES), "the nodes")
        for node, delay_ms in NODES.items():
            squeeze(rest, node, delay_ms, given.kbit)
        load(broker_port, given.base, given.quiet, given.signals)
        before = places(rest)
        viewers = start_viewers(1, f"ws://127.0.0.1:{port}/api/v1/sync", folder / "server.log")
        squeeze(rest, "edge-1", POOR_MS, given.kbit)
        report = load(broker_port, given.step, given.seconds, given.signals)
        time.sleep(1.0)
        seen = end_viewers(viewers)
        state = rest.get("/edge")
        events = rest.get("/events", start="-10m", kind="edge", limit=10_000)["events"]
        settled = [d for d in state["decisions"] if d["realised_ms"] is not None]
        errors = [abs(d["predicted_ms"] - d["realised_ms"]) / d["realised_ms"] for d in settled if d["realised_ms"]]
        return {
            "policy": policy,
            "p50_ms": seen["p50_ms"],
            "p99_ms": seen["p99_ms"],
            "max_ms": seen["max_ms"],
            "rows_seen": seen["rows"],
            "published": report["published"],
            "generator_late_ms": report["late_ms"],
            "groups_before": before,
            "groups_after": places(rest),
            "moves": sum(group["moves"] for group in state["groups"]),
            "prediction_error_median": round(statistics.median(errors), 3) if errors else None,
            "events": dict(Counter(event["body"]["change"] for event in events)),
            "reasons": dict(Counter(REASON.sub("#", d["reason"]) for d in state["decisions"])),
            "load_average": round(os.getloadavg()[0], 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edge_live", description=__doc__.partition("\n")[0])
    parser.add_argument("--policies", nargs="+", default=["jsec", "nearest", "cloud"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--base", type=float, default=200, help="messages per second before the step")
    parser.add_argument("--step", type=float, default=900, help="after it")
    parser.add_argument("--quiet", type=float, default=8, help="seconds before the step")
    parser.add_argument("--seconds", type=float, default=12, help="after it")
    parser.add_argument("--kbit", type=float, default=1_000, help="of each link, each way")
    parser.add_argument("--signals", type=int, default=400)
    parser.add_argument("--save", metavar="NAME", help="keep the result as benchmarks/results/NAME.json")
    given = parser.parse_args()
    os.environ["BENCH_SIGNALS"] = str(given.signals)
    result: dict[str, Any] = {"asked": vars(given), "machine": p.machine(), "runs": []}
    for repetition in range(given.repetitions):
        for policy in given.policies:
            found = {"repetition": repetition, **run(policy, given)}
            print(json.dumps(found), file=sys.stderr, flush=True)
            result["runs"].append(found)
    for policy in given.policies:
        p99 = [r["p99_ms"] for r in result["runs"] if r["policy"] == policy]
        result[policy] = {"p99_ms_median": statistics.median(p99), "p99_ms": p99}
    print(json.dumps({key: result[key] for key in given.policies}, indent=2))
    if given.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{given.save}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Age of values at a viewer when the load steps up or a link gets poor, with edge nodes placed by different policies.

    python -m benchmarks.edge_live --scenario load [--policies jsec nearest cloud] [--repetitions 5] --save NAME
    python -m benchmarks.edge_live --scenario link --save NAME

Two node processes stand beside the broker; the server is far away, as in a cloud. Its own connection to the broker
and each node's connection to it go through shaping proxies of ours, all with the same bandwidth each way (`--kbit`):
one way 20 ms, for the nearer node 15 ms. After a quiet phase the rate steps up, and ages are measured from that
moment on until everything has arrived, at most `--wait` seconds after the last message. All policies meet the same
steps, in turn, so that other work on the machine hits all of them.

- `load`: the links stay as they are. One node's link cannot carry all of the load after the step, two can.
- `link`: every link is wide enough; the nearer node's gets 250 ms one way at the step.

`cloud` leaves every group on the server, so that raw messages cross its line; `nearest` takes the node with the
shortest round trip as it is measured live; `jsec` is the default. Each run's figures are kept.

What is counted: `published` is what the broker confirmed to the load generator after the step, `stored` is what
history has of it when the run is over, `twice` what of that it has more than once. What is not stored is not lost: the
broker keeps it. `rows_seen` is what the viewer was shown; when several values of a signal come within one frame it
sees the newest only, so that it sees fewer rows than were stored without anything being missing. Ages are those of the
rows seen: where much has not arrived at the end, they are too good.
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

import numpy as np

from benchmarks import processes as p
from benchmarks.sync import end_viewers, start_viewers
from plantverse.client.rest import Address, Rest
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.sim.shaping import Shape, ShapingProxy

RESULTS = Path(__file__).with_name("results")
PLANT = Path(__file__).with_name("edge_plant.py")
NODES = {"edge-1": 15.0, "edge-2": 20.0}
"""One-way delay to the server, ms."""
FAR_MS = 20.0
REASON = re.compile(r"[\d.]+")
POOR_MS = 250.0
KBIT = {"load": 200.0, "link": 1_000.0}
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


def groups(rest: Rest) -> list[dict[str, Any]]:
    """Return what is known of the groups."""
    found: list[dict[str, Any]] = rest.get("/edge")["groups"]
    return found


def arrived(rest: Rest) -> int:
    """Return how many rows were committed."""
    return sum(group["rows"] for group in groups(rest))


def stored(folder: Path, since_ns: int) -> tuple[int, int]:
    """Return how many rows history has since a moment, and how many of them twice: the same signal and stamp."""
    store = DuckDbStore(folder / "state" / "history")
    try:
        names = [n for n in store.signals() if n.startswith("hall-")]
        stamps = [store.series(name, since_ns, 1 << 62).observed_ns for name in names]
    finally:
        store.close()
    rows = sum(len(found) for found in stamps)
    return rows, rows - sum(len(np.unique(found)) for found in stamps)


def off(predicted_ms: float, realised_ms: float) -> float:
    """Return the error of a prediction as a share of what came."""
    return abs(predicted_ms - realised_ms) / realised_ms


def middle(values: list[float]) -> float | None:
    """Return the median, None of nothing."""
    return round(statistics.median(values), 3) if values else None


def measured(policy: str, given: argparse.Namespace, folder: Path, stack: ExitStack) -> dict[str, Any]:
    """Run everything and return what viewer and server saw."""
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
    before, rows_before = places(rest), arrived(rest)
    moves_before = sum(group["moves"] for group in groups(rest))
    viewers = start_viewers(1, f"ws://127.0.0.1:{port}/api/v1/sync", folder / "server.log")
    if given.scenario == "link":
        squeeze(rest, "edge-1", POOR_MS, given.kbit)
    step_ns = time.time_ns()
    report = load(broker_port, given.step, given.seconds, given.signals)
    # What was predicted a moment ago stands beside what came in the last ten seconds, all of them after the step.
    steady = [g for g in groups(rest) if g["predicted_ms"] and g["realised_ms"]]
    until_s = time.monotonic() + given.wait
    while arrived(rest) - rows_before < report["published"] and time.monotonic() < until_s:
        time.sleep(0.5)
    time.sleep(1.0)
    seen = end_viewers(viewers)
    state = rest.get("/edge")
    events = rest.get("/events", start="-10m", kind="edge", limit=10_000)["events"]
    settled = [d for d in state["decisions"] if d["realised_ms"]]
    changes = Counter(event["body"]["change"] for event in events)
    return {
        "step_ns": step_ns,
        "p50_ms": seen["p50_ms"],
        "p99_ms": seen["p99_ms"],
        "max_ms": seen["max_ms"],
        "rows_seen": seen["rows"],
        "published": report["published"],
        "generator_late_ms": report["late_ms"],
        "groups_before": before,
        "groups_after": places(rest),
        "moves": sum(group["moves"] for group in state["groups"]) - moves_before,
        "nodes_lost": changes["node lost"],
        "gaps": changes["gap"],
        "prediction_error_moves": middle([off(d["predicted_ms"], d["realised_ms"]) for d in settled]),
        "prediction_error_steady": middle([off(g["predicted_ms"], g["realised_ms"]) for g in steady]),
        "events": dict(changes),
        "reasons": dict(Counter(REASON.sub("#", d["reason"]) for d in state["decisions"])),
        "load_average": round(os.getloadavg()[0], 1),
    }


def run(policy: str, given: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one run."""
    with tempfile.TemporaryDirectory(prefix="plantverse-edge-") as name:
        folder = Path(name)
        with ExitStack() as stack:
            found = measured(policy, given, folder, stack)
        rows, twice = stored(folder, found.pop("step_ns"))
    return {"policy": policy, "stored": rows, "twice": twice, **found}


def together(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of a policy's runs, its p99 of each, and sums of what should not be."""
    keys = ("p50_ms", "p99_ms", "max_ms", "moves", "rows_seen", "stored", "published")
    errors = ("prediction_error_moves", "prediction_error_steady")
    return {
        **{key: statistics.median(r[key] for r in runs) for key in keys},
        **{key: middle([r[key] for r in runs if r[key] is not None]) for key in errors},
        **{key: sum(r[key] for r in runs) for key in ("twice", "nodes_lost", "gaps")},
        "p99_ms_each": [r["p99_ms"] for r in runs],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edge_live", description=__doc__.partition("\n")[0])
    parser.add_argument("--scenario", choices=sorted(KBIT), default="load")
    parser.add_argument("--policies", nargs="+", default=["jsec", "nearest", "cloud"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--base", type=float, default=200, help="messages per second before the step")
    parser.add_argument("--step", type=float, default=900, help="after it")
    parser.add_argument("--quiet", type=float, default=14, help="seconds before the step")
    parser.add_argument("--seconds", type=float, default=20, help="after it")
    parser.add_argument("--wait", type=float, default=10, help="seconds for what is still under way at the end")
    parser.add_argument("--kbit", type=float, help="of each link, each way; 200 for load, 1000 for link")
    parser.add_argument("--signals", type=int, default=400)
    parser.add_argument("--save", metavar="NAME", help="keep the result as benchmarks/results/NAME.json")
    given = parser.parse_args()
    given.kbit = given.kbit or KBIT[given.scenario]
    os.environ["BENCH_SIGNALS"] = str(given.signals)
    result: dict[str, Any] = {"asked": vars(given), "machine": p.machine(), "runs": []}
    for repetition in range(given.repetitions):
        for policy in given.policies:
            found = {"repetition": repetition, **run(policy, given)}
            print(json.dumps(found), file=sys.stderr, flush=True)
            result["runs"].append(found)
    for policy in given.policies:
        result[policy] = together([r for r in result["runs"] if r["policy"] == policy])
    print(json.dumps({key: result[key] for key in given.policies}, indent=2))
    if given.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{given.save}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

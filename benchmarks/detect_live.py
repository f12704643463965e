"""What detectors on a running server do to the age of live values, and whether anything is lost.

    python -m benchmarks.detect_live [--rounds 4] [--seconds 6] [--rate 20000] [--detectors 20] --json

One broker, one server and its plant file, to which `[[detector]]` tables are added and taken away again: segments with
and without detection take turns (off, on, on, off, ...), so that other work on the machine meets both alike. Each
segment has viewers of its own; ages are publish to value in a viewer's replica, pooled over the segments of a kind.
Every detector (`mewma`) reads `--columns` signals and judges a row every `--every` seconds. It has learned from values
as they are sent and finds nothing; with `--beyond` it has learned from others, so that all are in alarm all the time.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import processes as p
from benchmarks.ages import Ages
from benchmarks.sync import RESULTS, start_viewers
from plantverse.ai.detectors import fit, save_detector
from plantverse.ai.models import ModelRegistry

PER_TWIN = 10
TYPES = """\
from plantverse import Telemetry, Twin


class Machine(Twin):
"""
TRAINING = 600


def write_plant(folder: Path, signals: int) -> Path:
    """Write the plant without detectors and return its file."""
    fields = "".join(f"    s{k} = Telemetry(range=(0, 1000))\n" for k in range(PER_TWIN))
    (folder / "machines.py").write_text(TYPES + fields)
    lines = ['[plant]\nname = "bench"\ntypes = ["machines.py"]\n']
    for first in range(0, signals, PER_TWIN):
        lines.append(f'[[twin]]\nid = "bench/m{first // PER_TWIN}"\ntype = "Machine"\n[twin.bind]')
        lines += [f's{k} = {{ topic = "bench/{first + k}", key = "value" }}' for k in range(PER_TWIN)]
    path = folder / "plant.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def save_models(folder: Path, given: argparse.Namespace) -> str:
    """Save a model per detector and return the tables that bind them."""
    rng = np.random.default_rng(7)
    rows = 550 + 440 * np.sin(rng.uniform(0, 2 * np.pi, (TRAINING, given.columns)))
    if given.beyond:
        rows = rng.normal(size=rows.shape)
    registry, tables = ModelRegistry(folder / "state" / "models"), []
    for n in range(given.detectors):
        first = n * given.columns % (given.signals - given.columns)
        names = [f"bench/m{k // PER_TWIN}:s{k % PER_TWIN}" for k in range(first, first + given.columns)]
        detector = fit("mewma", [rows], names, rate=0.001)
        registry.save(f"d{n}", save_detector(detector, {"every_s": given.every, "hold_s": 30.0}))
        tables.append(f'\n[[detector]]\ntwin = "bench/m{first // PER_TWIN}"\nmodel = "d{n}"\nname = "d{n}"\n')
    return "".join(tables)


def detectors(port: int) -> dict[str, Any]:
    """Return what the server says of its detectors."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/detectors", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def switch(port: int, path: Path, text: str, count: int) -> None:
    """Rewrite the plant file and wait until so many detectors watch."""
    path.write_text(text)

    def settled() -> bool:
        states = [d["state"] for d in detectors(port)["detectors"]]
        return len(states) == count and set(states) <= {"watching", "waiting"}

    p.wait_for(settled, f"{count} detectors")
    time.sleep(1.0)


def segment(
    broker: int, port: int, pid: int, given: argparse.Namespace, log: Path, *, on: bool
) -> tuple[dict[str, Any], Ages]:
    """Return what one segment was like."""
    before = p.health(port)["ingest"]
    known = {d["detector"]: d for d in detectors(port)["detectors"]}
    viewers = start_viewers(given.viewers, f"ws://127.0.0.1:{port}/api/v1/sync", log)
    cpu = p.cpu_s(pid)
    report = p.blast(broker, given)
    counts = settled_since(port, before, report["published"])
    cpu = p.cpu_s(pid) - cpu
    reports = [json.loads(viewer.communicate()[0]) for viewer in viewers]
    ages = Ages()
    for seen in reports:
        ages.merge(seen["counts"], seen["max_us"])
    after = detectors(port)["detectors"]
    grown = {
        key: sum(d[key] - known[d["detector"]][key] for d in after)
        for key in ("judged", "skipped", "dropped", "late", "failed", "lost")
    }
    rejected = sum(counts["rejected"].values()) - sum(before["rejected"].values())
    return {
        "detection": on,
        "published": report["published"],
        "lost": report["published"] - (counts["accepted"] - before["accepted"]) - rejected,
        "server_us_per_message": round(cpu / report["published"] * 1e6, 2),
        "generator_late_ms": report["late_ms"],
        "p50_ms": ages.percentile_ms(50),
        "p99_ms": ages.percentile_ms(99),
        "broken_viewers": [text for seen in reports for text in seen["broken"]],
        "rows": grown,
        "load": round(os.getloadavg()[0], 1),
    }, ages


def settled_since(port: int, before: dict[str, Any], published: int) -> dict[str, Any]:
    """Wait until the server has accounted for what was published since, and return its counts."""
    total = before["accepted"] + sum(before["rejected"].values()) + published
    counts: dict[str, Any] = p.settled(port, total)["ingest"]
    return counts


def measured(folder: Path, broker: int, given: argparse.Namespace) -> dict[str, Any]:
    """Return all segments and what they come to."""
    port, log = p.free_port(), folder / "server.log"
    path = write_plant(folder, given.signals)
    plain, tables = path.read_text(), save_models(folder, given)
    os.environ["BENCH_PLANT"] = str(path)
    server = p.start_server(["--mqtt", f"mqtt://127.0.0.1:{broker}", "--data", str(folder / "state")], port, log)
    try:
        segment(broker, port, server.pid, given, log, on=False)  # the first one warms up and is not told
        segments, pooled = [], {False: Ages(), True: Ages()}
        for n in range(2 * given.rounds):
            on = n % 4 in {1, 2}
            switch(port, path, plain + tables if on else plain, given.detectors if on else 0)
            found, ages = segment(broker, port, server.pid, given, log, on=on)
            segments.append(found)
            pooled[on].merge(ages.counts.tolist(), ages.max_us)
        worker = detectors(port)["worker"]
    finally:
        p.stop(server)
    off, on_ = pooled[False], pooled[True]
    return {
        "p50_ms": {"off": off.percentile_ms(50), "on": on_.percentile_ms(50)},
        "p99_ms": {"off": off.percentile_ms(99), "on": on_.percentile_ms(99)},
        "p99_change_percent": round((on_.percentile_ms(99) / off.percentile_ms(99) - 1) * 100, 1),
        "server_us_per_message": {
            kind: round(statistics.median(s["server_us_per_message"] for s in segments if s["detection"] is on), 2)
            for kind, on in (("off", False), ("on", True))
        },
        "lost": {
            kind: sum(s["lost"] for s in segments if s["detection"] is on)
            for kind, on in (("off", False), ("on", True))
        },
        "worker": worker,
        "segments": segments,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect_live", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4, help="segments of each kind")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rate", type=float, default=20_000, help="messages per second")
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=1)
    parser.add_argument("--detectors", type=int, default=20)
    parser.add_argument("--columns", type=int, default=52)
    parser.add_argument("--every", type=float, default=1.0, help="seconds from row to row")
    parser.add_argument("--beyond", action="store_true", help="all detectors are in alarm")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--save", metavar="NAME", help="keep the result as benchmarks/results/NAME.json")
    given = parser.parse_args()
    given.payload, given.traffic = "json", ""
    keys = ("rounds", "seconds", "rate", "viewers", "signals", "qos", "detectors", "columns", "every", "beyond")
    result: dict[str, Any] = {key: getattr(given, key) for key in keys} | {"machine": p.machine()}
    with tempfile.TemporaryDirectory(prefix="plantverse-bench-") as name:
        broker_port = p.free_port()
        broker = p.start_broker(Path(name), broker_port)
        try:
            result |= measured(Path(name), broker_port, given)
        finally:
            p.stop(broker)
    print(json.dumps(result, indent=None if given.json else 2))
    if given.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{given.save}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

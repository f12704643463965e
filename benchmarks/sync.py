"""Publish to value in a viewer's replica, with history, quality gate, ordering rules and access checks on.

    python -m benchmarks.sync [--viewers 50] [--rate 40000] [--seconds 10] [--qos 0|1] [--signals 4000]
        [--traffic onoff] --json

Broker (Mosquitto), load generator, server and viewers are four processes on this machine; all of them share its cores.
`lost` is published minus accepted minus rejected, by the server's own counters after everything has settled. The floor
is the same load received by a loop that only splits packets and reads one stamp per read, in the same run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import processes as p
from benchmarks.ages import Ages
from benchmarks.node_red import compare
from plantverse.platform.config import HistorySettings, SyncSettings

RESULTS = Path(__file__).with_name("results")
PER_PROCESS = 100
"""Viewers per process: more would fill a core and measure themselves."""


def floor(port: int, given: argparse.Namespace) -> dict[str, Any]:
    """Return what the raw receive loop makes of the same load."""
    command = [sys.executable, "-m", "benchmarks.raw", "--port", str(port), "--qos", str(given.qos)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as raw:
        assert raw.stdout is not None
        raw.stdout.readline()
        report = p.blast(port, given)
        out, _ = raw.communicate()
    return json.loads(out) | {"published": report["published"]}  # type: ignore[no-any-return]


def start_viewers(count: int, url: str, log: Path) -> list[subprocess.Popen[bytes]]:
    """Start viewers, at most a hundred per process, and return once each has a first frame."""
    shares = [min(PER_PROCESS, count - at) for at in range(0, count, PER_PROCESS)]
    started = []
    for share in shares:
        command = [sys.executable, "-m", "benchmarks.viewers", "--count", str(share), "--url", url]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    for process in started:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            sys.exit("the viewers did not come up; server log:\n" + log.read_text())
    return started


def end_viewers(started: list[subprocess.Popen[bytes]]) -> dict[str, Any]:
    """End viewers and return what they saw together."""
    reports = [json.loads(process.communicate()[0]) for process in started]
    ages = Ages()
    for report in reports:
        ages.merge(report["counts"], report["max_us"])
    return {
        "p50_ms": ages.percentile_ms(50),
        "p99_ms": ages.percentile_ms(99),
        "max_ms": round(ages.max_us / 1e3, 2),
        "broken": [text for report in reports for text in report["broken"]],
        **{key: round(sum(report[key] for report in reports), 2) for key in ("frames", "rows", "cpu_s")},
    }


def measured(folder: Path, broker_port: int, given: argparse.Namespace) -> dict[str, Any]:
    """Return what viewers see of the load through the server."""
    port = p.free_port()
    arguments = ["--mqtt", f"mqtt://127.0.0.1:{broker_port}", "--data", str(folder / "state")]
    arguments += ["--qos", str(given.qos), "--tick-ms", str(given.tick_ms), "--history-mb", str(given.history_mb)]
    server = p.start_server(arguments, port, folder / "server.log")
    try:
        viewers = start_viewers(given.viewers, f"ws://127.0.0.1:{port}/api/v1/sync", folder / "server.log")
        idle_mb, cpu_before = p.rss_mb(server.pid), p.cpu_s(server.pid)
        with p.MemoryWatch(server.pid) as memory:
            report = p.blast(broker_port, given)
            account = p.settled(port, report["published"])
        cpu = p.cpu_s(server.pid) - cpu_before
        seen = end_viewers(viewers)
        counts = account["ingest"]
        rejected = sum(counts["rejected"].values())
        return {
            "published": report["published"],
            "values": report["values"],
            "offered_per_s": report["rate"],
            "busiest_per_s": report["busiest_rate"],
            "generator_late_ms": report["late_ms"],
            "accepted": counts["accepted"],
            "rejected": counts["rejected"],
            "lost": report["published"] - counts["accepted"] - rejected,
            **{key: seen[key] for key in ("p50_ms", "p99_ms", "max_ms", "frames", "rows", "broken")},
            "viewer_processes": len(viewers),
            "server_cpu_s": round(cpu, 2),
            "server_us_per_message": round(cpu / max(1, report["published"]) * 1e6, 2),
            "server_rss_mb": p.rss_mb(server.pid),
            "server_rss_idle_mb": idle_mb,
            "server_rss_mb_every_10_s": memory.seen,
            "server_rss_peak_mb": p.rss_mb(server.pid, "VmHWM"),
            "viewers_cpu_s": seen["cpu_s"],
        }
    finally:
        p.stop(server)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sync", description=__doc__.partition("\n")[0])
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--rate", type=float, default=40_000, help="messages per second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--payload", choices=("json", "batch"), default="json")
    parser.add_argument(
        "--traffic", default="", help="arrivals by a model of `plantverse sim traffic`, or a captured log"
    )
    parser.add_argument("--history-mb", type=int, default=HistorySettings().memory_limit_mb, help="DuckDB may use")
    parser.add_argument("--tick-ms", type=int, default=SyncSettings().tick_ms)
    parser.add_argument("--vs", choices=("node-red",), help="run the same load through Node-RED too, if installed")
    parser.add_argument("--no-floor", action="store_true")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--save", metavar="NAME", help="keep the result as benchmarks/results/NAME.json")
    given = parser.parse_args()
    os.environ["BENCH_SIGNALS"] = str(given.signals)
    os.environ["BENCH_PAYLOAD"] = given.payload
    result: dict[str, Any] = {key: getattr(given, key) for key in ("viewers", "rate", "seconds", "qos", "signals")}
    result |= {
        "payload": given.payload,
        "traffic": given.traffic or "even",
        "tick_ms": given.tick_ms,
        "history_mb": given.history_mb,
        "machine": p.machine(),
    }
    with tempfile.TemporaryDirectory(prefix="plantverse-bench-") as name:
        broker_port = p.free_port()
        broker = p.start_broker(Path(name), broker_port)
        try:
            result |= measured(Path(name), broker_port, given)
            if not given.no_floor:
                result["floor"] = floor(broker_port, given)
            if given.vs:
                result["node_red"] = compare(Path(name), broker_port, given)
        finally:
            p.stop(broker)
    text = json.dumps(result, indent=None if given.json else 2)
    print(text)
    if given.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{given.save}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""The MQTT session against the floor: how many messages per second, at what cost, with late acknowledgement or without.

    python -m benchmarks.session --rate 40000 --seconds 5 --json

Each row starts an own Mosquitto and the load generator in processes of their own. Rows:

- `split`: recorded bytes through `Receiver`, no socket: the parser alone
- `raw`: a blocking socket that reads and counts, MQTT 3.1.1, QoS 0: the floor
- `qos0`: `MqttSession`, QoS 0
- `qos1`: `MqttSession`, QoS 1, acknowledged every `--commit-ms` as history does it

`cpu_us` is CPU time of this process per message, `lost` is published minus received.
"""

import argparse
import asyncio
import json
import os
import platform
import socket
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.blast import Packets
from plantverse._clock import SystemClock
from plantverse.ingest.broker import EmbeddedBroker
from plantverse.ingest.mqtt import Receiver, packets
from plantverse.ingest.session import MessageBatch, MqttSession, Phase, SessionOptions

_QUIET_S = 1.0
_LIMIT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Row:
    """One measurement."""

    name: str
    offered: float
    published: int
    received: int
    lost: int
    rate: float
    cpu_us: float
    late_ms: float = 0.0
    acknowledged: int = 0


def split(signals: int) -> Row:
    """Measure the parser alone, in chunks as large as asyncio reads them."""
    made = Packets(qos=1, signals=signals, batch=0)
    data = bytes(made.take(0, made.count, 1)) * 25
    receiver = Receiver(4, 1 << 20)
    receiver.receive(b"\x20\x02\x00\x00")
    taken, began = 0, time.process_time()
    for at in range(0, len(data), 65_536):
        receiver.receive(data[at : at + 65_536])
        taken += len(receiver.take_messages().topics)
    took = time.process_time() - began
    return Row(
        name="split",
        offered=0.0,
        published=made.count * 25,
        received=taken,
        lost=made.count * 25 - taken,
        rate=round(taken / took),
        cpu_us=round(took / taken * 1e6, 2),
    )


class RawReader:
    """Reads and counts, nothing else."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=10)
        self._socket.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05floor")
        self._socket.recv(4, socket.MSG_WAITALL)
        self._socket.sendall(packets.subscribe(4, 1, ["bench/#"], 0))
        self._socket.recv(5, socket.MSG_WAITALL)
        self._socket.settimeout(0.2)
        self.received = 0
        self.last = time.perf_counter()

    def read_until_quiet(self, stop: "asyncio.Event") -> None:
        rest = b""
        while not stop.is_set() or time.perf_counter() - self.last < _QUIET_S:
            try:
                data = rest + self._socket.recv(1 << 16)
            except TimeoutError:
                continue
            at, end = 0, len(data)
            while at + 1 < end and at + 2 + data[at + 1] <= end:
                at += 2 + data[at + 1]
                self.received += 1
            rest = data[at:]
            self.last = time.perf_counter()
        self._socket.close()


class LateSink:
    """Counts, and acknowledges in batches as a commit does."""

    def __init__(self, url: str, qos: int, commit_s: float) -> None:
        self.received = 0
        self.first = self.last = time.perf_counter()
        self._commit_s = commit_s
        self._open: list[tuple[int, list[int]]] = []
        options = SessionOptions.from_url(url, client_id="benchmark", qos=qos)
        self.session = MqttSession(options, on_messages=self._take, on_state=lambda _: None, clock=SystemClock())

    def _take(self, batch: MessageBatch) -> None:
        if not self.received:
            self.first = time.perf_counter()
        self.received += len(batch.topics)
        self.last = time.perf_counter()
        self._open.append((batch.generation, batch.packets))

    async def acknowledge(self) -> None:
        while True:
            await asyncio.sleep(self._commit_s)
            waiting, self._open = self._open, []
            if waiting:
                self.session.acknowledge(waiting[0][0], [packet for _, ids in waiting for packet in ids])


async def _load(port: int, rate: float, seconds: float, qos: int, signals: int) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.blast", "--port", str(port), "--rate", str(rate), "--seconds", str(seconds)),
        *("--qos", str(qos), "--signals", str(signals)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    report: dict[str, float] = json.loads(out)
    return report


def _row(
    name: str, offered: float, report: dict[str, float], received: int, took_s: float, cpu_s: float, **more: int
) -> Row:
    published = int(report["published"])
    return Row(
        name=name,
        offered=offered,
        published=published,
        received=received,
        lost=published - received,
        rate=round(received / took_s),
        cpu_us=round(cpu_s / max(received, 1) * 1e6, 2),
        late_ms=report["late_ms"],
        **more,
    )


async def raw(host: str, port: int, rate: float, seconds: float, signals: int) -> Row:
    reader = RawReader(host, port)
    stop = asyncio.Event()
    cpu = time.process_time()
    reading = asyncio.create_task(asyncio.to_thread(reader.read_until_quiet, stop))
    report = await _load(port, rate, seconds, 0, signals)
    stop.set()
    await reading
    return _row("raw", rate, report, reader.received, report["seconds"], time.process_time() - cpu)


async def late(url: str, port: int, rate: float, seconds: float, signals: int, qos: int, commit_s: float) -> Row:
    sink = LateSink(url, qos, commit_s)
    await sink.session.subscribe(["bench/#"])
    life = asyncio.create_task(sink.session.run())
    committing = asyncio.create_task(sink.acknowledge())
    async with asyncio.timeout(_LIMIT_S):
        while sink.session.state.phase is not Phase.CONNECTED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    cpu = time.process_time()
    report = await _load(port, rate, seconds, qos, signals)
    deadline = time.perf_counter() + _LIMIT_S
    while time.perf_counter() - sink.last < _QUIET_S and time.perf_counter() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    took_s = sink.last - sink.first
    cpu_s = time.process_time() - cpu
    acknowledged = sink.session.stats.acknowledged
    committing.cancel()
    await sink.session.close()
    await life
    return _row(f"qos{qos}", rate, report, sink.received, took_s, cpu_s, acknowledged=acknowledged)


async def measure(rate: float, seconds: float, signals: int, commit_s: float) -> list[Row]:
    rows = [split(signals)]
    for name in ("raw", "qos0", "qos1"):
        with tempfile.TemporaryDirectory() as folder:
            broker = EmbeddedBroker(0, folder=Path(folder), kind="mosquitto")
            host, port = await broker.start()
            try:
                if name == "raw":
                    rows.append(await raw(host, port, rate, seconds, signals))
                else:
                    rows.append(await late(broker.url, port, rate, seconds, signals, int(name[-1]), commit_s))
            finally:
                await broker.stop()
    return rows


def hardware() -> str:
    """Return processor and cores, for the record."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.session", description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=float, default=40_000, help="messages per second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--commit-ms", type=float, default=100)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    rows = asyncio.run(measure(given.rate, given.seconds, given.signals, given.commit_ms / 1e3))
    if given.json:
        about = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "hardware": hardware(),
            "python": platform.python_version(),
            "load_average": os.getloadavg()[0],
            "commit_ms": given.commit_ms,
            "signals": given.signals,
        }
        print(json.dumps({**about, "rows": [asdict(row) for row in rows]}, indent=1))
        return
    for row in rows:
        print(f"{row.name:6} {row.rate:>9,.0f} msg/s  {row.cpu_us:6.2f} us/msg  lost {row.lost}")


if __name__ == "__main__":
    main()

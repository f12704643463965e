"""Load generator: raw pre-encoded MQTT 3.1.1 PUBLISH packets from a process of its own.

    python -m benchmarks.blast --port 1883 --rate 40000 --seconds 10 --qos 1 --signals 4000

With `--traffic MODEL` arrivals follow a model of `plantverse sim traffic`, by name or as a captured log, at the same
mean rate; topics still take turns.

`--payload json` sends one message per value, `{"ts": 1764115200.123456, "value": 512.345}` on `bench/<n>`, n from 0;
`--payload batch` sends one message per `--batch` values, `{"ts": ..., "values": {"s0": 512.345, ...}}` on
`bench-batch/<k>`, whose keys are s<n> with n from k * batch. `ts` is the time just before the write, in seconds since
the Unix epoch; values lie in [100, 1000). The rate counts messages.

Prints one JSON object at the end. `published` counts what the broker confirmed (QoS 1) or took from the socket (QoS 0);
`busiest_rate` is that of the busiest tenth of a second; `late_ms` is how far the generator was behind its own schedule
at worst: a figure above a few milliseconds says that broker or generator could not keep the rate.
"""

import argparse
import json
import resource
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plantverse.sim.traffic import MODELS, Replay, make_traffic, read_traffic

_VALUE_DIGITS = 6
# Fixed widths, so that digits can be written into packets that stand ready.
_TS = "0000000000.000000"
_VALUE = "000.000"
_STEP_S = 0.004
_MOST_OPEN = 50_000


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run did."""

    published: int
    values: int
    sent: int
    seconds: float
    rate: float
    busiest_rate: float
    late_ms: float
    cpu_s: float
    qos: int
    signals: int
    payload: str
    bytes_per_message: float


class Packets:
    """One PUBLISH per topic, back to back in one buffer, whose digits are changed in place."""

    def __init__(self, *, qos: int, signals: int, batch: int, extra: int = 0) -> None:
        self.qos, self.signals, self.batch = qos, signals, batch
        if batch:
            heads = [
                (f"bench-batch/{first // batch}", list(range(first, min(first + batch, signals))))
                for first in range(0, signals, batch)
            ]
        else:
            heads = [(f"bench/{n}", [n]) for n in range(signals)]
        parts: list[bytes] = []
        starts, owners = [0], [0]
        stamps: list[int] = []
        ids: list[int] = []
        values: list[int] = []
        for topic, members in heads:
            raw, id_at, ts_at, value_at = _encode(topic, members, qos=qos, batch=bool(batch), extra=extra)
            start = starts[-1]
            ids.append(start + id_at)
            stamps.append(start + ts_at)
            values.extend(start + at for at in value_at)
            owners.append(len(values))
            parts.append(raw)
            starts.append(start + len(raw))
        self.count = len(heads)
        self._buffer = np.frombuffer(bytearray(b"".join(parts)), dtype=np.uint8)
        self._starts = starts
        self._ids = np.array(ids)
        skip_point = np.array([at for at in range(len(_TS)) if _TS[at] != "."])
        self._stamps = np.array(stamps)[:, None] + skip_point
        skip_point = np.array([at for at in range(len(_VALUE)) if _VALUE[at] != "."])
        self._values = np.array(values)[:, None] + skip_point
        self._owners = owners
        self._phase = np.arange(len(values)) * 0.37

    def take(self, first: int, last: int, packet: int) -> memoryview:
        """Return packets [first, last) stamped now; their packet ids count on from `packet`."""
        now = time.time()
        if self.qos:
            ids = ((packet - 1 + np.arange(last - first)) % 65_535 + 1).astype(np.uint16)
            self._buffer[self._ids[first:last]] = ids >> 8
            self._buffer[self._ids[first:last] + 1] = ids & 255
        begin, end = self._owners[first], self._owners[last]
        thousandths = (550_000 + 440_000 * np.sin(now + self._phase[begin:end])).astype(np.int64)
        self._buffer[self._values[begin:end]] = _digits(thousandths, _VALUE_DIGITS)
        stamp = f"{now:.6f}".replace(".", "").encode()
        self._buffer[self._stamps[first:last]] = np.frombuffer(stamp, dtype=np.uint8)
        return self._buffer.data[self._starts[first] : self._starts[last]]

    def values_in(self, first: int, last: int) -> int:
        return self._owners[last] - self._owners[first]

    @property
    def total_bytes(self) -> int:
        return self._starts[-1]


def _encode(
    topic: str, members: list[int], *, qos: int, batch: bool, extra: int = 0
) -> tuple[bytes, int, int, list[int]]:
    """Return one packet and where packet id, time stamp and values stand in it."""
    values_at: list[int] = []
    payload = f'{{"ts": {_TS}, '
    ts_at = payload.index(_TS)
    if batch:
        payload += '"values": {'
        for position, member in enumerate(members):
            payload += f'{", " if position else ""}"s{member}": '
            values_at.append(len(payload))
            payload += _VALUE
        payload += "}}"
    else:
        payload += '"value": '
        values_at.append(len(payload))
        payload += _VALUE + (f', "device": "{"x" * extra}"' if extra else "") + "}"
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (b"\x00\x01" if qos else b"") + payload.encode()
    head = bytes((0x30 | qos << 1,)) + _varint(len(body))
    before = len(head) + len(body) - len(payload)
    return head + body, before - 2, before + ts_at, [before + at for at in values_at]


def _varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, digit = number >> 7, number & 127
        out.append(digit | 128 if number else digit)
        if not number:
            return bytes(out)


def _digits(numbers: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    powers = 10 ** np.arange(width - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


class Publisher:
    """A blocking MQTT connection that counts confirmations."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = f"blast-{time.time_ns():x}".encode()
        body = b"\x00\x04MQTT\x04\x02\xff\xff" + len(client).to_bytes(2, "big") + client
        self._socket.sendall(b"\x10" + _varint(len(body)) + body)
        answer = self._socket.recv(4, socket.MSG_WAITALL)
        if answer != b"\x20\x02\x00\x00":
            sys.exit(f"the broker refused: {answer.hex()}")
        self.sent = 0
        self._confirmed_bytes = 0

    @property
    def confirmed(self) -> int:
        """Answers so far; each PUBACK of MQTT 3.1.1 has four bytes."""
        return self._confirmed_bytes // 4

    def send(self, packets: memoryview, count: int) -> None:
        self._socket.sendall(packets)
        self.sent += count

    def read(self, *, wait: bool) -> None:
        """Take confirmations."""
        if not wait and not select.select([self._socket], [], [], 0)[0]:
            return
        data = self._socket.recv(1 << 18)
        if not data:
            sys.exit("the broker closed the connection")
        self._confirmed_bytes += len(data)

    def finish(self) -> None:
        """Say goodbye and wait until the broker has read everything."""
        self._socket.sendall(b"\xe0\x00")
        self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(1 << 16):
            pass
        self._socket.close()


def arrivals(traffic: str, *, rate: float, seconds: float, seed: int) -> NDArray[np.float64]:
    """Return when messages are due, in seconds: evenly spaced without a model, else by its law at that mean rate."""
    if not traffic:
        return np.arange(round(rate * seconds)) / rate
    if traffic not in MODELS:
        played = Replay(log=read_traffic(Path(traffic)))
        return Replay(log=played.log, factor=rate / played.rate_per_s).play(seconds).at_s
    return make_traffic(traffic, seconds=seconds, seed=seed, given={"rate_per_s": rate}).at_s


def blast(
    host: str, port: int, *, due_s: NDArray[np.float64], qos: int, signals: int, batch: int, extra: int = 0
) -> Report:
    """Send at those times and return what happened; `batch` 0 sends one value per message."""
    packets = Packets(qos=qos, signals=signals, batch=batch, extra=extra)
    publisher = Publisher(host, port)
    late_s, at, cpu_before_s, began = 0.0, 0, _cpu_s(), time.perf_counter()
    total = len(due_s)
    values = 0
    while publisher.sent < total:
        now = time.perf_counter() - began
        due = int(np.searchsorted(due_s, now, side="right")) - publisher.sent
        if due <= 0:
            time.sleep(_STEP_S)
            continue
        late_s = max(late_s, now - float(due_s[publisher.sent]) - _STEP_S)
        if qos:
            while publisher.sent - publisher.confirmed >= _MOST_OPEN:
                publisher.read(wait=True)
            publisher.read(wait=False)
            due = min(due, _MOST_OPEN - (publisher.sent - publisher.confirmed))
        last = min(packets.count, at + min(due, 2_000))
        publisher.send(packets.take(at, last, publisher.sent % 65_535 + 1), last - at)
        values += packets.values_in(at, last)
        at = last % packets.count
        time.sleep(_STEP_S / 4)
    while qos and publisher.confirmed < publisher.sent:
        publisher.read(wait=True)
    took = time.perf_counter() - began
    publisher.finish()
    busiest = np.bincount(np.floor(due_s * 10).astype(np.int64)).max(initial=0) * 10
    return Report(
        published=publisher.confirmed if qos else publisher.sent,
        values=values,
        sent=publisher.sent,
        seconds=round(took, 3),
        rate=round(publisher.sent / took, 1),
        busiest_rate=float(busiest),
        late_ms=round(max(0.0, late_s) * 1e3, 2),
        cpu_s=round(_cpu_s() - cpu_before_s, 3),
        qos=qos,
        signals=signals,
        payload="batch" if batch else "json",
        bytes_per_message=round(packets.total_bytes / packets.count, 1),
    )


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blast", description=__doc__.partition("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, default=40_000, help="messages per second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--payload", choices=("json", "batch"), default="json")
    parser.add_argument("--traffic", default="", help="a model of `plantverse sim traffic list`, or a captured log")
    parser.add_argument("--seed", type=int, default=7, help="of the model")
    parser.add_argument("--extra", type=int, default=0, help="bytes of a text in each message that nothing reads")
    parser.add_argument("--batch", type=int, default=100, help="values per message with --payload batch")
    given = parser.parse_args()
    batch = given.batch if given.payload == "batch" else 0
    report = blast(
        given.host,
        given.port,
        due_s=arrivals(given.traffic, rate=given.rate, seconds=given.seconds, seed=given.seed),
        qos=given.qos,
        signals=given.signals,
        batch=batch,
        extra=given.extra,
    )
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()

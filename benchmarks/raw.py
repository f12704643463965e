"""The floor: an MQTT subscriber that splits packets and does nothing else.

    python -m benchmarks.raw --port 1883 --qos 0

Prints `ready` when subscribed and, when its standard input is closed, what it received: what any server in Python pays
before its own work begins. The age is taken once per read, from the last whole packet in it. With QoS 1 it confirms at
once.
"""

import argparse
import json
import resource
import select
import socket
import sys
import time

import numpy as np

from benchmarks.ages import Ages

_QUIET_S = 1.0
_TS = b'"ts": '


def _string(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def subscribe(port: int, qos: int) -> socket.socket:
    """Return a connection that receives everything."""
    link = socket.create_connection(("127.0.0.1", port))
    # CONNECT: MQTT 5, clean start, receive maximum 65535.
    body = _string(b"MQTT") + b"\x05\x02\x00\x3c" + b"\x03\x21\xff\xff" + _string(b"raw-floor")
    link.sendall(b"\x10" + bytes([len(body)]) + body)
    if link.recv(2)[0] != 0x20:
        sys.exit("the broker refused")
    link.recv(4096)
    body = b"\x00\x01\x00" + _string(b"#") + bytes([qos])
    link.sendall(b"\x82" + bytes([len(body)]) + body)
    link.recv(4096)
    return link


def receive(link: socket.socket, qos: int) -> dict[str, object]:
    """Split packets until standard input ends and nothing more comes."""
    ages, received, rest = Ages(), 0, b""
    began_cpu = resource.getrusage(resource.RUSAGE_SELF)
    while True:
        ready, _, _ = select.select([link, sys.stdin], [], [], _QUIET_S)
        if link not in ready:
            if sys.stdin in ready:
                break
            continue
        data = rest + link.recv(1 << 18)
        at, acks, stamp_at = 0, bytearray(), -1
        while (end := _end(data, at)) is not None:
            head, at = data[at], end[0]
            if head >> 4 == 3:
                received += 1
                stamp_at = at
                if qos and head & 6:
                    name = int.from_bytes(data[end[1] : end[1] + 2], "big")
                    packet = data[end[1] + 2 + name : end[1] + 4 + name]
                    acks += b"\x40\x02" + packet
        if stamp_at > 0 and (found := data.rfind(_TS, 0, stamp_at)) >= 0:
            stamp = float(data[found + len(_TS) : found + len(_TS) + 17])
            ages.add(np.array([(time.time() - stamp) * 1e6]))
        if acks:
            link.sendall(acks)
        rest = data[at:]
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - began_cpu.ru_utime - began_cpu.ru_stime
    return {
        "received": received,
        "p50_ms": ages.percentile_ms(50),
        "p99_ms": ages.percentile_ms(99),
        "cpu_s": round(cpu, 2),
        "us_per_message": round(cpu / max(1, received) * 1e6, 2),
    }


def _end(data: bytes, at: int) -> tuple[int, int] | None:
    """Return (end of the packet at `at`, start of its body), None while it is not whole."""
    length, shift, place = 0, 0, at + 1
    while True:
        if place >= len(data):
            return None
        byte = data[place]
        length |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            break
    end = place + length
    return (end, place) if end <= len(data) else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.raw", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    given = parser.parse_args()
    link = subscribe(given.port, given.qos)
    print("ready", flush=True)
    print(json.dumps(receive(link, given.qos)), flush=True)


if __name__ == "__main__":
    main()

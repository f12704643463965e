"""What a message costs between the socket and the columns: route, decoder, rows, quality gate.

    python -m benchmarks.decode [--messages 400000] --json

No broker and no socket: the same batches of 500 messages again and again, as a read from the socket hands them over.
"""

import argparse
import json
import os
import time
from typing import Any

from benchmarks.processes import machine
from plantverse._clock import SystemClock
from plantverse.ingest.engine import IngestEngine
from plantverse.ingest.session_state import MessageBatch
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.specs import Binding, SignalSpec, TwinSpec, TwinType

PER_READ = 500
READS_PER_DRAIN = 4
VALUES_PER_BATCH = 100


def engine(signals: int) -> IngestEngine:
    """Return an engine with `bench/<n>`, `bare/<n>` for single values, `bench-batch/<k>`, `databus/<k>` for many."""
    revision = Revision()
    registry = Registry(revision)
    names = [f"s{n}" for n in range(signals)]
    kind = TwinType(name="Bench", signals=tuple(SignalSpec(path=name, range=(0, 1000)) for name in names))
    single = tuple(Binding(path=name, topic=f"bench/{n}", key="value") for n, name in enumerate(names))
    registry.add(TwinSpec(id="single", type=kind, bindings=single))
    batched = tuple(
        Binding(path=name, topic=f"bench-batch/{n // VALUES_PER_BATCH}", key=f"values.{name}")
        for n, name in enumerate(names)
    )
    registry.add(TwinSpec(id="batched", type=kind, bindings=batched))
    bare = tuple(Binding(path=name, topic=f"bare/{n}") for n, name in enumerate(names))
    registry.add(TwinSpec(id="bare", type=kind, bindings=bare))
    elements = tuple(
        Binding(
            path=name,
            topic=f"databus/{n // VALUES_PER_BATCH}",
            key=f"vals[id={name}].val",
            quality_key=f"vals[id={name}].qc",
        )
        for n, name in enumerate(names)
    )
    registry.add(TwinSpec(id="elements", type=kind, bindings=elements))

    def ignore(twin: str, *, online: bool, now_ns: int) -> None:
        raise AssertionError((twin, online, now_ns))

    made = IngestEngine(
        registry, state=StatePlane(revision), events=EventLog(revision), clock=SystemClock(), on_presence=ignore
    )
    made.compile()
    return made


def batches(form: str, signals: int) -> list[MessageBatch]:
    """Return the messages of one round over all topics."""
    now = time.time()
    if form == "elements":
        texts = [
            (
                f"databus/{k}",
                json.dumps(
                    {
                        "seq": 7,
                        "vals": [
                            {"id": f"s{n}", "qc": 3, "ts": now, "val": 512.345}
                            for n in range(k * VALUES_PER_BATCH, (k + 1) * VALUES_PER_BATCH)
                        ],
                    }
                ),
            )
            for k in range(signals // VALUES_PER_BATCH)
        ]
    elif form == "batch":
        texts = [
            (
                f"bench-batch/{k}",
                json.dumps(
                    {
                        "ts": now,
                        "values": {f"s{n}": 512.345 for n in range(k * VALUES_PER_BATCH, (k + 1) * VALUES_PER_BATCH)},
                    }
                ),
            )
            for k in range(signals // VALUES_PER_BATCH)
        ]
    elif form == "bare":
        texts = [(f"bare/{n}", "512.345") for n in range(signals)]
    else:
        texts = [(f"bench/{n}", f'{{"ts": {now:.6f}, "value": 512.345}}') for n in range(signals)]
    received = round(now * 1e9) + 1_000_000
    return [
        MessageBatch(
            generation=1,
            received_ns=received,
            topics=[topic.encode() for topic, _ in texts[at : at + PER_READ]],
            payloads=[text.encode() for _, text in texts[at : at + PER_READ]],
            packets=[0] * len(texts[at : at + PER_READ]),
            flags=[0] * len(texts[at : at + PER_READ]),
        )
        for at in range(0, len(texts), PER_READ)
    ]


def measure(form: str, messages: int, signals: int) -> dict[str, Any]:
    """Return microseconds per message and values per second."""
    made, reads = engine(signals), batches(form, signals)
    for read in reads:
        made.feed(read)
    made.drain()
    before = made.stats.values
    began, done, rounds = time.process_time(), 0, 0
    while done < messages:
        read = reads[rounds % len(reads)]
        made.feed(read)
        done += len(read.topics)
        rounds += 1
        if rounds % READS_PER_DRAIN == 0:
            made.drain()
    made.drain()
    took = time.process_time() - began
    values = made.stats.values - before
    return {
        "us_per_message": round(took / done * 1e6, 2),
        "us_per_value": round(took / values * 1e6, 3),
        "values_per_s": round(values / took),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decode", description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=400_000)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--json", action="store_true", help="on one line")
    given = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "pid": os.getpid()}
    for form, share in (("json", 1), ("bare", 1), ("batch", 20), ("elements", 40)):
        result[form] = measure(form, given.messages // share, given.signals)
    print(json.dumps(result, indent=None if given.json else 2))


if __name__ == "__main__":
    main()

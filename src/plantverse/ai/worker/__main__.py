"""The worker as a process: messages on standard input, answers on standard output, nothing else.

Started by `process.py`. It ends when its input ends, in the middle of whatever it does, so that it never outlives its
parent.
"""

import os
import queue
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from plantverse._clock import SystemClock
from plantverse.ai.worker.kinds import KINDS
from plantverse.ai.worker.messages import Beat, Failed, FromWorker, ToWorker, pack, reader_of_parent
from plantverse.ai.worker.serving import Serving

BEAT_S = 0.25
"""Pause between two beats while there is nothing to do."""
CHUNK = 1 << 16
NICENESS = 5


def main(kinds: Mapping[str, str] = KINDS) -> None:
    """Serve until the input ends."""
    _step_back()
    out = os.dup(1)
    os.dup2(2, 1)  # what a model prints must not stand between messages
    write = partial(_write, out)
    inbox: queue.Queue[ToWorker] = queue.Queue()
    threading.Thread(target=_read, args=(inbox,), daemon=True).start()
    serving = Serving(SystemClock(), kinds)
    write(Beat())
    while True:
        try:
            message = inbox.get(timeout=BEAT_S)
        except queue.Empty:
            write(Beat())
            continue
        for answer in serving.take(message):
            write(answer)


def _step_back() -> None:
    """Let ingestion and viewers come first where cores are few.

    As a batch process it does not push the server off its core whenever it is woken, which cost the event loop 2 ms per
    message on a busy machine.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _read(inbox: "queue.Queue[ToWorker]") -> None:
    unpacker = reader_of_parent()
    while chunk := os.read(0, CHUNK):
        for message in unpacker.feed(chunk):
            inbox.put(message)
    os._exit(0)  # a thread cannot end a main thread that hangs, and there is nothing to tidy up


def _write(out: int, message: FromWorker) -> None:
    try:
        frame = memoryview(pack(message))
    except ValueError as exc:
        assert not isinstance(message, Beat), "a beat is short"
        frame = memoryview(pack(Failed(message.job, message.number, "too_long", str(exc))))
    while frame:
        frame = frame[os.write(out, frame) :]


if __name__ == "__main__":
    main({**KINDS, **dict(extra.split("=", 1) for extra in sys.argv[1:])})

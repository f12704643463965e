"""What parent and worker say to each other: MessagePack, each message behind its length.

To the worker: `Load`, `Unload`, `Ask`. Back: `Beat`, `Loaded`, `Answer`, `Failed`. The worker does one thing after the
other, in the order in which it was told, and says a `Beat` before each and while it has nothing to do.
"""

from typing import Any

import msgspec

LONGEST = 1 << 24
"""Bytes of a message: a window of 4,096 rows of 512 columns fits."""
_HEAD = 4


class Load(msgspec.Struct, frozen=True, tag="load"):
    """Load the model in a folder, and answer with `Loaded` or `Failed`.

    Attributes:
        job: Name under which it is asked from now on.
        number: Of this message, returned with the answer.
        expected_hash: The only hash to accept, "" for any.
    """

    job: str
    number: int
    kind: str
    folder: str
    expected_hash: str = ""


class Unload(msgspec.Struct, frozen=True, tag="unload"):
    """Let go of a job's model."""

    job: str


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Answer a request with `Answer` or `Failed`.

    Attributes:
        number: Of this message, returned with the answer.
        deadline_ns: Of the monotonic clock, which all processes of a machine share; later nobody wants the answer.
    """

    job: str
    number: int
    deadline_ns: int
    body: dict[str, Any]


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """The worker is alive: its lease begins anew."""


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """A model is ready for requests."""

    job: str
    number: int
    facts: dict[str, Any]


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """The answer to a request."""

    job: str
    number: int
    body: dict[str, Any]


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A request, or the loading of a model, came to nothing.

    Attributes:
        code: Of our own errors; `late` for a request whose deadline had passed, `raised` for anything else.
    """

    job: str
    number: int
    code: str
    message: str
    hint: str = ""


ToWorker = Load | Unload | Ask
FromWorker = Beat | Loaded | Answer | Failed


def pack(message: ToWorker | FromWorker) -> bytes:
    """Return a message as it goes over a pipe.

    Raises:
        ValueError: It is longer than `LONGEST`.
    """
    body = msgspec.msgpack.encode(message)
    if len(body) > LONGEST:
        raise ValueError(f"a message of {len(body)} bytes: at most {LONGEST} are sent")
    return len(body).to_bytes(_HEAD, "big") + body


class Unpacker:
    """Makes messages of bytes, however a pipe cuts them."""

    def __init__(self, kinds: Any) -> None:
        self._decoder = msgspec.msgpack.Decoder(kinds)
        self._waiting = bytearray()

    def feed(self, chunk: bytes) -> list[Any]:
        """Return the messages that are complete with these bytes.

        Raises:
            ValueError: This is no message; nothing that follows can be read.
        """
        self._waiting += chunk
        found = []
        while len(self._waiting) >= _HEAD:
            length = int.from_bytes(self._waiting[:_HEAD], "big")
            if length > LONGEST:
                raise ValueError(f"a message of {length} bytes is announced: at most {LONGEST} are read")
            if len(self._waiting) < _HEAD + length:
                break
            found.append(self._decoder.decode(bytes(self._waiting[_HEAD : _HEAD + length])))
            del self._waiting[: _HEAD + length]
        return found


def reader_of_worker() -> Unpacker:
    """Return what reads a worker's messages."""
    return Unpacker(FromWorker)


def reader_of_parent() -> Unpacker:
    """Return what reads a parent's messages."""
    return Unpacker(ToWorker)

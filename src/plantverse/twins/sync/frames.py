"""Data frames: a fixed layout that numpy and typed arrays map without parsing.

```
offset  bytes  field
0       1      magic 0xF7 (no MessagePack map starts with it, so one byte tells frames from messages)
1       1      kind: 1 latest, 2 batch
2       2      subscription id, u16
4       4      rows n, u32
8       8      revision, u64: up to here the client is complete in everything it subscribed (patched per client)
16      8      server time when the frame was made, f64 microseconds since the Unix epoch
24      4      frame number in the session, u32 (patched per client)
28      4      exact rows m, u32
32      8 n    value f64
        8 n    observed f64, microseconds since the Unix epoch; 0 = unknown
        8 m    exact i64: integers beyond 2^53 ...
        4 n    slot u32
        4 m    ... and the row that each belongs to, u32
        n      quality u8
        0-7    zero padding to a multiple of 8
```
Little-endian throughout. Blocks of 8-byte items come first, so every block is aligned.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.errors import ProtocolViolation

MAGIC = 0xF7
LATEST, BATCH = 1, 2
HEADER = struct.Struct("<BBHIQdII")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A decoded frame; arrays of length n may be views into the received bytes.

    Attributes:
        exact: int64, shape (m,), and `exact_row` uint32, shape (m,): rows whose float64 is only the nearest.
    """

    kind: int
    subscription: int
    number: int
    revision: int
    time_us: float
    slot: NDArray[np.uint32]
    value: NDArray[np.float64]
    observed_us: NDArray[np.float64]
    quality: NDArray[np.uint8]
    exact: NDArray[np.int64]
    exact_row: NDArray[np.uint32]


def encode_frame(
    *,
    kind: int,
    subscription: int,
    revision: int,
    time_us: float,
    slot: NDArray[np.uint32],
    value: NDArray[np.float64],
    observed_us: NDArray[np.float64],
    quality: NDArray[np.uint8],
    exact: NDArray[np.int64] | None = None,
    exact_row: NDArray[np.uint32] | None = None,
) -> bytes:
    """Return a frame with number 0 and this subscription; `address` makes it one client's."""
    n = len(slot)
    m = 0 if exact is None else len(exact)
    parts = [
        HEADER.pack(MAGIC, kind, subscription, n, revision, time_us, 0, m),
        value.astype("<f8", copy=False).tobytes(),
        observed_us.astype("<f8", copy=False).tobytes(),
    ]
    if exact is not None and m:
        parts.append(exact.astype("<i8", copy=False).tobytes())
    parts.append(slot.astype("<u4", copy=False).tobytes())
    if exact_row is not None and m:
        parts.append(exact_row.astype("<u4", copy=False).tobytes())
    parts.append(quality.tobytes())
    size = 32 + 16 * n + 8 * m + 4 * n + 4 * m + n
    parts.append(bytes(-size % 8))
    return b"".join(parts)


def address(frame: bytes, *, subscription: int, number: int, revision: int) -> bytes:
    """Return the frame as one client's: the header is its own, the blocks are shared and not encoded again."""
    _, kind, _, n, _, time_us, _, m = HEADER.unpack_from(frame)
    return HEADER.pack(MAGIC, kind, subscription, n, revision, time_us, number, m) + memoryview(frame)[HEADER.size :]


def is_frame(data: bytes) -> bool:
    """Return whether the bytes are a data frame and not a control message."""
    return len(data) > 0 and data[0] == MAGIC


def decode_frame(data: bytes) -> Frame:
    """Return a frame whose arrays are views into `data`.

    Raises:
        ProtocolViolation: The length or the header contradicts the layout.
    """
    if len(data) < HEADER.size:
        raise ProtocolViolation("F1", f"frame of {len(data)} bytes, a header has {HEADER.size}")
    magic, kind, subscription, n, revision, time_us, number, m = HEADER.unpack_from(data)
    size = 32 + 21 * n + 12 * m
    if magic != MAGIC or kind not in {LATEST, BATCH} or len(data) != size + (-size % 8) or m > n:
        raise ProtocolViolation("F1", f"frame of {len(data)} bytes with {n} rows and {m} exact rows of kind {kind}")
    at = 32
    value = np.frombuffer(data, "<f8", n, at)
    observed = np.frombuffer(data, "<f8", n, at := at + 8 * n)
    exact = np.frombuffer(data, "<i8", m, at := at + 8 * n)
    slot = np.frombuffer(data, "<u4", n, at := at + 8 * m)
    exact_row = np.frombuffer(data, "<u4", m, at := at + 4 * n)
    quality = np.frombuffer(data, "u1", n, at + 4 * m)
    return Frame(
        kind=kind,
        subscription=subscription,
        number=number,
        revision=revision,
        time_us=time_us,
        slot=slot,
        value=value,
        observed_us=observed,
        quality=quality,
        exact=exact,
        exact_row=exact_row,
    )

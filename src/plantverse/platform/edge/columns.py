"""Samples of a node as one binary message: a header and 8-byte aligned columns, no object per sample.

Little-endian. Header, 32 bytes: kind u8 (0x42), version u8, columns u16 (bit 0: `exact` follows), rows u32, number u64,
token u64, check of the group's name u32, reserved u32. Then value f64, stamp_ns i64, received_ns i64, exact i64 (if
announced), slot u32, packet u16, quality u8, flags u8, one behind the other, each of `rows` entries.
"""

import struct
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from plantverse.errors import ProtocolViolation
from plantverse.twins.samples import Flag, SampleBatch

KIND = 0x42
VERSION = 1
ROW_BYTES = 32
"""Of a row without an exact integer, 40 with one."""
MOST_ROWS = 8_192
"""Rows of one message: 393,248 bytes at most, within the 1 MiB that the server's WebSocket takes."""
_HEADER = struct.Struct("<BBHIQQII")
_EXACT = 1
_ALLOWED = int(Flag.RETAINED | Flag.REDELIVERED | Flag.VALUELESS | Flag.EXACT)
"""What a node may say of a row; whether a stamp is believed and whether a row is late is for the server to judge."""
_LAYOUT: tuple[tuple[str, str], ...] = (
    ("value", "<f8"),
    ("stamp_ns", "<i8"),
    ("received_ns", "<i8"),
    ("exact", "<i8"),
    ("slot", "<u4"),
    ("packet", "<u2"),
    ("quality", "u1"),
    ("flags", "u1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeBatch:
    """What a node sent.

    Attributes:
        number: Of the batch on this connection, growing; the acknowledgement names it.
        token: Fencing token of the group's lease.
        group: `group_check` of the group's name.
        rows: Samples; `observed_ns` is not filled in (0), the server judges the stamps.
    """

    number: int
    token: int
    group: int
    rows: SampleBatch


def group_check(name: str) -> int:
    """Return the 32 bits that stand for a group in a batch."""
    return crc32(name.encode())


def encode_batch(batch: SampleBatch, *, slots: NDArray[np.uint32], number: int, token: int, group: int) -> bytes:
    """Return the message of at most `MOST_ROWS` rows.

    Args:
        batch: Rows as the node decoded them.
        slots: uint32, the server's slot of each row.
        number: Of the batch on this connection.
        token: Fencing token of the group's lease.
        group: `group_check` of the group's name.
    """
    columns: dict[str, NDArray[np.generic]] = {
        "value": batch.value,
        "stamp_ns": batch.stamp_ns,
        "received_ns": batch.received_ns,
        "slot": slots,
        "packet": batch.packet,
        "quality": batch.quality,
        "flags": batch.flags & np.uint8(_ALLOWED),
    }
    if batch.exact is not None:
        columns["exact"] = batch.exact
    header = _HEADER.pack(KIND, VERSION, _EXACT if batch.exact is not None else 0, len(batch), number, token, group, 0)
    return b"".join([header, *(columns[name].astype(kind).tobytes() for name, kind in _LAYOUT if name in columns)])


def decode_batch(data: bytes) -> NodeBatch:
    """Read a message.

    Raises:
        ProtocolViolation: It is no batch, of another version, too large, or its length is not what its header says.
    """
    if len(data) < _HEADER.size:
        raise ProtocolViolation("edge batch", f"a batch of {len(data)} bytes is shorter than its header")
    kind, version, given, rows, number, token, group, _ = _HEADER.unpack_from(data)
    if kind != KIND or version != VERSION:
        raise ProtocolViolation(
            "edge batch", f"a batch of kind {kind} and version {version}, expected {KIND} and {VERSION}"
        )
    if rows > MOST_ROWS:
        raise ProtocolViolation("edge batch", f"a batch of {rows} rows, at most {MOST_ROWS} are taken")
    columns: dict[str, NDArray[np.generic]] = {}
    at = _HEADER.size
    for name, code in _LAYOUT:
        if name == "exact" and not given & _EXACT:
            continue
        kind_of = np.dtype(code)
        if at + rows * kind_of.itemsize > len(data):
            raise ProtocolViolation("edge batch", f"a batch of {rows} rows ends after {len(data)} bytes")
        columns[name] = np.frombuffer(data, kind_of, rows, at)
        at += rows * kind_of.itemsize
    if at != len(data):
        raise ProtocolViolation("edge batch", f"a batch of {rows} rows has {len(data) - at} bytes too many")
    return NodeBatch(number=number, token=token, group=group, rows=_rows(columns))


def _rows(columns: dict[str, NDArray[np.generic]]) -> SampleBatch:
    slot = columns["slot"]
    exact = columns.get("exact")
    return SampleBatch(
        # A slot beyond int32 belongs to nobody; it must not come out as a small or negative one.
        slot=np.minimum(slot, np.uint32(2**31 - 1)).astype(np.int32),
        value=columns["value"].astype(np.float64),
        observed_ns=np.zeros(len(slot), np.int64),
        received_ns=columns["received_ns"].astype(np.int64),
        quality=columns["quality"].astype(np.uint8),
        flags=columns["flags"].astype(np.uint8) & np.uint8(_ALLOWED),
        stamp_ns=columns["stamp_ns"].astype(np.int64),
        packet=columns["packet"].astype(np.uint16),
        exact=None if exact is None else exact.astype(np.int64),
    )

"""The binary batches of nodes: what goes in comes out, and nothing malformed gets in."""

import numpy as np
import pytest

from plantverse.errors import ProtocolViolation
from plantverse.platform.edge.columns import MOST_ROWS, decode_batch, encode_batch, group_check
from plantverse.twins.samples import Flag, SampleBatch


def batch(n: int = 3) -> SampleBatch:
    made = SampleBatch.of(range(n), [1.5 * k for k in range(n)], [10**18 + k for k in range(n)], packet=range(n))
    made.flags |= np.uint8(Flag.REDELIVERED | Flag.LATE)
    return made


def encoded(rows: SampleBatch, **others: int) -> bytes:
    wanted = {"number": 7, "token": (3 << 32) + 1, "group": group_check("line")} | others
    return encode_batch(rows, slots=rows.slot.astype(np.uint32) + 40, **wanted)


def test_a_batch_survives_the_way() -> None:
    rows = batch()
    rows.exact = np.array([2**60, 0, 1], np.int64)
    read = decode_batch(encoded(rows))
    assert (read.number, read.token, read.group) == (7, (3 << 32) + 1, group_check("line"))
    assert read.rows.slot.tolist() == [40, 41, 42]
    assert read.rows.value.tolist() == rows.value.tolist()
    assert read.rows.stamp_ns.tolist() == rows.stamp_ns.tolist()
    assert read.rows.packet.tolist() == [0, 1, 2]
    assert read.rows.exact is not None
    assert read.rows.exact.tolist() == [2**60, 0, 1]
    assert set(read.rows.flags.tolist()) == {int(Flag.REDELIVERED)}, "what the server judges is not taken from a node"


def test_an_empty_batch_is_one() -> None:
    assert len(decode_batch(encoded(batch(0))).rows) == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "shorter than its header"),
        (encoded(batch())[:-1], "ends after"),
        (encoded(batch()) + b"\0", "bytes too many"),
        (b"\x00" + encoded(batch())[1:], "kind 0"),
        (b"\x42\x02" + encoded(batch())[2:], "version 2"),
        (encoded(batch())[:4] + (MOST_ROWS + 1).to_bytes(4, "little") + encoded(batch())[8:], "at most 8192"),
        (encoded(batch())[:4] + b"\xff\xff\xff\xff" + encoded(batch())[8:], "at most 8192"),
    ],
)
def test_what_is_no_batch_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ProtocolViolation, match=message):
        decode_batch(data)


def test_a_slot_beyond_all_does_not_come_out_as_another() -> None:
    rows = batch(1)
    data = encode_batch(rows, slots=np.array([2**32 - 1], np.uint32), number=1, token=1, group=1)
    assert decode_batch(data).rows.slot.tolist() == [2**31 - 1]

import pytest

from plantverse.ingest.mqtt.wire import Malformed, read_properties, read_varint, varint


@pytest.mark.parametrize(
    ("number", "raw"),
    [
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16_383, b"\xff\x7f"),
        (16_384, b"\x80\x80\x01"),
        (2_097_151, b"\xff\xff\x7f"),
        (268_435_455, b"\xff\xff\xff\x7f"),
    ],
)
def test_lengths_as_in_the_tables_of_the_standard(number: int, raw: bytes) -> None:
    assert varint(number) == raw
    assert read_varint(b"x" + raw + b"y", 1, len(raw) + 2) == (number, 1 + len(raw))
    assert read_varint(raw, 0, len(raw) - 1) == (-1, 0)


def test_a_length_of_five_bytes_is_malformed() -> None:
    with pytest.raises(Malformed, match="more than four bytes"):
        read_varint(b"\xff\xff\xff\xff\x01", 0, 5)


def test_properties_of_every_kind() -> None:
    raw = b"\x01\x01" + b"\x13\x00\x05" + b"\x27\x00\x01\x00\x00" + b"\x1f\x00\x02ab" + b"\x0b\x80\x01"
    raw += b"\x26\x00\x01k\x00\x01v" * 2
    found, end = read_properties(varint(len(raw)) + raw + b"rest", 0, len(raw) + 5)
    assert found == {0x01: 1, 0x13: 5, 0x27: 65_536, 0x1F: b"ab", 0x0B: 128, 0x26: (b"k", b"v")}
    assert end == len(raw) + 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x05\x01\x01", "longer than their packet"),
        (b"\x02\x7e\x00", "unknown property 0x7e"),
        (b"\x04\x01\x01\x01\x01", "given twice"),
        (b"\x02\x13\x00", "cut off"),
        (b"\x04\x1f\x00\x09a", "cut off"),
        (b"\x02\x1f\x00", "cut off"),
        (b"\x02\x0b\x80", "cut off"),
        (b"\x05\x26\x00\x01k\x00", "cut off"),
        (b"\x80", "longer than their packet"),
    ],
)
def test_broken_properties(raw: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as error:
        read_properties(raw, 0, len(raw))
    assert reason in error.value.reason

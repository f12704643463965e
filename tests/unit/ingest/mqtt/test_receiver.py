import re

import pytest

from doubles.mqtt_broker_bytes import PINGRESP, connack, packet, puback, publish, suback
from plantverse.ingest.mqtt import DUP, RETAIN, Answer, ConnAck, Pong, Receiver

VERSIONS = pytest.mark.parametrize("version", [4, 5])


def receiver(version: int, maximum: int = 1 << 20) -> Receiver:
    made = Receiver(version, maximum)
    made.receive(connack(version))
    assert [type(control) for control in made.take_control()] == [ConnAck]
    return made


def stream(version: int) -> bytes:
    """Return one of everything that a broker sends after CONNACK."""
    properties = b"\x01\x01\x23\x00\x00"[:2] if version == 5 else b""
    return b"".join(
        (
            suback(version, 1, 1, 0x80),
            publish(version, "a/b", b"1"),
            publish(version, "a/b", b"2", packet_id=7),
            PINGRESP,
            publish(version, "a/c", b"x" * 300, packet_id=65_535, dup=True, retain=True, properties=properties),
            puback(3),
            publish(version, "ü", b""),
        )
    )


@VERSIONS
def test_messages_become_columns(version: int) -> None:
    made = receiver(version)
    made.receive(stream(version))
    columns = made.take_messages()
    assert columns.topics == [b"a/b", b"a/b", b"a/c", "ü".encode()]
    assert columns.payloads == [b"1", b"2", b"x" * 300, b""]
    assert columns.packets == [0, 7, 65_535, 0]
    assert columns.flags == [0, 0, DUP | RETAIN, 0]
    assert made.take_control() == [
        Answer(packet=1, codes=(1, 0x80)),
        Pong(),
        Answer(packet=3, codes=(0,)),
    ]
    assert made.failure is None
    assert made.take_messages().topics == []


@VERSIONS
def test_a_split_at_any_byte_changes_nothing(version: int) -> None:
    raw = connack(version) + stream(version)
    whole = Receiver(version, 1 << 20)
    whole.receive(raw)
    expected = whole.take_messages(), whole.take_control()
    for at in range(len(raw)):
        made = Receiver(version, 1 << 20)
        made.receive(raw[:at])
        made.receive(raw[at:])
        assert (made.take_messages(), made.take_control()) == expected, f"split at {at}"


@VERSIONS
@pytest.mark.parametrize(
    ("raw", "code", "reason"),
    [
        (b"\x30\xff\xff\xff\xff\x01", 0x81, "more than four bytes"),
        (packet(0x36, b"\x00\x01a\x00\x01\x00"), 0x81, "QoS 3"),
        (packet(0x34, b"\x00\x01a\x00\x01\x00"), 0x9B, "QoS 2, which was never asked for"),
        (packet(0x32, b"\x00\x01a\x00\x00\x00"), 0x82, "packet id 0"),
        (packet(0x30, b"\x00\x00\x00x"), 0x82, "without a topic"),
        (packet(0x30, b"\x00\x02\xff\xfe\x00"), 0x81, "not UTF-8"),
        (packet(0x30, b"\x00\x03a/#\x00"), 0x90, "wildcard or NUL"),
        (packet(0x30, b"\x00\x03a/+\x00"), 0x90, "wildcard or NUL"),
        (packet(0x30, b"\x00\x02a\x00\x00"), 0x90, "wildcard or NUL"),
        (packet(0x30, b"\x00\x09a"), 0x81, "shorter than|longer than"),
        (packet(0x32, b"\x00\x01a\x00"), 0x81, "shorter than|longer than"),
        (packet(0x30, b""), 0x81, "shorter than its own header says"),
        (packet(0x10, b""), 0x82, "never sends packet 0x10"),
        (packet(0x80, b""), 0x82, "never sends packet 0x80"),
        (packet(0x00, b""), 0x82, "never sends packet 0x00"),
        (packet(0x91, b"\x00\x01"), 0x81, "reserved bits"),
        (packet(0x40, b"\x00"), 0x81, "too short"),
        (packet(0x90, b""), 0x81, "is too short|longer than"),
        (packet(0xD0, b"x"), 0x81, "PINGRESP has a body"),
    ],
)
def test_a_broken_packet_ends_the_connection_with_a_reason(version: int, raw: bytes, code: int, reason: str) -> None:
    made = receiver(version)
    made.receive(publish(version, "a", b"before") + raw + publish(version, "a", b"behind"))
    assert made.failure is not None
    assert made.failure[0] == code
    assert re.search(reason, made.failure[1])
    assert made.take_messages().payloads == [b"before"]
    made.receive(publish(version, "a", b"later"))
    assert made.take_messages().payloads == []


@VERSIONS
def test_a_second_connack_is_a_fault(version: int) -> None:
    made = receiver(version)
    made.receive(connack(version))
    assert made.failure == (0x82, "a second CONNACK")


@pytest.mark.parametrize(
    ("properties", "code", "reason"),
    [
        (b"\x23\x00\x01", 0x94, "a topic alias was sent"),
        (b"\x01\x01\x01\x01", 0x82, "given twice"),
        (b"\x7f\x00", 0x81, "unknown property"),
    ],
)
def test_broken_properties_of_a_message(properties: bytes, code: int, reason: str) -> None:
    made = receiver(5)
    made.receive(publish(5, "a", b"x", properties=properties))
    assert made.failure is not None
    assert made.failure[0] == code
    assert reason in made.failure[1]


def test_disconnect_of_a_3_1_1_broker_does_not_exist() -> None:
    made = receiver(4)
    made.receive(b"\xe0\x00")
    assert made.failure == (0x82, "a broker never sends packet 0xe0")


@pytest.mark.parametrize("first", [b"HTTP/1.1 400 Bad Request\r\n", b"\x30\x03\x00\x01a", b"\x00", b"SSH-2.0"])
def test_something_else_than_a_broker_is_recognised_at_the_first_byte(first: bytes) -> None:
    made = Receiver(5, 1 << 20)
    made.receive(first[:1])
    made.receive(first[1:])
    assert made.failure == (0x82, "the first packet is no CONNACK, so this is no MQTT broker")


@VERSIONS
@pytest.mark.parametrize("qos_1", [False, True])
def test_a_message_that_is_too_large_is_passed_over_at_any_split(version: int, qos_1: bool) -> None:
    packet_id = 9 if qos_1 else 0
    large = publish(version, "a/large", b"x" * 600, packet_id=packet_id)
    raw = publish(version, "a", b"1") + large + publish(version, "a", b"2")
    for at in range(len(raw)):
        made = receiver(version, maximum=512)
        made.receive(raw[:at])
        made.receive(raw[at:])
        assert made.take_messages().payloads == [b"1", b"2"], f"split at {at}"
        assert made.take_skipped() == [packet_id]
        assert made.failure is None


@VERSIONS
def test_a_large_message_is_never_held(version: int) -> None:
    made = receiver(version, maximum=512)
    made.receive(b"\x32" + b"\xff\xff\xff\x7f" + b"\x00\x01a\x00\x05")
    for _ in range(100):
        made.receive(b"x" * 10_000)
    assert made.take_skipped() == [5]
    assert sum(map(len, made._parts)) == 0


@VERSIONS
def test_another_packet_that_is_too_large_ends_the_connection(version: int) -> None:
    made = receiver(version, maximum=512)
    made.receive(b"\x90\xff\xff\x7f" + b"x" * 100)
    assert made.failure == (0x95, "packet 0x90 has 2097155 bytes")


def test_the_memory_for_known_topics_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plantverse.ingest.mqtt.receiver._MOST_TOPICS", 10)
    made = receiver(4)
    for number in range(100):
        made.receive(publish(4, f"t/{number}", b""))
    made.receive(publish(4, "t" * 2_000, b""))
    assert len(made.take_messages().topics) == 101
    assert len(made._known) <= 10

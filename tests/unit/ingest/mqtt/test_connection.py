import pytest

from doubles.mqtt_broker_bytes import PINGRESP, connack, disconnect, publish, suback, unsuback
from plantverse.ingest.mqtt import Answer, Bye, ConnAck, Connection, ConnectOptions

S = 1_000_000_000
OPTIONS = ConnectOptions(client_id="c", clean=False, keepalive_s=20, maximum_packet_size=1_000)
VERSIONS = pytest.mark.parametrize("version", [4, 5])


def connected(version: int = 5, **how: object) -> Connection:
    made = Connection(OPTIONS, version, 0)
    made.take_send()
    made.receive(connack(version, **how), 0)  # type: ignore[arg-type]
    made.take_control()
    return made


@VERSIONS
def test_connect_goes_first_and_nothing_else_before_the_answer(version: int) -> None:
    made = Connection(OPTIONS, version, 0)
    assert made.take_send()[:1] == b"\x10"
    assert made.accepted is None
    assert not made.ping(5 * S)
    assert not made.tick(1_000 * S, reading=True)
    assert made.take_send() == b""


@VERSIONS
def test_accepted(version: int) -> None:
    made = Connection(OPTIONS, version, 0)
    made.receive(connack(version, present=True), 0)
    assert made.accepted == ConnAck(code=0, session_present=True)
    assert made.failure is None


def test_limits_of_the_broker_are_read() -> None:
    properties = b"\x13\x00\x05" + b"\x21\x00\x0a" + b"\x27\x00\x00\x10\x00" + b"\x24\x01"
    made = connected(5, properties=properties)
    assert made.accepted == ConnAck(
        code=0, session_present=False, keepalive_s=5, receive_maximum=10, maximum_packet_size=4_096, maximum_qos=1
    )
    # The broker's keep-alive counts: 2.5 s of silence are half of its 5 s.
    assert not made.tick(2 * S, reading=True)
    assert made.tick(int(2.5 * S), reading=True)


@pytest.mark.parametrize(
    ("version", "code", "expected"),
    [
        (5, 0x86, (0x86, "wrong user name or password")),
        (4, 4, (0x86, "wrong user name or password")),
        (4, 5, (0x87, "not authorised")),
        (4, 1, (0x84, "protocol version not supported")),
        (5, 1, (0x84, "protocol version not supported")),
        (4, 9, (0x80, "unspecified error")),
        (5, 0xF0, (0xF0, "code 0xf0")),
    ],
)
def test_a_refusal_has_the_same_words_in_both_versions(version: int, code: int, expected: tuple[int, str]) -> None:
    made = Connection(OPTIONS, version, 0)
    made.receive(connack(version, code=code), 0)
    assert made.failure == expected
    assert made.accepted is None


def test_a_3_1_1_broker_may_answer_a_connect_of_5_in_the_short_form() -> None:
    made = Connection(OPTIONS, 5, 0)
    made.receive(b"\x20\x02\x00\x01", 0)
    assert made.failure == (0x84, "protocol version not supported")


def test_the_brokers_own_words_win() -> None:
    made = Connection(OPTIONS, 5, 0)
    made.receive(connack(5, code=0x97, properties=b"\x1f\x00\x04full"), 0)
    assert made.failure == (0x97, "full")


def test_a_session_that_was_to_be_forgotten_and_was_not() -> None:
    made = Connection(ConnectOptions(client_id="c", clean=True), 5, 0)
    made.receive(connack(5, present=True), 0)
    assert made.failure is not None
    assert made.failure[0] == 0x82


@VERSIONS
def test_subscribing_in_parts_of_a_hundred(version: int) -> None:
    made = connected(version)
    filters = [f"t/{number}" for number in range(250)]
    asked = made.subscribe(filters, 1, 0)
    assert [packet for packet, _ in asked] == [1, 2, 3]
    assert [text for _, part in asked for text in part] == filters
    assert made.take_send().count(b"t/") == 250
    made.receive(suback(version, 1, *[1] * 100), 0)
    assert made.take_control() == [Answer(packet=1, codes=(1,) * 100)]
    [(packet, part)] = made.unsubscribe(["t/1"], 0)
    assert part == ["t/1"]
    made.receive(unsuback(version, packet, 0), 0)
    assert made.take_control() == [Answer(packet=packet, codes=(0,) if version == 5 else ())]


def test_packet_ids_wrap_and_are_never_zero() -> None:
    made = connected()
    ids = [made.publish(b"t", b"", qos=1, expiry_s=None, now_ns=0) for _ in range(65_537)]
    assert ids[:2] == [1, 2]
    assert ids[65_533:] == [65_534, 65_535, 1, 2]
    assert made.publish(b"t", b"", qos=0, expiry_s=None, now_ns=0) == 0


@VERSIONS
def test_a_silent_connection_is_pinged_at_half_the_keep_alive_and_given_up_one_later(version: int) -> None:
    made = connected(version)
    assert not made.tick(9 * S, reading=True)
    assert made.tick(10 * S, reading=True)
    assert made.take_send() == b"\xc0\x00"
    assert not made.tick(20 * S, reading=True)
    assert made.failure is None
    assert not made.tick(31 * S, reading=True)
    assert made.failure == (0x8D, "the broker has not answered for 20 s")


def test_an_answered_ping_keeps_the_connection() -> None:
    made = connected()
    for second in range(10, 200, 10):
        assert made.tick(second * S, reading=True)
        made.receive(PINGRESP, second * S)
    assert made.failure is None


def test_data_from_the_broker_alone_is_no_reason_to_stay_silent() -> None:
    made = connected()
    for second in range(10):
        made.receive(publish(5, "a", b""), second * S)
    # MQTT asks the client to send something within the keep-alive, however much it receives.
    assert made.tick(10 * S, reading=True)


def test_a_paused_socket_is_not_taken_for_a_dead_broker() -> None:
    made = connected()
    assert made.tick(10 * S, reading=False)
    for second in range(11, 500):
        made.tick(second * S, reading=False)
    assert made.failure is None
    made.tick(510 * S, reading=True)
    assert made.failure is None
    made.tick(540 * S, reading=True)
    assert made.failure is not None


def test_the_broker_says_goodbye() -> None:
    made = connected()
    made.receive(publish(5, "a", b"last") + disconnect(0x8B), 0)
    assert made.take_messages().payloads == [b"last"]
    assert made.take_control() == [Bye(code=0x8B)]
    assert made.failure == (0x8B, "server shutting down")
    other = connected()
    other.receive(disconnect(0x8E, "somebody else"), 0)
    assert other.failure == (0x8E, "somebody else")


@pytest.mark.parametrize(("version", "goodbye"), [(4, b""), (5, b"\xe0\x01\x81")])
def test_a_broken_packet_is_answered_with_a_reason_where_the_version_has_one(version: int, goodbye: bytes) -> None:
    made = connected(version)
    made.receive(b"\x30\xff\xff\xff\xff\x01", 0)
    assert made.failure == (0x81, "a length has more than four bytes")
    assert made.take_send() == goodbye
    made.receive(publish(version, "a", b""), 0)
    assert made.take_messages().topics == []


@VERSIONS
def test_a_message_that_is_too_large_is_counted_and_confirmed(version: int) -> None:
    made = connected(version)
    made.receive(publish(version, "a", b"x" * 2_000, packet_id=7) + publish(version, "a", b"x" * 2_000), 0)
    assert made.too_large == 2
    assert made.take_send() == b"\x40\x02\x00\x07"
    assert made.take_messages().topics == []

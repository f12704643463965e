"""Packets that we send, byte by byte against the standard."""

from plantverse.ingest.mqtt import packets


def test_connect_of_both_versions() -> None:
    common = {
        "client_id": "ab",
        "clean": False,
        "keepalive_s": 20,
        "user": "u",
        "password": "pw",
        "session_expiry_s": 86_400,
        "receive_maximum": 65_535,
        "maximum_packet_size": 1 << 20,
    }
    assert packets.connect(4, **common) == (
        b"\x10\x15" + b"\x00\x04MQTT\x04\xc0\x00\x14" + b"\x00\x02ab" + b"\x00\x01u" + b"\x00\x02pw"
    )
    limits = b"\x11\x00\x01\x51\x80" + b"\x21\xff\xff" + b"\x27\x00\x10\x00\x00"
    assert packets.connect(5, **common) == (
        b"\x10\x23" + b"\x00\x04MQTT\x05\xc0\x00\x14" + b"\x0d" + limits + b"\x00\x02ab" + b"\x00\x01u" + b"\x00\x02pw"
    )


def test_connect_without_credentials_never_has_a_will() -> None:
    raw = packets.connect(
        4,
        client_id="a",
        clean=True,
        keepalive_s=1,
        user=None,
        password=None,
        session_expiry_s=0,
        receive_maximum=1,
        maximum_packet_size=256,
    )
    assert raw == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x01\x00\x01a"


def test_subscribe_and_unsubscribe() -> None:
    assert packets.subscribe(4, 258, ["a/#", "b"], 1) == b"\x82\x0c\x01\x02\x00\x03a/#\x01\x00\x01b\x01"
    assert packets.subscribe(5, 258, ["b"], 0) == b"\x82\x07\x01\x02\x00\x00\x01b\x00"
    assert packets.unsubscribe(4, 1, ["b"]) == b"\xa2\x05\x00\x01\x00\x01b"
    assert packets.unsubscribe(5, 1, ["b"]) == b"\xa2\x06\x00\x01\x00\x00\x01b"


def test_pubacks_are_short_and_in_order() -> None:
    assert packets.pubacks([1, 65_535, 258]) == b"\x40\x02\x00\x01\x40\x02\xff\xff\x40\x02\x01\x02"


def test_publish_is_never_retained() -> None:
    assert packets.publish(4, b"t", b"p", qos=0, packet=0) == b"\x30\x04\x00\x01tp"
    assert packets.publish(4, b"t", b"p", qos=1, packet=7, expiry_s=9) == b"\x32\x06\x00\x01t\x00\x07p"
    assert packets.publish(5, b"t", b"p", qos=1, packet=7) == b"\x32\x07\x00\x01t\x00\x07\x00p"
    expiring = packets.publish(5, b"t", b"p", qos=1, packet=7, expiry_s=9)
    assert expiring == b"\x32\x0c\x00\x01t\x00\x07\x05\x02\x00\x00\x00\x09p"
    long = packets.publish(4, b"t", b"p" * 200, qos=0, packet=0)
    assert long[:3] == b"\x30\xcb\x01"


def test_disconnect_says_why_in_mqtt_5_only() -> None:
    assert packets.disconnect(4, 0x81) == b"\xe0\x00"
    assert packets.disconnect(5) == b"\xe0\x00"
    assert packets.disconnect(5, 0x81) == b"\xe0\x01\x81"

"""Any chunking of any stream gives the same messages; any garbage gives a reason and no exception."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from doubles.mqtt_broker_bytes import PINGRESP, connack, publish, suback
from plantverse.ingest.mqtt import Columns, Connection, ConnectOptions, Receiver
from plantverse.ingest.mqtt.wire import string

OPTIONS = ConnectOptions(client_id="c", clean=False, maximum_packet_size=300)

topics = st.text(st.characters(exclude_characters="+#\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)
user_property = b"\x26" + string(b"k") + string("ü".encode())


@st.composite
def streams(draw: st.DrawFn) -> tuple[int, bytes]:
    version = draw(st.sampled_from([4, 5]))
    parts = [connack(version)]
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.integers(0, 6))
        if kind == 0:
            parts.append(PINGRESP)
        elif kind == 1:
            parts.append(suback(version, draw(st.integers(1, 65_535)), 1))
        else:
            parts.append(
                publish(
                    version,
                    draw(topics),
                    draw(st.binary(max_size=400)),
                    packet_id=draw(st.integers(0, 65_535)),
                    dup=draw(st.booleans()),
                    retain=draw(st.booleans()),
                    properties=draw(st.sampled_from([b"", user_property])),
                )
            )
    return version, b"".join(parts)


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[first:last] for first, last in pairwise(marks)]


def outcome(version: int, parts: list[bytes]) -> tuple[Columns, object, object, int]:
    made = Receiver(version, OPTIONS.maximum_packet_size)
    for part in parts:
        made.receive(part)
    return made.take_messages(), made.take_control(), made.take_skipped(), made.failure is not None


@settings(max_examples=100, deadline=None)
@given(streams(), st.lists(st.integers(0, 10_000), max_size=30))
def test_any_chunking_gives_the_same_messages(stream: tuple[int, bytes], cuts: list[int]) -> None:
    version, data = stream
    whole = outcome(version, [data])
    assert outcome(version, chunks(data, cuts)) == whole
    assert outcome(version, [data[at : at + 1] for at in range(len(data))]) == whole


@settings(max_examples=100, deadline=None)
@given(streams(), st.binary(max_size=60), st.integers(0, 10_000), st.lists(st.integers(0, 10_000), max_size=8))
def test_garbage_anywhere_never_raises_and_never_invents_a_topic(
    stream: tuple[int, bytes], garbage: bytes, at: int, cuts: list[int]
) -> None:
    version, data = stream
    at %= len(data) + 1
    made = Connection(OPTIONS, version, 0)
    for part in chunks(data[:at] + garbage + data[at:], cuts):
        made.receive(part, 0)
        columns = made.take_messages()
        assert len(columns.topics) == len(columns.payloads) == len(columns.packets) == len(columns.flags)
        for topic in columns.topics:
            assert not set("+#\x00") & set(topic.decode())
        made.take_send()
    assert made.failure is None or made.failure[1]

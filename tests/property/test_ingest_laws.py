"""Laws of ingestion: nothing raises, each message is counted once, both ways of reading agree, paths can be printed."""

import json
import math
from typing import Any

import cbor2
from hypothesis import example, given
from hypothesis import strategies as st

from doubles.plant_in_engine import NOW_NS, PlantInEngine, Row, twin
from plantverse.ingest import paths
from plantverse.ingest.session_state import MessageBatch
from plantverse.twins.specs import Availability, Binding, PropertySpec, SignalSpec

TOPICS = [
    "plant/p1",
    "plant/p1/flow",
    "plant/p1/label",
    "plant/p1/on",
    "rows",
    "cbor",
    "text",
    "fast",
    "lwt",
    "bare",
    "nobody",
]


def machine() -> PlantInEngine:
    return PlantInEngine(
        twin(
            "flow",
            "a.b",
            "row",
            "bin",
            "quick",
            SignalSpec(path="whole", range=(-100, 100)),
            SignalSpec(path="count", kind="int", counter=256),
            SignalSpec(path="on", kind="bool"),
            SignalSpec(path="mode", kind="enum", codes={0: "off", 1: "on"}),
            properties=[
                PropertySpec(path="label"),
                PropertySpec(path="size", kind="int"),
                PropertySpec(path="eco", kind="bool"),
                PropertySpec(path="level", kind="enum", choices=("low", "high")),
            ],
            bindings=[
                Binding(path="row", topic="rows", key="vals[id=1].v", quality_key="vals[id=1].q"),
                Binding(path="bin", topic="cbor", codec="cbor", key="v"),
                Binding(path="count", topic="text", decimal_comma=True, words={"x": 1}),
                Binding(path="quick", topic="fast", key="value"),
                Binding(path="whole", topic="bare", key=""),
                Binding(path="flow", topic="cbor", key="w", priority=1),
                Binding(path="flow", topic="plant/p1", key="flow"),
            ],
            availability=Availability(topic="lwt", key="state"),
        )
    )


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["21,5", "nan", "ON", "", "007", "2026-03-29T02:30:00", "1e400", "9" * 400, -1, 2**1100, 1e308])
)
names = st.sampled_from(
    [
        "flow",
        "a",
        "b",
        "count",
        "on",
        "mode",
        "label",
        "size",
        "eco",
        "level",
        "vals",
        "id",
        "v",
        "q",
        "ts",
        "value",
        "w",
        "state",
    ]
) | st.text(max_size=5)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)
bodies = (
    st.binary(max_size=60)
    | st.binary(max_size=60).map(lambda b: b"\xd9\xd9\xf7" + b)
    | st.binary(max_size=60).map(lambda b: b"\x1f\x8b" + b)
    | documents.map(lambda d: json.dumps(d).encode())
    | documents.map(lambda d: json.dumps(d, ensure_ascii=True).encode("utf-16"))
    | documents.map(cbor2.dumps)
    | documents.map(lambda d: str(d).encode(errors="replace"))
)


@given(st.lists(st.tuples(st.sampled_from(TOPICS), bodies, st.integers(0, 7)), max_size=12))
@example([("cbor", b"\xc2\x59\x10\x00" + b"\xff" * 4096, 0)])
@example([("plant/p1", b'{"flow": ' + b"9" * 4301 + b"}", 0)])
@example([("fast", b'{"value": 1.5}', 0), ("fast", b'{"value": 1e999}', 0), ("fast", b'{"value": 1, "value": "x"}', 0)])
@example([("plant/p1/label", b"\xed\xa0\x80", 0), ("plant/p1/label", rb'"\udc00"', 0)])
def test_no_bytes_whatever_raise_and_every_message_is_counted_once(messages: list[tuple[str, bytes, int]]) -> None:
    p = machine()
    p.engine.feed(
        MessageBatch(
            1,
            NOW_NS,
            [t.encode() for t, _, _ in messages],
            [b for _, b, _ in messages],
            [0] * len(messages),
            [f for _, _, f in messages],
        )
    )
    rows = p.rows()
    received, accepted, rejected = p.engine.counts()
    assert received == len(messages) == accepted + sum(rejected.values())
    assert rejected.get("failed", 0) == 0
    assert all(math.isfinite(r.value) or r.quality != "good" for r in rows)
    assert all(r.observed_ns > 0 for r in rows)
    for topic, body, _ in messages:
        p.engine.explain(topic, body)
    json.dumps(
        [p.engine.topics(), p.engine.dead_letters(99), dict(p.reported())], allow_nan=False, ensure_ascii=False
    ).encode()


@given(
    st.lists(
        st.fixed_dictionaries(
            {"value": st.floats(allow_nan=False) | st.integers(-(2**60), 2**60)},
            optional={
                "ts": st.integers(1, 2**62) | st.floats(1e9, 2e18) | st.none() | st.just("2025-11-25T23:59:00Z"),
                "time": st.integers(1, 2**62),
                "more": scalars.filter(lambda v: v == v and not isinstance(v, str)),
            },
        ),
        min_size=1,
        max_size=8,
    )
)
@example([{"value": 0.0}, {"value": 0.0, "ts": 9_000_000_000_000}, {"value": 0.0, "ts": 99_999_999_999}])
def test_the_fast_way_reads_what_the_general_way_reads(messages: list[dict[str, Any]]) -> None:
    fast, general = machine(), machine()
    bodies = [json.dumps(m).encode() for m in messages]
    quick = fast.send("fast", *bodies)
    slow = [row for body in bodies for row in read_anew(general, "fast", body)]
    assert [(r.signal, repr(r.value), r.quality, r.flags) for r in quick] == [
        (r.signal, repr(r.value), r.quality, r.flags) for r in slow
    ]
    # The fast way reads an epoch as a double, which holds a quarter of a microsecond.
    assert all(abs(a.observed_ns - b.observed_ns) <= 1_000 for a, b in zip(quick, slow, strict=True))
    assert fast.engine.counts() == general.engine.counts()


def read_anew(p: PlantInEngine, topic: str, body: bytes) -> list[Row]:
    """Read a message by a route that has learned nothing yet."""
    p.engine.compile()
    return p.send(topic, body)


steps = st.lists(
    st.text(min_size=1, max_size=6)
    | st.integers(0, 99)
    | st.builds(
        paths.Where,
        st.text(st.characters(exclude_characters="=[]"), min_size=1, max_size=4),
        st.text(st.characters(exclude_characters="[]"), max_size=4),
    ),
    max_size=5,
).map(tuple)


@given(steps)
def test_a_path_parses_to_the_steps_that_it_was_made_of(given_steps: tuple[paths.Step, ...]) -> None:
    assert paths.parse(paths.text_of(given_steps)) == given_steps


@given(steps, documents)
def test_a_path_into_any_document_finds_something_or_nothing(
    given_steps: tuple[paths.Step, ...], document: Any
) -> None:
    found = paths.compile_path(given_steps)(document)
    assert found is paths.MISSING or not given_steps or isinstance(document, (dict, list))


@given(st.lists(scalars, min_size=2, max_size=8))
def test_bare_values_are_read_the_same_the_first_time_and_later(values: list[Any]) -> None:
    fast, general = machine(), machine()
    bodies = [json.dumps(v).encode() for v in values]
    quick = fast.send("bare", *bodies)
    slow = [row for body in bodies for row in read_anew(general, "bare", body)]
    assert [repr(r) for r in quick] == [repr(r) for r in slow]
    assert fast.engine.counts() == general.engine.counts()

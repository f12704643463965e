"""Synthetic data at the door: a real twin takes none of it, whichever mark it bears, fast way or slow."""

import json
from dataclasses import replace
from typing import Any

import pytest

from doubles.plant_in_engine import PlantInEngine, plant, twin
from plantverse.ingest.mqtt import SYNTHETIC
from plantverse.ingest.session_state import MessageBatch
from plantverse.twins.specs import Availability, Binding, PropertySpec, Synthetic

TOPIC = "plant/p1"


def synthetic_twin(*signals: str, name: str = "g", topic: str = "plantverse/synthetic/g") -> Any:
    return replace(twin(*signals, name=name, topic=topic), synthetic=Synthetic(generator="gen"))


def marked(p: PlantInEngine, topic: str, *payloads: str, flags: int = SYNTHETIC) -> list[Any]:
    n = len(payloads)
    batch = MessageBatch(
        1, p.clock.time_ns(), [topic.encode()] * n, [t.encode() for t in payloads], [0] * n, [flags] * n, marked=True
    )
    p.engine.feed(batch)
    return p.rows()


@pytest.mark.parametrize("mark", [True, 1, "gen v3", {"generator": "gen"}, [1], 0, ""])
@pytest.mark.parametrize("warm", [0, 3])
def test_a_member_in_the_payload_keeps_a_real_twin_clean(mark: object, warm: int) -> None:
    p = plant("flow")
    for _ in range(warm):
        assert len(p.send(TOPIC, '{"ts": 1764115200, "flow": 1.5}')) == 1
    assert p.send(TOPIC, json.dumps({"ts": 1764115200, "flow": 9.5, "synthetic": mark})) == []
    assert p.engine.stats.rejected["synthetic"] == 1
    (letter,) = p.engine.dead_letters(10)
    assert (letter["topic"], letter["cause"]) == (TOPIC, "synthetic")
    assert "p1" in letter["reason"]
    assert "plantverse/synthetic/" in letter["hint"]
    assert [r.value for r in p.send(TOPIC, '{"ts": 1764115201, "flow": 2.5}')] == [2.5]


@pytest.mark.parametrize("word", ["false", "null"])
def test_a_member_that_says_no_is_none_and_does_not_open_the_door_for_the_next(word: str) -> None:
    p = plant("flow")
    for _ in range(4):
        assert len(p.send(TOPIC, f'{{"flow": 1.5, "synthetic": {word}}}')) == 1
    assert p.send(TOPIC, '{"flow": 9.5, "synthetic": true}') == []
    assert len(p.send(TOPIC, '{"flow": 1.5}')) == 1
    assert p.send(TOPIC, '{"flow": 9.5, "synthetic": true}') == []


def test_many_unknown_members_do_not_hide_the_mark() -> None:
    p = plant("flow")
    members = {f"m{n}": n for n in range(40)}
    for _ in range(4):
        assert len(p.send(TOPIC, json.dumps({"flow": 1.5, **members}))) == 1
    route = p.engine._routes[TOPIC.encode()]
    assert route.fast is not None
    assert p.send(TOPIC, json.dumps({"flow": 9.5, **members, "synthetic": "gen"})) == []
    assert len(p.send(TOPIC, json.dumps({"flow": 1.5, **members}))) == 1


@pytest.mark.parametrize(
    ("given", "payload"),
    [
        ({"bindings": [Binding(path="flow", topic="x", key="")]}, '{"synthetic": 1, "value": 2}'),
        (
            {"bindings": [Binding(path="flow", topic="x", key="v[id=7].val")]},
            '{"synthetic": 1, "v": [{"id": 7, "val": 2}]}',
        ),
        ({"bindings": [Binding(path="flow", topic="x", key="a.b")]}, '{"a": {"b": 2}, "synthetic": "x"}'),
        ({"bindings": [Binding(path="flow", topic="x")]}, '[{"flow": 1}, {"flow": 2, "synthetic": true}]'),
        ({"bindings": [Binding(path="flow", topic="x")]}, '\ufeff{"flow": 1, "synthetic": true}'),
        ({"properties": [PropertySpec(path="mode", kind="str")], "topic": "x"}, '{"mode": "auto", "synthetic": true}'),
        ({"availability": Availability(topic="x", key="state"), "topic": "y"}, '{"state": "online", "synthetic": 1}'),
    ],
)  # fmt: skip
def test_every_shape_of_payload_is_refused_whole(given: dict[str, Any], payload: str) -> None:
    p = plant("flow", **given)
    assert p.send("x", payload) == []
    assert (p.engine.stats.rejected["synthetic"], p.engine.stats.accepted) == (1, 0)
    assert p.reported() == {}
    assert p.presence == []


def test_a_compressed_mark_and_a_cbor_mark_are_seen() -> None:
    import gzip

    import cbor2

    p = plant("flow")
    assert p.send(TOPIC, gzip.compress(b'{"flow": 1, "synthetic": "gen"}')) == []
    assert p.send(TOPIC, b"\xd9\xd9\xf7" + cbor2.dumps({"flow": 1, "synthetic": "gen"})) == []
    assert p.engine.stats.rejected["synthetic"] == 2


def test_a_user_property_marks_what_no_payload_can_say() -> None:
    p = PlantInEngine(twin("flow", bindings=[Binding(path="flow", topic="bare")]), synthetic_twin("flow"))
    assert [r.value for r in p.send("bare", "3.5", "4.5")] == [3.5, 4.5]
    assert marked(p, "bare", "9.5") == []
    assert p.engine.stats.rejected["synthetic"] == 1
    assert [r.value for r in marked(p, "plantverse/synthetic/g", '{"flow": 5.5}')] == [5.5]
    mixed = MessageBatch(1, 0, [b"bare"] * 3, [b"1", b"2", b"3"], [7, 8, 9], [0, SYNTHETIC, 0], marked=True)
    p.engine.feed(mixed)
    assert [r.value for r in p.rows()] == [1.0, 3.0]
    assert p.engine.stats.received == 7
    assert p.engine.stats.received == p.engine.stats.accepted + sum(p.engine.stats.rejected.values())


def test_a_synthetic_twin_takes_marked_and_plain_messages_and_the_fast_way() -> None:
    p = PlantInEngine(synthetic_twin("flow"))
    payload = '{"ts": 1764115200, "flow": 1.5, "synthetic": "gen v3"}'
    for _ in range(3):
        assert len(p.send("plantverse/synthetic/g", payload, '{"flow": 2.5}')) == 2
    assert p.engine._routes[b"plantverse/synthetic/g"].fast is not None
    assert p.engine.stats.rejected.total() == 0


def test_a_topic_that_a_real_twin_reads_as_well_refuses_for_both() -> None:
    p = PlantInEngine(twin("flow"), synthetic_twin("flow", topic=TOPIC))
    assert len(p.send(TOPIC, '{"flow": 1.5}')) == 2
    assert p.send(TOPIC, '{"flow": 1.5, "synthetic": true}') == []


def test_no_twin_is_suggested_for_a_marked_message_outside_the_reserved_topics() -> None:
    p = plant("flow")
    p.send("shop/oven", '{"temp": 181.5, "synthetic": "gen"}')
    marked(p, "shop/scale", '{"kg": 1.5}')
    p.send("plantverse/synthetic/x", '{"temp": 181.5, "synthetic": "gen"}')
    p.send("shop/real", '{"note": "synthetic oil", "temp": 20}')
    assert sorted(t["topic"] for t in p.engine.topics()) == ["plantverse/synthetic/x", "shop/real"]
    assert p.engine.stats.rejected["unmapped"] == 4


def test_explain_says_why() -> None:
    p = plant("flow")
    (result,) = p.engine.explain(TOPIC, b'{"flow": 1, "synthetic": "gen"}')["result"]
    assert result["cause"] == "synthetic"

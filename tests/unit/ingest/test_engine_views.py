"""What people see of ingestion: dead letters, unknown topics, explanations, counters."""

import json

import pytest

from doubles.plant_in_engine import NOW_NS, PlantInEngine, plant, twin
from plantverse.ingest.dead_letters import shown
from plantverse.ingest.engine import IngestOptions
from plantverse.twins.specs import Availability, Binding, PropertySpec, SignalSpec


def test_dead_letters_are_bounded_and_one_noisy_topic_does_not_push_out_the_others() -> None:
    p = PlantInEngine(
        *(twin("flow", name=f"p{n}", topic=f"plant/p{n}") for n in range(6)), options=IngestOptions(dead_letters=5)
    )
    for n in range(6):
        p.send(f"plant/p{n}", *["{}"] * 100)
    assert [topic for topic, _ in p.letters()] == [f"plant/p{n}" for n in (5, 4, 3, 2, 1)]
    assert p.engine.counts() == (600, 0, {"no_value": 600})
    p.clock.advance(2)
    p.send("plant/p5", "{}")
    assert p.letters()[:2] == [("plant/p5", "no_value")] * 2
    assert len(p.engine.dead_letters(2)) == 2
    assert p.engine.dead_letters(0) == []


def test_a_letter_says_when_where_why_and_what_to_do() -> None:
    p = plant("flow")
    p.send("plant/p1", '{"flow": "broken"}')
    (letter,) = p.engine.dead_letters(9)
    assert letter == {
        "at_us": NOW_NS / 1e3,
        "topic": "plant/p1",
        "cause": "type_changed",
        "reason": "flow: type changed",
        "hint": "a number was expected, 'broken' came; map it as a property if it is a text",
        "payload": '{"flow": "broken"}',
    }


def test_a_shown_payload_is_cut_between_characters() -> None:
    assert shown("ü".encode() * 10, limit=5) == "üü..."
    assert shown(b"a\x00b") == "61 00 62"
    assert shown(bytes(range(128, 256)), limit=40) == "80 81 82 83 84 85 86 87 88 89..."


def test_unknown_topics_are_bounded_with_first_last_and_count() -> None:
    p = PlantInEngine(options=IngestOptions(unknown_topics=2))
    p.send("a", "1")
    p.clock.advance(5)
    p.send("b", "2")
    p.send("a", "3")
    p.send("c", "4")
    seen = {t["topic"]: (t["first_us"], t["last_us"], t["count"], t["sample"]) for t in p.engine.topics()}
    begin, later = NOW_NS / 1e3, NOW_NS / 1e3 + 5e6
    assert seen == {"a": (begin, later, 2, "3"), "b": (later, later, 1, "2")}
    assert p.engine.counts() == (4, 0, {"unmapped": 4})
    assert (p.engine.fresh(), p.engine.fresh()) == (["a", "b"], [])


def test_a_suggestion_names_signals_keys_and_kinds() -> None:
    p = PlantInEngine()
    p.send(
        "shop/oven 7", '{"ts": 1764115140, "temp": 181.5, "on": true, "mode": "auto", "m": {"rpm": "12"}, "l": [1, 2]}'
    )
    suggestion = p.engine.suggestion("shop/oven 7")
    assert suggestion is not None
    assert suggestion["twin"] == "shop/oven-7"
    assert [(s["path"], s["key"], s["kind"]) for s in suggestion["signals"]] == [
        ("temp", "temp", "float"),
        ("on", "on", "bool"),
        ("mode", "mode", "str"),
        ("m.rpm", "m.rpm", "float"),
        ("l_0", "l[0]", "float"),
        ("l_1", "l[1]", "float"),
    ]
    assert p.engine.suggestion("never/seen") is None


@pytest.mark.parametrize("payload", ['{"a": NaN, "b": 1e999}', "nan", "9" * 500, b"\xff\xfe\xfd", r'{"\ud800": 1}'])
def test_whatever_came_can_be_shown_as_json(payload: str | bytes) -> None:
    p = plant("flow")
    p.send("x", payload)
    p.send("plant/p1", payload)
    body = payload if isinstance(payload, bytes) else payload.encode()
    for view in (
        p.engine.topics(),
        p.engine.dead_letters(9),
        p.engine.explain("x", body),
        p.engine.explain("plant/p1", body),
    ):
        assert json.dumps(view, allow_nan=False, ensure_ascii=False).encode()


def test_a_topic_that_gets_a_twin_is_read_again_and_counted_once() -> None:
    p = PlantInEngine()
    p.send("plant/new", '{"level": 2.5, "name": "T1"}')
    kept = p.engine.keep(["plant/new", "never/seen"])
    p.registry.add(twin("level", properties=[PropertySpec(path="name")], topic="plant/new"))
    p.engine.compile()
    p.engine.read_again("plant/new", kept["plant/new"])
    p.engine.read_again("never/seen", b"1")
    assert [(r.signal, r.value) for r in p.rows()] == [("level", 2.5)]
    assert p.reported() == {"name": "T1"}
    received, accepted, rejected = p.engine.counts()
    assert (received, accepted, sum(rejected.values())) == (1, 1, 0)
    assert p.engine.is_known("plant/new")


def explained() -> PlantInEngine:
    return plant(
        SignalSpec(path="flow", unit="m3/h", range=(0.0, 10.0)),
        properties=[PropertySpec(path="serial")],
        bindings=[
            Binding(path="flow", topic="x", key="f", unit="l/min", quality_key="q"),
            Binding(path="serial", topic="x"),
        ],
        availability=Availability(topic="lwt"),
    )


def test_an_explanation_says_what_a_message_would_do_and_does_nothing() -> None:
    p = explained()
    answer = p.engine.explain("x", b'{"ts": 1764115140, "f": 100, "q": 0, "serial": "A1", "extra": 1}')
    assert [(b["signal"], b["key"], b["unit"]) for b in answer["bindings"]] == [
        ("p1:flow", "f", "l/min"),
        ("p1:serial", "serial", ""),
    ]
    flow, serial, extra = answer["result"]
    assert flow == {
        "signal": "p1:flow",
        "value": pytest.approx(6.0),
        "unit": "m3/h",
        "quality": "bad: device",
        "observed_us": 1764115140 * 1e6,
    }
    assert (serial["value"], extra["cause"]) == ("A1", "unknown_member")
    assert (p.rows(), p.engine.counts(), p.reported()) == ([], (0, 0, {}), {})


@pytest.mark.parametrize(
    ("topic", "payload", "cause"),
    [
        ("x", b'{"f": "21,5"}', "decimal_comma"),
        ("x", b"{", "malformed"),
        ("x", b"{}", "no_value"),
        ("elsewhere", b"1", "unmapped"),
    ],
)
def test_an_explanation_gives_cause_reason_and_hint(topic: str, payload: bytes, cause: str) -> None:
    result = explained().engine.explain(topic, payload)["result"]
    assert [r["cause"] for r in result] == [cause]
    assert result[0]["reason"]
    assert result[0]["hint"]


def test_an_explanation_without_payload_shows_the_bindings_alone() -> None:
    assert explained().engine.explain("x", b"")["result"] == []
    assert explained().engine.explain("lwt", b"online")["result"] == [{"twin": "p1", "online": True}]


def test_every_message_is_counted_once() -> None:
    p = explained()
    p.send("x", '{"f": 1}', '{"f": 2}', "{", '{"f": "a"}', '{"f": null, "serial": "B"}')
    p.send("lwt", "online", "hm")
    p.send("unknown", "1")
    received, accepted, rejected = p.engine.counts()
    assert (received, accepted) == (8, 4)
    assert rejected == {"malformed": 1, "type_changed": 1, "unknown_word": 1, "unmapped": 1}
    assert p.engine.stats.values == 2


def test_a_fault_of_ours_costs_one_message_and_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(PlantInEngine):
        def _present(self, twin: str, *, online: bool, now_ns: int) -> None:
            raise LookupError("gone")

    p = Faulty(twin("flow", availability=Availability(topic="lwt")))
    p.send("lwt", "online", "online")
    assert [r.value for r in p.send("plant/p1", '{"flow": 1.5}')] == [1.5]
    assert p.engine.counts() == (3, 1, {"failed": 2})
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "LookupError: gone" in p.engine.dead_letters(1)[0]["reason"]

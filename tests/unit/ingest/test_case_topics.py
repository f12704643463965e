"""Which message feeds what: rows 14, 16, 24-26 and 29-31 of what plants really send."""

import gzip
import json
import zlib

import cbor2
import pytest

from doubles.plant_in_engine import NOW_NS, PlantInEngine, plant, twin
from plantverse.ingest.counters import step
from plantverse.ingest.mqtt import DUP, RETAIN
from plantverse.twins.specs import Availability, Binding, SignalSpec, TwinSpec


def databus(*tags: str) -> TwinSpec:
    """A twin fed by a Siemens Industrial Edge databus: `vals[id=101].val` with its own time and quality."""
    return twin(
        *(f"t{tag}" for tag in tags),
        bindings=[
            Binding(path=f"t{tag}", topic="ie/d/j", key=f"vals[id={tag}].val", quality_key=f"vals[id={tag}].qc")
            for tag in tags
        ],
    )


def test_elements_are_found_by_their_id_with_their_own_time_and_quality() -> None:
    p = PlantInEngine(databus("101", "102"))
    values = [
        {"id": "101", "qc": 3, "ts": "2025-11-25T23:59:00Z", "val": 1.5},
        {"id": 102, "qc": 0, "ts": "2025-11-25T23:58:00Z", "val": 2.5},
        {"id": "999", "qc": 3, "val": 9},
        {"id": "101", "qc": 3, "ts": "2025-11-25T23:59:30Z", "val": 1.75},
        "nonsense",
    ]
    rows = p.send("ie/d/j", json.dumps({"seq": 7, "vals": values}))
    assert [(r.signal, r.value, r.quality, (NOW_NS - r.observed_ns) // 10**9) for r in rows] == [
        ("t101", 1.5, "good", 60),
        ("t102", 2.5, "bad: device", 120),
        ("t101", 1.75, "good", 30),
    ]
    assert p.engine.stats.notes["unknown_id"] == 2
    assert p.engine.stats.notes["unknown_member"] == 1  # seq


def test_an_array_of_named_elements_may_be_the_payload_itself() -> None:
    bindings = [Binding(path="a", topic="x", key="[n=a].v"), Binding(path="b", topic="x", key="[n=b].v")]
    p = plant("a", "b", bindings=bindings, topic="")
    rows = p.send("x", '[{"n": "b", "v": 2.5}, {"n": "a", "v": 1.5}]')
    assert [(r.signal, r.value) for r in rows] == [("b", 2.5), ("a", 1.5)]


def test_an_array_of_messages_is_read_one_by_one() -> None:
    p = plant("flow")
    rows = p.send("plant/p1", '[{"ts": 1764115140, "flow": 1.5}, 7, {"ts": 1764115150, "flow": null}]')
    assert [(r.quality, NOW_NS - r.observed_ns) for r in rows] == [
        ("good", 60 * 10**9),
        ("uncertain: no_reading", 50 * 10**9),
    ]
    assert p.engine.counts() == (1, 1, {})


def test_each_topic_is_read_its_own_way_and_unmapped_ones_are_counted_and_offered() -> None:
    p = PlantInEngine(
        twin("flow"),
        twin("raw", name="p2", topic="", bindings=[Binding(path="raw", topic="plant/bin", codec="cbor", key="v")]),
    )
    assert [r.value for r in p.send("plant/p1", '{"flow": 1.5}')] == [1.5]
    assert [r.value for r in p.send("plant/bin", cbor2.dumps({"v": 2.5}))] == [2.5]
    p.send("plant/other", '{"temp": 21.5}', b"\x00\x01\xff")
    assert p.engine.counts() == (4, 2, {"unmapped": 2})
    (unknown,) = p.engine.topics()
    assert (unknown["topic"], unknown["count"], unknown["sample"]) == ("plant/other", 2, "00 01 ff")


def test_a_twins_topic_carries_objects_and_bare_values_below_it() -> None:
    p = plant("flow", "motor.temp")
    rows = [
        *p.send("plant/p1", '{"flow": 1.5, "motor": {"temp": 2.5}}'),
        *p.send("plant/p1/motor/temp", "3.5"),
        *p.send("plant/p1/flow", '{"value": 4.5, "ts": 1764115140}'),
    ]
    assert [(r.signal, r.value) for r in rows] == [
        ("flow", 1.5),
        ("motor.temp", 2.5),
        ("motor.temp", 3.5),
        ("flow", 4.5),
    ]
    assert set(p.engine.filters()) == {"plant/p1", "plant/p1/flow", "plant/p1/motor/temp"}


def test_a_binding_replaces_the_twins_topic_for_its_own_path() -> None:
    p = plant("flow", "temp", bindings=[Binding(path="flow", topic="plc/7")])
    assert [r.signal for r in p.send("plant/p1", '{"flow": 1.5, "temp": 2.5}')] == ["temp"]
    assert [(r.signal, r.value) for r in p.send("plc/7", "3.5")] == [("flow", 3.5)]


def test_raw_values_are_scaled_and_converted() -> None:
    p = plant(
        SignalSpec(path="flow", unit="m3/h"),
        bindings=[Binding(path="flow", topic="x", key="raw", unit="l/min", scale=0.1, offset=-5)],
        topic="",
    )
    rows = p.send("x", '{"raw": 1050.0}', '{"raw": 1050}')
    assert [r.value for r in rows] == [pytest.approx(6.0), pytest.approx(6.0)]


def test_a_change_of_the_plant_is_hot() -> None:
    p = plant("flow")
    p.send("plant/new", "1.5")
    p.registry.add(twin("level", name="p2", topic="plant", bindings=[Binding(path="level", topic="plant/new")]))
    p.engine.compile()
    assert p.engine.topics() == []
    assert [r.signal for r in p.send("plant/new", "2.5")] == ["level"]
    p.registry.remove("p2")
    p.engine.compile()
    assert p.send("plant/new", "3.5") == []
    assert p.engine.counts() == (3, 1, {"unmapped": 2})


@pytest.mark.parametrize(
    "binding",
    [
        Binding(path="flow", topic="x", key="a..b"),
        Binding(path="flow", topic="x", encoding="klingon"),
        Binding(path="flow", topic="x", zone="Mars/Olympus"),
        Binding(path="flow", topic="x", quality_key="q", quality_codes={"1": "fine"}),
        Binding(path="flow", topic="x", unit="bar"),
    ],
)
def test_a_wrong_binding_is_left_out_and_told_once(binding: Binding) -> None:
    p = plant(SignalSpec(path="flow", unit="m3/h"), "temp", bindings=[binding])
    p.engine.compile()
    assert p.send("x", "1.5") == []
    assert [r.signal for r in p.send("plant/p1", '{"temp": 2.5}')] == ["temp"]
    (problem,) = p.engine.problems
    (event,), _, _ = p.events.read(0, 10)
    assert (event.kind, event.body["level"], "p1: flow" in problem, problem in event.body["message"]) == (
        "system",
        "warning",
        True,
        True,
    )


def test_bindings_of_one_topic_must_agree_how_it_is_read() -> None:
    a, b = Binding(path="a", topic="x", codec="json"), Binding(path="b", topic="x", codec="scalar")
    (problem,) = plant("a", "b", bindings=[a, b]).engine.problems
    assert problem.startswith("topic x: codec")


def test_a_wrong_availability_costs_nothing_else() -> None:
    p = plant("flow", availability=Availability(topic="lwt", key="a..b"))
    assert [r.value for r in p.send("plant/p1", '{"flow": 1.5}')] == [1.5]
    assert p.engine.problems[0].startswith("p1: availability")


@pytest.mark.parametrize(
    ("word", "online"),
    [("Offline", False), ("Online", True), ("1", True), ("0", False), ("", False), ("true", True), ("perhaps", None)],
)
def test_a_last_will_tells_whether_the_device_is_there(word: str, online: bool | None) -> None:
    p = plant("flow", availability=Availability(topic="tele/p1/LWT"))
    assert p.send("tele/p1/LWT", word) == []
    assert p.presence == ([] if online is None else [("p1", online)])
    assert p.engine.counts() == ((1, 1, {}) if online is not None else (1, 0, {"unknown_word": 1}))
    assert "tele/p1/LWT" in p.engine.filters()


def test_a_last_will_may_have_its_own_words_a_key_and_share_a_topic_with_signals() -> None:
    there = Availability(topic="plant/p1", key="link.state", online=("UP",), offline=("DOWN",))
    p = plant("flow", availability=there)
    rows = p.send("plant/p1", '{"flow": 1.5, "link": {"state": "down"}}', '{"flow": 2.5}', '{"link": {"state": "up"}}')
    assert [r.value for r in rows] == [1.5, 2.5]
    assert p.presence == [("p1", False), ("p1", True)]
    assert p.engine.stats.accepted == 3


def test_hours_of_buffered_samples_keep_their_times() -> None:
    p = plant("flow")
    start = NOW_NS // 10**9 - 4 * 3600
    rows = p.send("plant/p1", *(f'{{"ts": {start + 60 * n}, "flow": {n}}}' for n in range(240)))
    assert [r.observed_ns for r in rows] == [(start + 60 * n) * 10**9 for n in range(240)]
    assert {r.quality for r in rows} == {"good"}


def counter() -> PlantInEngine:
    return plant(SignalSpec(path="n", kind="int", counter=65536))


def test_a_counter_that_rolls_over_is_no_reset() -> None:
    p = counter()
    assert [r.value for r in p.send("plant/p1/n", "65534", "65535", "2", "2")] == [65534, 65535, 2, 2]
    assert p.events.position == 0


def test_a_counter_that_begins_again_is_an_event() -> None:
    p = counter()
    p.send("plant/p1/n", "40000", "12")
    (event,), _, _ = p.events.read(0, 10)
    assert (event.kind, event.twin, event.body) == ("counter_reset", "p1", {"signal": "p1:n", "from": 40000, "to": 12})


def test_late_and_repeated_readings_of_a_counter_are_no_reset() -> None:
    p = counter()
    p.send("plant/p1/n", '{"ts": 1764115140, "value": 40000}', '{"ts": 1764115130, "value": 30000}')
    for flags in (RETAIN, DUP):
        p.send("plant/p1/n", "20", flags=flags)
    p.send("plant/p1/n", '{"ts": 1764115150, "value": 40010}')
    assert p.events.position == 0


@pytest.mark.parametrize(
    ("before", "after", "counted", "reset"),
    [(10, 10, 0, False), (10, 15, 5, False), (250, 5, 11, False), (250, 0, 6, False), (100, 3, 3, True)],
)
def test_what_a_counter_counted(before: float, after: float, counted: float, reset: bool) -> None:
    assert step(before, after, 256) == (counted, reset)


def test_names_of_every_kind_are_topics_keys_and_slugs() -> None:
    topic = "Halle 2/Füller:1/Druck"
    p = plant("p", bindings=[Binding(path="p", topic=topic, key="Druck [bar]".replace("[", r"\[").replace("]", r"\]"))])
    assert [r.value for r in p.send(topic, '{"Druck [bar]": 4.5}')] == [4.5]
    other = PlantInEngine()
    other.send(topic, "4.5")
    suggested = other.engine.suggestion(topic)
    assert suggested is not None
    assert suggested["twin"] == "Halle-2/Fueller-1/Druck"


def pair(first: int = 0, second: int = 1) -> PlantInEngine:
    signal = SignalSpec(path="flow", max_age_s=10.0)
    bindings = [Binding(path="flow", topic="gw/a", priority=first), Binding(path="flow", topic="gw/b", priority=second)]
    return plant(signal, bindings=bindings, topic="")


@pytest.mark.parametrize(("priorities", "better"), [((0, 1), "a"), ((5, 2), "b"), ((0, 0), "a")])
def test_of_two_sources_the_better_one_counts_and_the_other_stands_by(priorities: tuple[int, int], better: str) -> None:
    p, worse = pair(*priorities), {"a": "b", "b": "a"}[better]
    for _ in range(5):
        assert [r.value for r in p.send(f"gw/{better}", "1.5")] == [1.5]
        assert p.send(f"gw/{worse}", "9.5") == []
        p.clock.advance(8)
    assert p.engine.stats.rejected == {"standby_source": 5}


def test_the_other_source_takes_over_when_the_better_one_is_silent_and_steps_back() -> None:
    p = pair()
    p.send("gw/a", "1.5")
    p.clock.advance(10.5)
    assert [r.value for r in p.send("gw/b", "2.5")] == [2.5]
    assert [r.value for r in p.send("gw/a", "3.5")] == [3.5]
    assert p.send("gw/b", "4.5") == []


def test_a_change_of_the_plant_makes_no_source_step_forward() -> None:
    p = pair()
    p.send("gw/a", "1.5")
    p.registry.add(twin("level", name="p2", topic="plant/p2"))
    p.engine.compile()
    assert p.send("gw/b", "9.5") == []


def test_a_retained_message_of_a_dead_source_does_not_hold_the_other_back() -> None:
    p = pair()
    assert len(p.send("gw/a", "1.5", flags=RETAIN)) == 1
    assert [r.value for r in p.send("gw/b", "2.5")] == [2.5]


JSON = '{"flow": 1.5, "ort": "Füllhöhe"}'


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + JSON.encode(),
        JSON.encode("utf-16"),
        gzip.compress(JSON.encode()),
        zlib.compress(JSON.encode()),
        b"\xd9\xd9\xf7" + cbor2.dumps({"flow": 1.5}),
    ],
    ids=["bom", "utf-16", "gzip", "zlib", "cbor"],
)
def test_encodings_that_say_what_they_are_are_detected(body: bytes) -> None:
    assert [r.value for r in plant("flow").send("plant/p1", body)] == [1.5]


def test_other_encodings_must_be_declared() -> None:
    body = JSON.encode("latin-1")
    declared = plant("flow", bindings=[Binding(path="flow", encoding="latin-1")])
    assert [r.value for r in declared.send("plant/p1", body)] == [1.5]
    p = plant("flow")
    assert p.send("plant/p1", body) == []
    letter = p.engine.dead_letters(1)[0]
    assert (letter["cause"], "latin-1" in letter["hint"]) == ("encoding", True)


@pytest.mark.parametrize(
    ("binding", "body", "cause"),
    [
        (Binding(path="flow"), gzip.compress(JSON.encode())[:-9], "compression"),
        (Binding(path="flow", compression="gzip"), JSON.encode(), "compression"),
        (Binding(path="flow", compression="none"), gzip.compress(JSON.encode()), "encoding"),
        (Binding(path="flow", codec="cbor"), b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", "malformed"),
        (Binding(path="flow"), gzip.compress(b" " * 20_000_000), "too_large"),
        (Binding(path="flow"), b"[" * 200_000, "nesting"),
        (Binding(path="flow"), b'{"flow": ' + b"1" * 5_000 + b"}", "malformed"),
        (Binding(path="flow"), b'{"flow": ' + b"1" * 400 + b"}", "out_of_float_range"),
        (Binding(path="flow"), b"[" + b"{}," * 100_001 + b"{}]", "too_large"),
        (Binding(path="flow"), b'{"flow": 1', "malformed"),
        (Binding(path="flow"), b'{"fluss": 1}', "no_value"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(binding: Binding, body: bytes, cause: str) -> None:
    p = plant("flow", bindings=[binding])
    p.send("plant/p1", body)
    assert p.engine.counts() == (1, 0, {cause: 1})
    (letter,) = p.engine.dead_letters(9)
    assert (letter["topic"], letter["cause"], len(letter["payload"]) <= 520) == ("plant/p1", cause, True)

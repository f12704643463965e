"""What a value may look like: rows 1-4, 11-13, 15, 17, 18 and 28 of what plants really send."""

import math
from typing import Any

import pytest

from doubles.plant_in_engine import plant
from plantverse.twins.samples import Flag
from plantverse.twins.specs import Binding, PropertySpec, SignalSpec

BOOL = SignalSpec(path="valve", kind="bool")
MODE = SignalSpec(path="mode", kind="enum", codes={0: "off", 1: "heating", 2: "cooling"})


def test_nan_in_an_object_costs_only_its_own_signal() -> None:
    p = plant("flow", "pressure")
    flow, pressure = sorted(p.send("plant/p1", '{"flow": NaN, "pressure": 4.2}'))
    assert (flow.signal, flow.quality) == ("flow", "bad: not_a_number")
    assert math.isnan(flow.value)
    assert Flag.VALUELESS in flow.flags
    assert (pressure.signal, pressure.value, pressure.quality) == ("pressure", 4.2, "good")
    assert p.engine.stats.rejected_values == {"not_a_number": 1}
    assert (p.engine.stats.accepted, p.letters()) == (1, [("plant/p1", "not_a_number")])


@pytest.mark.parametrize("word", ["Infinity", "-Infinity", '"nan"', '"INF"', "1e999"])
def test_infinity_is_no_number_either(word: str) -> None:
    p = plant("flow")
    (row,) = p.send("plant/p1", f'{{"flow": {word}}}')
    assert row.quality == "bad: not_a_number"
    assert p.engine.counts() == (1, 0, {"not_a_number": 1})


@pytest.mark.parametrize(
    ("payload", "signal", "value", "quality"),
    [
        ("12.7", "flow", 12.7, "good"),
        (" 12.7\n", "flow", 12.7, "good"),
        ("+3", "flow", 3.0, "good"),
        ("nan", "flow", None, "bad: not_a_number"),
        ("true", "valve", 1.0, "good"),
        ("ON", "valve", 1.0, "good"),
        ("closed", "valve", 0.0, "good"),
        ("", "flow", None, "uncertain: no_reading"),
        ("null", "flow", None, "uncertain: no_reading"),
    ],
)
def test_a_bare_value_is_read(payload: str, signal: str, value: float | None, quality: str) -> None:
    p = plant("flow", BOOL)
    (row,) = p.send(f"plant/p1/{signal}", payload)
    assert (row.signal, row.quality) == (signal, quality)
    assert math.isnan(row.value) if value is None else row.value == value


def test_a_decimal_comma_is_read_only_where_it_is_declared() -> None:
    declared = plant("t", bindings=[Binding(path="t", topic="x", decimal_comma=True)])
    assert [r.value for r in declared.send("x", "21,5", '"-0,25"', "22.5")] == [21.5, -0.25, 22.5]
    p = plant("t")
    (row,) = p.send("plant/p1/t", "21,5")
    assert math.isnan(row.value)
    letter = p.engine.dead_letters(1)[0]
    assert (letter["cause"], letter["payload"]) == ("decimal_comma", "21,5")
    assert "decimal_comma = true" in letter["hint"]


def test_thousands_are_not_guessed() -> None:
    p = plant("t", bindings=[Binding(path="t", topic="x", decimal_comma=True)])
    (row,) = p.send("x", "1.234,5")
    assert (math.isnan(row.value), p.letters()) == (True, [("x", "type_changed")])


def test_numbers_as_texts_are_coerced_and_counted_but_texts_stay_texts() -> None:
    p = plant("flow", properties=[PropertySpec(path="serial")])
    (row,) = p.send("plant/p1", '{"flow": "12.7", "serial": "007"}')
    assert (row.value, row.quality) == (12.7, "good")
    assert p.engine.stats.notes["coerced"] == 1
    assert p.reported() == {"serial": "007"}


@pytest.mark.parametrize("payload", ["007", '"007"', "12.70", "1e5", "NaN", "0x1F", "yes"])
def test_a_bare_text_stays_as_it_is_written(payload: str) -> None:
    p = plant(properties=[PropertySpec(path="serial")])
    p.send("plant/p1/serial", payload)
    assert p.reported() == {"serial": payload.strip('"')}


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("int", "7.0", 7),
        ("int", "7.5", None),
        ("int", "99999999999999999999", None),
        ("float", "7", 7.0),
        ("float", "1" * 40, float("1" * 40)),
        ("bool", '"off"', False),
        ("enum", '"ECO"', "eco"),
        ("enum", '"turbo"', None),
        ("str", "{}", None),
        ("str", f'"{"x" * 20_000}"', None),
        ("str", r'"\ud800"', None),
    ],
)
def test_a_property_has_its_kind_or_is_refused(kind: Any, raw: str, expected: object) -> None:
    p = plant(properties=[PropertySpec(path="a", kind=kind, choices=("eco", "full"))])
    p.send("plant/p1", f'{{"a": {raw}}}')
    assert p.reported().get("a") == expected
    assert p.engine.stats.accepted == (expected is not None)
    assert type(p.reported().get("a")) is type(expected)


def test_a_number_property_is_converted() -> None:
    p = plant(
        properties=[PropertySpec(path="limit", kind="float", unit="°C")],
        bindings=[Binding(path="limit", topic="x", unit="°F")],
    )
    p.send("x", "212")
    assert p.reported()["limit"] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("raw", "code"),
    [('"OFF"', 0), ('"Open"', 1), ("1", 1), ("0.0", 0), ('"true"', 1), ("false", 0), ('"1"', 1), ("2", None)],
)
def test_a_bool_understands_common_words(raw: str, code: int | None) -> None:
    p = plant(BOOL)
    (row,) = p.send("plant/p1", f'{{"valve": {raw}}}')
    if code is None:
        assert (row.quality, p.letters()) == ("uncertain: unknown_code", [("plant/p1", "unknown_word")])
    else:
        assert (row.value, row.quality) == (code, "good")


def test_an_enum_takes_declared_labels_codes_and_the_bindings_own_words() -> None:
    p = plant(MODE, bindings=[Binding(path="mode", words={"Heizen": 1, "3": 2})])
    rows = p.send("plant/p1", *(f'{{"mode": {raw}}}' for raw in ('"HEATING"', '"heizen"', "2", "3", '"auto"')))
    assert [r.value for r in rows[:4]] == [1, 1, 2, 2]
    assert rows[4].quality == "uncertain: unknown_code"
    assert "auto" in p.engine.dead_letters(1)[0]["hint"]


def test_null_and_empty_text_are_no_reading_and_never_zero() -> None:
    p = plant("flow", "temp", properties=[PropertySpec(path="action")])
    flow, temp = sorted(p.send("plant/p1", '{"flow": null, "temp": 21.0, "action": ""}'))
    assert (flow.quality, Flag.VALUELESS in flow.flags) == ("uncertain: no_reading", True)
    assert (temp.value, temp.quality) == (21.0, "good")
    assert p.reported() == {"action": ""}
    assert p.engine.stats.accepted == 1


def test_nested_members_and_array_elements_are_reached_by_path() -> None:
    p = plant(
        "motor.speed",
        "front",
        "rear",
        bindings=[Binding(path="front", key="motor.temps[0]"), Binding(path="rear", key="motor.temps[1]")],
    )
    rows = p.send("plant/p1", '{"motor": {"temps": [61.2, 60.8], "speed": 1480}}')
    assert {r.signal: r.value for r in rows} == {"front": 61.2, "rear": 60.8, "motor.speed": 1480}
    assert [r.value for r in p.send("plant/p1", '{"motor.speed": 1470.5}', '{"motor": {"temps": [1.5]}}')] == [
        1470.5,
        1.5,
    ]


def test_a_partial_update_touches_only_what_came() -> None:
    p = plant(
        "power",
        "volts",
        bindings=[
            Binding(path="power", topic="shelly/events/rpc", key="params.switch:0.apower"),
            Binding(path="volts", topic="shelly/events/rpc", key="params.switch:0.voltage"),
        ],
    )
    (row,) = p.send("shelly/events/rpc", '{"method":"NotifyStatus","params":{"switch:0":{"apower":12.1}}}')
    assert (row.signal, row.value) == ("power", 12.1)
    assert p.letters() == []


def test_an_unknown_member_is_counted_once_per_topic_also_when_it_comes_later() -> None:
    p = plant("flow", bindings=[Binding(path="flow", topic="x", key="flow")], topic="")
    plain, with_more = '{"flow": 1.5}', '{"flow": 2.5, "fooo": {"a": [1]}}'
    rows = p.send("x", plain, plain, with_more, with_more, plain)
    assert [r.value for r in rows] == [1.5, 1.5, 2.5, 2.5, 1.5]
    assert p.engine.stats.notes["unknown_member"] == 1
    assert p.engine.counts() == (5, 5, {})


def test_ever_new_members_stay_bounded_and_cost_no_value() -> None:
    p = plant("flow", bindings=[Binding(path="flow", topic="x", key="flow")], topic="")
    rows = p.send("x", *(f'{{"flow": {n}.5, "m{n}": 1}}' for n in range(300)))
    assert [r.value for r in rows] == [n + 0.5 for n in range(300)]
    assert 0 < p.engine.stats.notes["unknown_member"] <= 100


def test_a_signal_that_changes_its_type_is_rejected_and_comes_back() -> None:
    p = plant("flow")
    rows = p.send("plant/p1", '{"flow": 3.5}', '{"flow": "broken"}', '{"flow": [1]}', '{"flow": 4.5}')
    assert [r.quality for r in rows] == ["good", "uncertain: type_changed", "uncertain: type_changed", "good"]
    assert [r.value for r in rows if r.quality == "good"] == [3.5, 4.5]
    assert p.engine.counts() == (4, 2, {"type_changed": 2})


@pytest.mark.parametrize(
    ("key", "raw", "quality"),
    [
        ("q", "true", "good"),
        ("q", "false", "bad: device"),
        ("q", "192", "good"),
        ("q", "64", "uncertain: device"),
        ("q", "24", "bad: device"),
        ("q", '"Good"', "good"),
        ("q", "[]", "uncertain: unknown_code"),
        ("qc", "3", "good"),
        ("qc", "1", "uncertain: device"),
        ("StatusCode", "0", "good"),
        ("StatusCode", "2150891520", "bad: device"),
        ("StatusCode", '{"Code": 1083441152, "Symbol": "UncertainLastUsableValue"}', "uncertain: device"),
        ("StatusCode", '"BadSensorFailure"', "bad: device"),
    ],
)
def test_a_vendors_quality_is_understood(key: str, raw: str, quality: str) -> None:
    p = plant("v", bindings=[Binding(path="v", topic="x", key="v", quality_key=key)])
    (row,) = p.send("x", f'{{"v": 3.1, "{key}": {raw}}}')
    assert (row.value, row.quality) == (3.1, quality)


def test_declared_quality_codes_win_and_others_are_uncertain() -> None:
    codes = {"192": "bad", "OK": "Good"}
    p = plant("v", bindings=[Binding(path="v", topic="x", key="v", quality_key="q", quality_codes=codes)])
    rows = p.send("x", *(f'{{"v": 3.1, "q": {raw}}}' for raw in ("192", '"ok"', "7", "1" * 300)))
    assert [r.quality for r in rows] == ["bad: device", "good", "uncertain: unknown_code", "uncertain: unknown_code"]


def test_a_value_outside_its_range_is_kept_uncertain() -> None:
    p = plant(SignalSpec(path="flow", range=(0.0, 100.0)))
    rows = p.send("plant/p1", '{"flow": -0.1}', '{"flow": 100.0}', '{"flow": 250}')
    assert [(r.value, r.quality) for r in rows] == [
        (-0.1, "uncertain: out_of_range"),
        (100.0, "good"),
        (250.0, "uncertain: out_of_range"),
    ]


def test_large_integers_stay_exact_and_a_float_that_cannot_hold_them_says_so() -> None:
    p = plant(SignalSpec(path="total", kind="int"), "level")
    total, level = p.send("plant/p1", '{"total": 9007199254740993}', '{"level": 9007199254740993}')
    assert (total.quality, Flag.EXACT in total.flags) == ("good", True)
    assert level.quality == "uncertain: precision_lost"
    (half,) = p.send("plant/p1", '{"total": 7.5}')
    assert (half.value, half.quality) == (8.0, "uncertain: precision_lost")


def test_a_scaled_integer_is_rounded_also_when_it_comes_often() -> None:
    p = plant(SignalSpec(path="n", kind="int"), bindings=[Binding(path="n", topic="x", key="", scale=0.1)], topic="")
    rows = p.send("x", "7", "7", "20", "20.0")
    assert [(r.value, r.quality) for r in rows[:2]] == [(1.0, "uncertain: precision_lost")] * 2
    assert [(r.value, r.quality) for r in rows[2:]] == [(2.0, "good")] * 2

"""What a twin looks like by its newest values."""

import pytest
from msgspec.structs import replace

from plantverse.notebook.looks import OLD, STEEL, Known, Look, blended, look
from plantverse.twins.sync.messages import GeometryInfo, SignalInfo, TwinInfo, VisualInfo

PUMP = TwinInfo(
    id="p1",
    type="Pump",
    signals=[
        SignalInfo(slot=7, path="flow", kind="float", max_age_s=10),
        SignalInfo(slot=8, path="running", kind="bool"),
    ],
    geometry=GeometryInfo(color="#102030"),
    visuals=[VisualInfo(kind="color", slot=7, stops=[(0, "#000000"), (100, "#ff0000")])],
)


def known(value: float | None, quality: str = "good", observed_s: float = 100.0) -> Known:
    return Known(value=value, quality=quality, observed_s=observed_s)


@pytest.mark.parametrize(
    ("value", "color"),
    [(-5, "#000000"), (0, "#000000"), (10, "#1a0000"), (50, "#800000"), (100, "#ff0000"), (1e9, "#ff0000")],
)
def test_colour_by_value(value, color):
    assert look(PUMP, {"flow": known(value)}, 100.0) == Look(color=color)


def test_three_stops_meet_at_the_middle_one():
    stops = [(0, "#000000"), (1, "#00ff00"), (3, "#ffffff")]
    assert [blended(stops, v) for v in (0.5, 1, 2, 3)] == ["#008000", "#00ff00", "#80ff80", "#ffffff"]


@pytest.mark.parametrize("quality", ["uncertain: stale", "uncertain: disconnected", "bad: device", "bad"])
def test_a_drawn_value_that_cannot_be_trusted_makes_it_grey(quality):
    assert look(PUMP, {"flow": known(50, quality)}, 100.0) == Look(color=OLD, old=True)
    assert look(PUMP, {"running": known(1)}, 100.0).old, "the flow is not known at all"


def test_a_value_that_is_not_good_but_present_keeps_its_colour():
    assert look(PUMP, {"flow": known(50, "uncertain: out_of_range")}, 100.0) == Look(color="#800000")


def test_silence_becomes_grey_after_the_age_that_the_type_allows():
    values = {"flow": known(50, observed_s=100.0)}
    assert not look(PUMP, values, 110.0).old
    assert look(PUMP, values, 110.1).old


def test_without_rules_it_is_old_only_when_everything_is():
    plain = TwinInfo(id="p1", type="Pump", signals=PUMP.signals)
    assert look(plain, {"running": known(1)}, 100.0) == Look(color=STEEL)
    assert look(plain, {"running": known(1, "bad: device")}, 100.0).old
    assert not look(TwinInfo(id="x", type="Wall"), {}, 100.0).old


def test_signals_that_nothing_feeds_grey_nothing():
    flow, running = (replace(signal, bound=False) for signal in PUMP.signals)
    assert look(replace(PUMP, signals=[flow, PUMP.signals[1]]), {"running": known(1)}, 100.0) == Look(color="#102030")
    assert look(replace(PUMP, signals=[flow, running]), {}, 100.0) == Look(color="#102030")
    assert look(replace(PUMP, signals=[flow, PUMP.signals[1]]), {}, 100.0).old, "the other one is not known"


def test_visible_while_not_zero():
    shown = TwinInfo(id="p", type="P", signals=PUMP.signals, visuals=[VisualInfo(kind="visible", slot=8)])
    assert look(shown, {"running": known(1)}, 100.0).visible
    assert not look(shown, {"running": known(0)}, 100.0).visible


def test_a_value_that_is_none_keeps_the_colour_of_the_type():
    assert look(PUMP, {"flow": known(None)}, 100.0).color == "#102030"

"""Which signals have a source, so that a value may come."""

import pytest

from plantverse.twins.detectors import equipped, outputs
from plantverse.twins.specs import Binding, DerivedSpec, DetectorSpec, SignalSpec, TwinSpec, TwinType

POWER = SignalSpec(path="power", derived=True)
RATIO = SignalSpec(path="ratio", derived=True)
PUMP = TwinType(
    name="Pump",
    signals=(SignalSpec(path="flow"), SignalSpec(path="motor.speed"), POWER, RATIO),
    derived=(
        DerivedSpec(signal=POWER, inputs=("flow", "motor.speed"), compute=lambda c: c.flow),
        DerivedSpec(signal=RATIO, inputs=("power",), compute=lambda c: c.power),
    ),
)
FLOW = Binding(path="flow", topic="plc/flow")
SPEED = Binding(path="motor.speed", topic="plc/speed")


@pytest.mark.parametrize(
    ("given", "bound"),
    [
        ({}, set()),
        ({"topic": "plant/p1"}, {"flow", "motor.speed", "power", "ratio"}),
        ({"bindings": (FLOW,)}, {"flow"}),
        ({"bindings": (FLOW, SPEED)}, {"flow", "motor.speed", "power", "ratio"}),
        ({"bindings": (FLOW,), "extra": (SignalSpec(path="level"),)}, {"flow"}),
        ({"own": True}, {"flow", "motor.speed", "power", "ratio"}),
        ({"command_topic": "plant/p1/cmd", "desired_topic": "plant/p1/want"}, set()),
    ],
)
def test_a_signal_is_bound_by_a_topic_a_binding_or_what_it_is_computed_from(given, bound):
    assert TwinSpec(id="p1", type=PUMP, **given).bound() == bound


def test_what_a_detector_writes_is_bound_whatever_else_the_twin_reads():
    signals = outputs(DetectorSpec(twin="p1", model="m"), ["p1:flow"], 10.0)
    assert equipped(TwinSpec(id="p1", type=PUMP), signals).bound() == {"anomaly.score", "anomaly.blamed"}

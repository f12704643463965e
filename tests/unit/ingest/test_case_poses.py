"""A pose that is none: the last one stays, its quality says why, and nothing but numbers reaches viewers."""

import numpy as np
import pytest

from doubles.plant_in_engine import PlantInEngine, plant
from plantverse.twins import quality as q
from plantverse.twins.revision import Revision
from plantverse.twins.specs import Binding, PropertySpec, SignalSpec
from plantverse.twins.sync.frames import decode_frame
from plantverse.twins.sync.publisher import SyncPublisher
from plantverse.twins.telemetry import TelemetryPlane


class Viewed:
    """A plane fed by an engine, as viewers see it."""

    def __init__(self, engine: PlantInEngine) -> None:
        revision = Revision()
        self.engine = engine
        self.plane = TelemetryPlane(engine.registry, revision)
        self.publisher = SyncPublisher(
            registry=engine.registry,
            telemetry=self.plane,
            state=engine.state,
            events=engine.events,
            revision=revision,
            clock=engine.clock,
            origin="o",
            epoch=1,
            plant="p",
        )

    def send(self, topic: str, payload: str) -> tuple[list[float], list[str]]:
        """Feed one message, and return the values and qualities of a snapshot made after it."""
        self.engine.clock.advance(1.0)
        self.engine.feed(topic, payload)
        rows = self.engine.engine.drain()
        if rows is not None:
            self.plane.ensure()
            self.plane.commit(rows, self.engine.clock.time_ns())
        frame, _ = self.publisher.latest(self.publisher.group("*"), 0)
        found = decode_frame(frame)
        return found.value.tolist(), [q.describe(int(c)) for c in found.quality]


BAD = "bad: not_a_number"


@pytest.mark.parametrize(
    ("given", "quality"),
    [
        ("NaN", BAD),
        ("Infinity", BAD),
        ("-Infinity", BAD),
        ("1e999", BAD),
        ("-1e999", BAD),
        ("1" * 400, BAD),
        ('"nan"', BAD),
        ('"-inf"', BAD),
        ("null", "uncertain: no_reading"),
        ('""', "uncertain: no_reading"),
        ('"north"', "uncertain: type_changed"),
        ("[]", "uncertain: type_changed"),
        ('{"x": 1}', "uncertain: type_changed"),
        ("true", "uncertain: type_changed"),
    ],
)
def test_the_last_pose_stays_and_its_quality_says_that_it_is_not_the_present_one(given: str, quality: str) -> None:
    viewed = Viewed(plant("x", "arm.angle"))
    assert viewed.send("plant/p1", '{"x": 4.5, "arm.angle": 30}') == ([4.5, 30.0], ["good", "good"])
    assert viewed.send("plant/p1", f'{{"x": {given}, "arm.angle": 31}}') == ([4.5, 31.0], [quality, "good"])
    assert viewed.send("plant/p1/arm/angle", given)[0] == [4.5, 31.0], "as a bare value too"
    assert viewed.send("plant/p1", '{"x": 5, "arm.angle": 32}') == ([5.0, 32.0], ["good", "good"])


@pytest.mark.parametrize("kind", ["float", "int"])
@pytest.mark.parametrize("given", ["1e308", "-1e308", "1" + "0" * 307])
@pytest.mark.parametrize("form", ['{{"x": {}}}', "{}"])
def test_a_number_that_is_infinite_once_it_is_scaled_is_none(form: str, given: str, kind: str) -> None:
    axis = SignalSpec(path="x", kind=kind, unit="m")  # type: ignore[arg-type]
    viewed = Viewed(plant(axis, bindings=[Binding(path="x", topic="t", unit="km", scale=1e3)]))
    assert viewed.send("t", form.format(2)) == ([2e6], ["good"])
    assert viewed.send("t", form.format(given)) == ([2e6], [BAD])
    assert viewed.engine.letters() == [("t", "out_of_float_range")]
    assert viewed.send("t", form.format(3)) == ([3e6], ["good"]), "the topic is read on"


def test_an_enormous_scale_never_makes_infinity_of_what_the_quick_way_reads() -> None:
    viewed = Viewed(plant("x", bindings=[Binding(path="x", topic="t", scale=1e300)]))
    for given in ("1.5", "2.5", "9e15", "9e15"):
        values, _ = viewed.send("t", f'{{"x": {given}}}')
        assert np.isfinite(values).all()


@pytest.mark.parametrize("given", ["1e308", "-1e308"])
def test_a_property_is_never_infinite_either(given: str) -> None:
    p = plant(properties=[PropertySpec(path="limit", kind="float")], bindings=[Binding(path="limit", scale=1e3)])
    p.send("plant/p1", '{"limit": 2}')
    p.send("plant/p1", f'{{"limit": {given}}}')
    assert p.reported() == {"limit": 2000.0}
    assert p.letters() == [("plant/p1", "out_of_float_range")]

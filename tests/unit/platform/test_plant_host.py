"""The plant as it stands: hot changes touch what differs, a faulty file changes nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from doubles.plant_state import PlantState
from plantverse.errors import Conflict, NotFound
from plantverse.platform.geometry import GeometryShelf
from plantverse.platform.plant_host import PlantHost, require_twin
from plantverse.twins.interop.plant_toml import read_plant
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import Binding, Placement

PLANT = """\
[plant]
name = "demo"

# pumps
[[twin]]
id = "hall/p1"
topic = "plant/p1"
[twin.signals.flow]
unit = "m3/h"

[[twin]]
id = "hall/p2"
topic = "plant/p2"
[twin.signals.flow]
unit = "m3/h"

[[map]]
topic = "meters/{name}"
twin = "meters/{name}"
"""


class Hosted:
    def __init__(self, path: Path) -> None:
        self.plant = PlantState()
        self.path = path
        self.host = PlantHost(
            registry=self.plant.registry,
            telemetry=self.plant.telemetry,
            state=self.plant.state,
            events=self.plant.events,
            clock=self.plant.clock,
            path=path,
            shelf=GeometryShelf(path.parent / "geometry", self.plant.clock),
        )
        self.changes = 0
        self.host.on_change.append(self._changed)
        self.host.load(read_plant(path))

    def _changed(self) -> None:
        self.changes += 1

    def rewrite(self, text: str) -> None:
        import os

        before = self.path.stat().st_mtime_ns
        self.path.write_text(text)
        os.utime(self.path, ns=(before + 10**9, before + 10**9))

    def events(self) -> list[tuple[str, str]]:
        found, _, _ = self.plant.events.read(0, 100)
        return [(e.twin, e.body.get("change", e.kind)) for e in found]


@pytest.fixture
def hosted(tmp_path: Path) -> Hosted:
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return Hosted(path)


def test_the_first_load_registers_every_twin_and_tells_once(hosted: Hosted) -> None:
    assert [e.spec.id for e in hosted.plant.registry] == ["hall/p1", "hall/p2"]
    assert hosted.changes == 1
    assert hosted.events() == []


def test_an_unchanged_file_is_not_read_again(hosted: Hosted) -> None:
    assert hosted.host.reload_if_changed() is None
    assert hosted.changes == 1


def test_a_reload_touches_only_what_differs(hosted: Hosted) -> None:
    kept = hosted.plant.registry.get("hall/p1").revision
    hosted.rewrite(PLANT.replace('id = "hall/p2"', 'id = "hall/p3"').replace("plant/p2", "plant/p3"))
    changes = hosted.host.reload_if_changed()
    assert changes is not None
    assert changes.removed == ("hall/p2",)
    assert hosted.plant.registry.get("hall/p1").revision == kept
    assert hosted.events() == [("hall/p3", "added"), ("hall/p2", "removed")]


def test_signals_lose_and_find_their_source_as_the_file_says(hosted: Hosted) -> None:
    def bound() -> dict[str, bool]:
        info = hosted.plant.publisher.info(hosted.plant.registry.get("hall/p2"))
        return {signal.path: signal.bound for signal in info.signals}

    assert bound() == {"flow": True}
    hosted.rewrite(PLANT.replace('topic = "plant/p2"\n', ""))
    hosted.host.reload_if_changed()
    assert bound() == {"flow": False}
    twin = hosted.plant.registry.get("hall/p2").spec
    hosted.host.bind(replace(twin, bindings=(Binding(path="flow", topic="plc/7/ft01"),)))
    assert bound() == {"flow": True}


def test_a_faulty_file_leaves_the_plant_running_and_says_so_once(hosted: Hosted) -> None:
    hosted.rewrite(PLANT.replace("m3/h", "bananas"))
    assert hosted.host.reload_if_changed() is None
    assert "bananas" in hosted.host.problem
    assert len(hosted.plant.registry) == 2
    assert hosted.host.reload_if_changed() is None
    assert hosted.events() == [("", "system")]
    hosted.rewrite(PLANT + "\n# fine again\n")
    hosted.host.reload_if_changed()
    assert hosted.host.problem == ""


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ('[[twin.visual]]\nkind = "spin"\nsignal = "speed"\n', "visual spin"),
        ("[twin.limits]\nspeed = { h = 3 }\n", "limits.speed"),
        ('[twin.bind]\nspeed = "plc/speed"\n', "bind.speed"),
    ],
)
def test_a_signal_that_rules_still_name_does_not_leave_unnoticed(hosted: Hosted, rule: str, what: str) -> None:
    twin = '\n[[twin]]\nid = "p3"\ntopic = "p3"\nsignals = {{ {} = {{}} }}\n'
    hosted.rewrite(PLANT + twin.format("speed") + rule)
    hosted.host.reload_if_changed()
    slot = hosted.plant.registry.slot("p3:speed")
    hosted.rewrite(PLANT + twin.format("velocity") + rule)
    assert hosted.host.reload_if_changed() is None
    assert all(part in hosted.host.problem for part in ("plant.toml:", f"p3: {what}", "'speed'", "there is velocity"))
    assert hosted.plant.registry.slot("p3:speed") == slot, "the plant goes on as it was"


def test_a_rename_takes_value_age_and_document_along(hosted: Hosted) -> None:
    renamed: list[tuple[str, str]] = []
    hosted.host.on_rename.append(lambda old, spec: renamed.append((old, spec.id)))
    slot = hosted.plant.registry.slot("hall/p1:flow")
    hosted.plant.telemetry.commit(SampleBatch.of(slot, 7.5, hosted.plant.clock.time_ns()), 0)
    hosted.plant.state.patch("hall/p1", {"reported": {"mode": "auto"}})
    hosted.host.rename("hall/p1", "hall/north/pump")
    now = hosted.plant.registry.slot("hall/north/pump:flow")
    assert hosted.plant.telemetry.value[now] == 7.5
    assert hosted.plant.telemetry.observed_ns[now] == hosted.plant.telemetry.observed_ns[slot]
    assert hosted.plant.state.get("hall/north/pump") == {"reported": {"mode": "auto"}}
    assert renamed == [("hall/p1", "hall/north/pump")]
    assert 'formerly = ["hall/p1"]' in hosted.path.read_text()
    assert "hall/p1" not in hosted.plant.registry


def test_a_placement_is_written_and_comments_stay(hosted: Hosted) -> None:
    hosted.host.place("hall/p1", Placement(position=(1.0, 0.0, 2.5), yaw_deg=90.0))
    assert hosted.plant.registry.get("hall/p1").spec.placement == Placement(position=(1.0, 0.0, 2.5), yaw_deg=90.0)
    assert "# pumps" in hosted.path.read_text()


def test_a_pattern_makes_twins_of_topics_and_takes_them_away_when_it_goes(hosted: Hosted) -> None:
    assert hosted.host.appear(["meters/m7", "unknown/x"]) == {"meters/m7"}
    assert "meters/m7" in hosted.plant.registry
    assert hosted.host.appear(["meters/m7"]) == {"meters/m7"}
    assert hosted.changes == 2
    hosted.rewrite(PLANT.partition("[[map]]")[0])
    hosted.host.reload_if_changed()
    assert "meters/m7" not in hosted.plant.registry


def test_a_plant_in_python_is_not_edited(hosted: Hosted) -> None:
    hosted.host.path = hosted.path.with_name("plant.py")
    with pytest.raises(Conflict, match="Python code"):
        hosted.host.place("hall/p1", None)


def test_an_unknown_twin_names_a_near_one(hosted: Hosted) -> None:
    with pytest.raises(NotFound) as caught:
        require_twin(hosted.plant.registry, "p1")
    assert caught.value.hint == "did you mean hall/p1?"

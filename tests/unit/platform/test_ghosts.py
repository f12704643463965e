"""Ghosts stand beside real twins, follow them, and what they were never becomes real: slots, documents, history."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doubles.memory_history import MemoryHistory
from plantverse._clock import ManualClock
from plantverse.errors import Conflict, NotFound, RequestInvalid
from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.audit import AuditLog, newest
from plantverse.platform.config import AlarmSettings, Settings
from plantverse.platform.core import Core
from plantverse.platform.ghosts import beside
from plantverse.platform.history.store import StoredEvent
from plantverse.platform.persistence import Persistence
from plantverse.twins.interop.plant_toml import read_plant
from plantverse.twins.samples import SampleBatch
from plantverse.twins.selectors import parse
from plantverse.twins.specs import Placement, Synthetic

ORIGIN = Synthetic(generator="pumps", version="3", condition={"fault": "leak"}, seed=7)
TYPES = """\
from plantverse import Command, Geometry, Limits, Property, Relation, Telemetry, Twin


class Pump(Twin):
    geometry = Geometry(size=(1, 2, 3))
    flow = Telemetry(unit="m3/h", limits=Limits(h=80))
    mode = Property(writable=True)
    start = Command()
    feeds = Relation()
"""
PLANT = """\
[plant]
name = "demo"
types = ["types.py"]

[[twin]]
id = "hall/p1"
type = "Pump"
topic = "plant/p1"
position = [4.0, 0.0, 2.0]
"""


class Run:
    """Planes, alarms and history of one run of a server."""

    def __init__(self, folder: Path, store: MemoryHistory) -> None:
        self.clock = ManualClock()
        self.path = folder / "plant.toml"
        self.core = core = Core.build(Settings(state_dir=folder), self.path, self.clock)
        self.store, self.keys, self.written = store, {}, list[StoredEvent]()
        self.persistence = Persistence(
            store=store, writer=self, sink=self, registry=core.registry, telemetry=core.telemetry, state=core.state,
            events=core.events, epoch=store.next_epoch(),
        )  # fmt: skip
        self.alarms = AlarmEngine(
            core.registry, core.telemetry, core.state, core.events, self.clock, AlarmSettings(deadband_percent=0)
        )
        core.host.on_change += [self.persistence.tie, self.alarms.rebuild]
        core.host.on_rename.append(self.persistence.rename)
        core.host.load(read_plant(self.path))
        self.persistence.restore_documents()

    def submit_events(self, events: list[StoredEvent]) -> None:
        self.written += events

    def submit_documents(self, documents: list[tuple[str, str, int]]) -> None:
        self.store.write_documents(documents)

    def set_keys(self, slots: list[int], keys: Any) -> None:
        self.keys |= dict(zip(slots, keys.tolist(), strict=True))

    def sample(self, signal: str, value: float) -> None:
        slot = self.core.registry.slot(signal)
        now_ns = self.clock.time_ns()
        batch = self.core.telemetry.commit(SampleBatch.of(slot, value, now_ns), now_ns)
        self.store.write(batch, np.array([self.keys[slot]], np.int64))
        self.alarms.process(batch, now_ns)

    def value(self, signal: str) -> float:
        return float(self.core.telemetry.value[self.core.registry.slot(signal)])

    def rewrite(self, text: str) -> None:
        later = self.path.stat().st_mtime_ns + 10**9
        self.path.write_text(text)
        os.utime(self.path, ns=(later, later))
        self.core.host.reload_if_changed()
        assert self.core.host.problem == ""

    def stored(self, name: str) -> list[float]:
        return list(self.store.series(name, 0, 2**62).value)


@pytest.fixture
def store() -> MemoryHistory:
    return MemoryHistory()


@pytest.fixture
def run(tmp_path: Path, store: MemoryHistory) -> Run:
    (tmp_path / "types.py").write_text(TYPES)
    (tmp_path / "plant.toml").write_text(PLANT)
    return Run(tmp_path, store)


def test_a_ghost_is_its_twin_without_a_hand_on_the_plant(run: Run) -> None:
    spec = run.core.ghosts.add("hall/p1", ORIGIN)
    assert spec == run.core.registry.get("hall/p1.ghost").spec
    assert (spec.type.name, spec.topic) == ("Pump", "plantverse/synthetic/ghost/hall/p1")
    assert spec.relations == {"ghost_of": ("hall/p1",)}
    assert spec.synthetic == ORIGIN
    assert spec.type.commands == ()
    assert not any(p.writable for p in spec.type.properties)
    assert spec.placement == Placement(position=(4.0, 0.0, 5.8))
    assert [e.spec.id for e in run.core.registry if parse("type:Pump").matches(e.spec)] == ["hall/p1", "hall/p1.ghost"]
    changed = Synthetic(generator="pumps", version="4")
    run.core.ghosts.add("hall/p1", changed)
    assert run.core.registry.get("hall/p1.ghost").spec.synthetic == changed
    assert "ghost" not in run.path.read_text()


@pytest.mark.parametrize(("yaw_deg", "place"), [(0, (0, 0, 3)), (90, (3, 0, 0)), (180, (0, 0, -3)), (-90, (-3, 0, 0))])
def test_a_ghost_stands_in_front_of_a_turned_machine(yaw_deg: float, place: tuple[float, float, float]) -> None:
    found = beside(Placement(position=(0.0, 0.0, 0.0), yaw_deg=yaw_deg), 2.2)
    assert found.position == pytest.approx(place, abs=1e-9)
    assert found.yaw_deg == yaw_deg


def test_ghosts_are_refused_where_they_make_no_sense(run: Run) -> None:
    ghosts = run.core.ghosts
    with pytest.raises(NotFound):
        ghosts.add("hall/p9", ORIGIN)
    with pytest.raises(NotFound):
        ghosts.remove("hall/p1")
    for wrong in (Synthetic(generator=""), Synthetic(generator="g", condition={"onset": float("nan")})):
        with pytest.raises(RequestInvalid):
            ghosts.add("hall/p1", wrong)
    ghosts.add("hall/p1", ORIGIN)
    with pytest.raises(Conflict):
        ghosts.add("hall/p1.ghost", ORIGIN)
    run.rewrite(PLANT + '[[twin]]\nid = "hall/p2"\ntype = "Pump"\n[[twin]]\nid = "hall/p2.ghost"\ntype = "Pump"\n')
    with pytest.raises(Conflict, match="exists already"):
        ghosts.add("hall/p2", ORIGIN)
    with pytest.raises(Conflict, match="plant file"):
        ghosts.remove("hall/p2")


def test_a_ghost_follows_its_twin_and_goes_with_it(run: Run) -> None:
    run.core.ghosts.add("hall/p1", ORIGIN)
    run.rewrite(PLANT.replace("[4.0, 0.0, 2.0]", "[9.0, 0.0, 2.0]"))
    placement = run.core.registry.get("hall/p1.ghost").spec.placement
    assert placement is not None
    assert placement.position[0] == 9.0
    run.rewrite(PLANT.replace("hall/p1", "hall/p7"))
    assert [e.spec.id for e in run.core.registry] == ["hall/p7"]


def test_a_twin_of_the_file_with_a_ghosts_id_takes_its_place_with_nothing_of_it(run: Run) -> None:
    run.core.ghosts.add("hall/p1", ORIGIN)
    run.sample("hall/p1.ghost:flow", 42.0)
    run.core.state.patch("hall/p1.ghost", {"reported": {"mode": "auto"}})
    run.rewrite(PLANT + '[[twin]]\nid = "hall/p1.ghost"\ntype = "Pump"\ntopic = "plant/p3"\n')
    assert run.core.registry.get("hall/p1.ghost").spec.synthetic is None
    assert np.isnan(run.value("hall/p1.ghost:flow"))
    assert run.core.state.get("hall/p1.ghost") == {}
    assert run.stored("hall/p1.ghost:flow") == []
    assert run.stored("synthetic!hall/p1.ghost:flow") == [42.0]
    run.rewrite(PLANT + "# and away again\n")
    assert "hall/p1.ghost" not in run.core.registry


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("new_id", ["hall/g", "hall/other"])
def test_synthetic_history_never_becomes_that_of_a_real_twin(
    run: Run, tmp_path: Path, store: MemoryHistory, restart: bool, new_id: str
) -> None:
    """By dropping the declaration, by a rename, by a former id; in one run and over a restart."""
    ghost = '[[twin]]\nid = "hall/g"\ntype = "Pump"\ntopic = "plantverse/synthetic/g"\nsynthetic = "hand"\n'
    run.rewrite(PLANT + ghost)
    run.sample("hall/g:flow", 66.0)
    run.core.state.patch("hall/g", {"reported": {"mode": "auto"}})
    run.persistence.tick()
    real = f'[[twin]]\nid = "{new_id}"\ntype = "Pump"\ntopic = "plant/g"\n'
    real += 'formerly = ["hall/g"]\n' if new_id != "hall/g" else ""
    if restart:
        (tmp_path / "plant.toml").write_text(PLANT + real)
        run = Run(tmp_path, store)
    else:
        run.rewrite(PLANT + real)
    assert run.core.registry.get(new_id).spec.synthetic is None
    assert np.isnan(run.value(f"{new_id}:flow"))
    assert run.core.state.get(new_id) == {}
    assert run.stored(f"{new_id}:flow") == []
    run.sample(f"{new_id}:flow", 1.0)
    assert run.stored(f"{new_id}:flow") == [1.0]
    assert run.stored("synthetic!hall/g:flow") == [66.0]


def test_a_synthetic_twin_keeps_its_own_past_over_a_restart_and_a_rename(
    run: Run, tmp_path: Path, store: MemoryHistory
) -> None:
    ghost = '[[twin]]\nid = "hall/g"\ntype = "Pump"\ntopic = "plantverse/synthetic/g"\nsynthetic = "hand"\n'
    run.rewrite(PLANT + ghost)
    run.sample("hall/g:flow", 66.0)
    run.core.state.patch("hall/g", {"reported": {"mode": "auto"}})
    run.persistence.tick()
    again = Run(tmp_path, store)
    assert again.value("hall/g:flow") == 66.0
    assert again.core.state.get("hall/g") == {"reported": {"mode": "auto"}}
    again.core.host.rename("hall/g", "hall/h")
    assert again.value("hall/h:flow") == 66.0
    assert again.stored("synthetic!hall/h:flow") == [66.0]


def test_real_history_does_not_go_to_a_twin_that_becomes_synthetic(run: Run) -> None:
    run.sample("hall/p1:flow", 5.0)
    run.rewrite(PLANT.replace("plant/p1", "plantverse/synthetic/p1") + 'synthetic = "hand"\n')
    assert np.isnan(run.value("hall/p1:flow"))
    assert run.stored("synthetic!hall/p1:flow") == []


def test_events_alarms_readings_and_audit_say_it(run: Run, tmp_path: Path) -> None:
    run.core.ghosts.add("hall/p1", ORIGIN)
    run.sample("hall/p1.ghost:flow", 90.0)
    run.sample("hall/p1:flow", 90.0)
    told = {a["alarm"]: a.get("synthetic") for a in run.alarms.listed()}
    assert told == {"hall/p1.ghost:flow:h": True, "hall/p1:flow:h": None}
    readings = {r["signal"]: r.get("synthetic") for r in run.core.readings.select(parse("*"))}
    assert readings == {"hall/p1.ghost:flow": True, "hall/p1:flow": None}
    run.core.ghosts.remove("hall/p1")
    run.persistence.tick()
    marked = {(e.kind, e.twin): '"synthetic":true' in e.body for e in run.written}
    assert marked == {
        ("structure", "hall/p1.ghost"): True, ("alarm", "hall/p1.ghost"): True, ("alarm", "hall/p1"): False,
    }  # fmt: skip
    audit = AuditLog(tmp_path / "audit.jsonl", run.clock, is_synthetic=run.core.registry.is_synthetic)
    audit.append(user="vera", role="operator", action="alarm.acknowledge", target="hall/p1.ghost:flow:h")
    audit.append(user="vera", role="operator", action="alarm.acknowledge", target="hall/p1:flow:h", detail={"a": 1})
    audit.close()
    assert [r["detail"] for r in newest(tmp_path / "audit.jsonl", 10)] == [{"synthetic": True}, {"a": 1}]

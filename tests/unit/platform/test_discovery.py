"""Unknown topics: boxes that can be bound, twins of patterns, gone once something reads them."""

from pathlib import Path

import pytest

from doubles.plant_state import PlantState
from plantverse.errors import RequestInvalid
from plantverse.ingest.engine import IngestEngine
from plantverse.ingest.session import MessageBatch
from plantverse.platform.discovery import SHOWN, Discovery, suggested_twin
from plantverse.platform.geometry import GeometryShelf
from plantverse.platform.plant_host import PlantHost
from plantverse.twins.interop.plant_toml import read_plant

PLANT = """\
[plant]
name = "d"
types = ["types.py"]

[[twin]]
id = "shop/known"
type = "Meter"
topic = "known"

[[map]]
topic = "meters/{name}"
twin = "meters/{name}"
type = "Meter"
"""
TYPES = "from plantverse import Telemetry, Twin\n\n\nclass Meter(Twin):\n    energy = Telemetry(unit='kWh')\n"


class Site:
    def __init__(self, folder: Path) -> None:
        (folder / "types.py").write_text(TYPES)
        path = folder / "plant.toml"
        path.write_text(PLANT)
        self.plant = plant = PlantState()
        self.engine = IngestEngine(
            plant.registry, state=plant.state, events=plant.events, clock=plant.clock, on_presence=self._presence
        )
        self.host = PlantHost(
            registry=plant.registry,
            telemetry=plant.telemetry,
            state=plant.state,
            events=plant.events,
            clock=plant.clock,
            path=path,
            shelf=GeometryShelf(path.parent / "geometry", plant.clock),
        )
        self.host.on_change.append(self.engine.compile)
        self.host.load(read_plant(path))
        self.discovery = Discovery(unknown=self.engine, host=self.host, registry=plant.registry, state=plant.state)

    def _presence(self, twin: str, *, online: bool, now_ns: int) -> None:
        raise AssertionError((twin, online, now_ns))

    def send(self, topic: str, payload: str) -> None:
        batch = MessageBatch(1, self.plant.clock.time_ns(), [topic.encode()], [payload.encode()], [0], [0])
        self.engine.feed(batch)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_unknown_topic_becomes_a_box_that_shows_its_newest_payload(site: Site) -> None:
    site.send("shop/oven 7", '{"t": 1}')
    site.discovery.tick()
    entry = site.plant.registry.get("shop/oven-7")
    assert entry.discovered
    assert entry.spec.topic == "shop/oven 7"
    site.send("shop/oven 7", '{"t": 2}')
    site.discovery.tick()
    assert site.plant.state.get("shop/oven-7") == {"reported": {"payload": '{"t": 2}'}}


def test_a_topic_spelled_like_a_twin_gets_an_id_of_its_own(site: Site) -> None:
    site.send("shop/known", "1")
    site.discovery.tick()
    assert site.plant.registry.get("shop/known-2").discovered


def test_the_first_message_of_a_pattern_is_the_first_value_of_its_twin(site: Site) -> None:
    site.send("meters/m7", '{"energy": 5}')
    site.discovery.tick()
    assert not site.plant.registry.get("meters/m7").discovered
    batch = site.engine.drain()
    assert batch is not None
    assert batch.value.tolist() == [5.0]
    received, accepted, rejected = site.engine.counts()
    assert (received, accepted, sum(rejected.values())) == (1, 1, 0)


def test_a_bound_topic_is_no_box_any_more(site: Site) -> None:
    site.send("shop/oven", '{"t": 1}')
    site.discovery.tick()
    suggestion = site.engine.suggestion("shop/oven")
    assert suggestion is not None
    site.host.bind(suggested_twin("shop/oven", suggestion, twin_id="kitchen/oven"))
    site.discovery.tick()
    assert "shop/oven" not in site.plant.registry
    assert not site.plant.registry.get("kitchen/oven").discovered
    assert site.engine.topics() == []


def test_boxes_are_bounded(site: Site) -> None:
    for number in range(SHOWN + 50):
        site.send(f"flood/{number}", "1")
    site.discovery.tick()
    assert sum(e.discovered for e in site.plant.registry) == SHOWN
    assert len(site.engine.topics()) == SHOWN + 50


@pytest.mark.parametrize("payload", ["", "hello", '{"name": "x"}', "\x00\x01"])
def test_a_topic_without_a_number_is_not_bound(site: Site, payload: str) -> None:
    site.send("texts", payload)
    suggestion = site.engine.suggestion("texts")
    assert suggestion is not None
    with pytest.raises(RequestInvalid, match="a number or a truth value"):
        suggested_twin("texts", suggestion)

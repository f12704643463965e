"""Desired properties: a wish stands until the device reports it, time is over, or it is taken back."""

import pytest

from doubles.requests import ENGINEER, OPERATOR, Desk
from plantverse.errors import BrokerUnavailable, NotAllowed, PlantverseError, RequestInvalid
from plantverse.platform.desired import DesiredService
from plantverse.twins.commands import RequestState
from plantverse.twins.specs import TwinSpec


@pytest.fixture
def desk() -> Desk:
    return Desk()


def document(desk: Desk) -> dict[str, object]:
    return desk.plant.state.get("v1")


async def test_a_wish_is_published_and_ends_when_the_device_reports_it(desk: Desk) -> None:
    ends: list[RequestState] = []
    state = await desk.desired.set(OPERATOR, "v1", {"mode": "auto"}, on_change=ends.append)
    assert state.status == "pending"
    assert desk.broker.sent == [("plant/v1/desired", {"mode": "auto"}, 30)]
    assert document(desk) == {"desired": {"mode": "auto"}}
    desk.plant.state.patch("v1", {"reported": {"mode": "auto"}})
    desk.desired.tick(desk.plant.clock.time_ns())
    assert document(desk) == {"reported": {"mode": "auto"}}
    assert [s.status for s in ends] == ["succeeded"]
    assert desk.events("desired") == ["pending", "succeeded"]


async def test_a_wish_that_nobody_fulfils_expires_and_goes(desk: Desk) -> None:
    state = await desk.desired.set(OPERATOR, "v1", {"mode": "auto"})
    desk.plant.clock.advance(31.0)
    desk.desired.tick(desk.plant.clock.time_ns())
    assert desk.desired.requests.get(state.request).status == "expired"
    assert document(desk) == {}


async def test_a_newer_wish_survives_the_end_of_an_older_one(desk: Desk) -> None:
    await desk.desired.set(OPERATOR, "v1", {"mode": "auto"})
    desk.plant.clock.advance(8.0)
    desk.live()
    desk.plant.clock.advance(8.0)
    desk.live()
    await desk.desired.set(OPERATOR, "v1", {"mode": "hand"})
    desk.plant.clock.advance(15.0)
    desk.desired.tick(desk.plant.clock.time_ns())
    assert document(desk) == {"desired": {"mode": "hand"}}


async def test_null_takes_a_wish_back(desk: Desk) -> None:
    await desk.desired.set(OPERATOR, "v1", {"mode": "auto"})
    state = await desk.desired.set(OPERATOR, "v1", {"mode": None})
    assert state.status == "succeeded"
    assert document(desk) == {}


@pytest.mark.parametrize(
    ("error", "status"), [(BrokerUnavailable("not connected"), "failed"), (NotAllowed("only watched"), "refused")]
)
async def test_a_broker_that_does_not_take_it_leaves_no_wish(desk: Desk, error: PlantverseError, status: str) -> None:
    desk.broker.refuses = error
    assert (await desk.desired.set(OPERATOR, "v1", {"mode": "auto"})).status == status
    assert document(desk) == {}


async def test_a_number_that_went_through_32_bits_is_the_same(desk: Desk) -> None:
    await desk.desired.set(ENGINEER, "v1", {"limit": 0.1})
    desk.plant.state.patch("v1", {"reported": {"limit": 0.10000000149011612}})
    desk.desired.tick(desk.plant.clock.time_ns())
    assert desk.events("desired") == ["pending", "succeeded"]


async def test_another_number_is_not(desk: Desk) -> None:
    await desk.desired.set(ENGINEER, "v1", {"limit": 0.1})
    desk.plant.state.patch("v1", {"reported": {"limit": 0.1001}})
    desk.desired.tick(desk.plant.clock.time_ns())
    assert desk.events("desired") == ["pending"]


async def test_what_waits_when_the_server_goes_down_ends_with_its_wish(desk: Desk) -> None:
    await desk.desired.set(OPERATOR, "v1", {"mode": "auto"})
    desk.desired.stop()
    assert document(desk) == {}
    assert desk.events("desired") == ["pending", "failed"]


async def test_a_wish_that_a_killed_server_left_is_taken_out(desk: Desk) -> None:
    desk.plant.state.restore("v1", {"reported": {"serial": "7"}, "desired": {"mode": "auto"}})
    DesiredService(desk.plant.registry, desk.plant.state, desk.desired.requests, desk.plant.clock).restore()
    assert document(desk) == {"reported": {"serial": "7"}}


async def test_a_wish_goes_with_a_renamed_twin(desk: Desk) -> None:
    await desk.desired.set(OPERATOR, "v1", {"mode": "auto"})
    renamed = TwinSpec(id="valve-1", type=desk.plant.registry.get("v1").spec.type, topic="plant/v1")
    desk.plant.registry.add(renamed)
    desk.plant.state.rename("v1", "valve-1")
    desk.plant.registry.remove("v1")
    desk.desired.requests.rename("v1", renamed)
    desk.plant.clock.advance(31.0)
    desk.desired.tick(desk.plant.clock.time_ns())
    assert desk.plant.state.get("valve-1") == {}


@pytest.mark.parametrize("patch", [{}, {"mode": "turbo"}, {"serial": "7"}, {"none": 1}, {"mode": 1}])
async def test_a_wrong_wish_is_refused(desk: Desk, patch: dict[str, object]) -> None:
    with pytest.raises(RequestInvalid):
        await desk.desired.set(OPERATOR, "v1", patch)
    assert document(desk) == {}
    assert desk.log.actions == ["desired.refused"]


async def test_each_property_has_its_role(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        await desk.desired.set(OPERATOR, "v1", {"limit": 5})
    assert (await desk.desired.set(ENGINEER, "v1", {"limit": 5})).status == "pending"

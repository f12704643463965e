"""Twins and the newest values of their signals."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query

from plantverse.errors import RequestInvalid
from plantverse.platform.api.caller import Caller, Engineer, Server
from plantverse.platform.api.models import (
    GhostGone,
    GhostRequest,
    Hops,
    PlacementRequest,
    RenameRequest,
    SignalList,
    TwinDetail,
    TwinList,
)
from plantverse.platform.plant_host import require_twin
from plantverse.platform.services import Services
from plantverse.twins.identity import is_twin_id, split_signal_id
from plantverse.twins.selectors import parse
from plantverse.twins.specs import Placement, Synthetic

router = APIRouter(tags=["twins"])

SelectorText = Annotated[str, Query(max_length=4_096, description="Which twins or signals; see the selector reference")]


@router.get("/twins", response_model=TwinList)
async def twins(server: Server, _: Caller, selector: SelectorText = "*") -> dict[str, Any]:
    """List twins with their structure."""
    chosen = parse(selector)
    return {"twins": [twin_structure(server, e.spec.id) for e in server.registry if chosen.matches(e.spec)]}


@router.get("/signals", response_model=SignalList, response_model_exclude_none=False)
async def signals(server: Server, _: Caller, selector: SelectorText = "*") -> dict[str, Any]:
    """Read the newest value of signals."""
    return {"signals": server.readings.select(parse(selector))}


@router.get("/hops", response_model=Hops)
async def hops(server: Server, _: Caller, signal: str) -> dict[str, Any]:
    """Say where the newest sample of a signal was when."""
    require_twin(server.registry, split_signal_id(signal)[0])
    slot = server.registry.slot(signal)
    telemetry = server.telemetry
    observed_ns, received_ns = int(telemetry.observed_ns[slot]), int(telemetry.received_ns[slot])
    entry = server.registry.at(int(server.registry.twin_index[slot]))
    path = split_signal_id(signal)[1]
    bound = next((b.topic for b in entry.spec.bindings if b.path == path and b.topic), entry.spec.topic)
    return {
        "signal": signal,
        "observed_us": observed_ns / 1e3 or None,
        "received_us": received_ns / 1e3 or None,
        "committed_us": int(telemetry.committed_ns[slot]) / 1e3 or None,
        "revision": int(telemetry.revision[slot]),
        "stamped": 0 < observed_ns != received_ns,
        "source": bound,
    }


@router.get("/twins/{twin_id:path}", response_model=TwinDetail)
async def twin(server: Server, _: Caller, twin_id: str) -> dict[str, Any]:
    """Read one twin: structure, document and values."""
    require_twin(server.registry, twin_id)
    return {
        "twin": twin_structure(server, twin_id),
        "document": server.state.get(twin_id),
        "values": server.readings.of_twin(server.registry.get(twin_id)),
    }


@router.post("/twins/{twin_id:path}/placement", response_model=TwinDetail)
async def place(server: Server, user: Engineer, twin_id: str, body: PlacementRequest) -> dict[str, Any]:
    """Write where a twin stands into the plant file."""
    require_twin(server.registry, twin_id)
    await server.note(user, "plant.place", twin_id, body.model_dump())
    server.host.place(twin_id, Placement(position=body.position, yaw_deg=body.yaw_deg))
    return await twin(server, user, twin_id)


@router.post("/twins/{twin_id:path}/rename", response_model=TwinDetail)
async def rename(server: Server, user: Engineer, twin_id: str, body: RenameRequest) -> dict[str, Any]:
    """Give a twin another id; its history stays with it."""
    require_twin(server.registry, twin_id)
    if not is_twin_id(body.id):
        raise RequestInvalid("id", expected="1-8 segments of letters, digits, _ . - with / between", got=body.id)
    await server.note(user, "plant.rename", twin_id, body.model_dump())
    server.host.rename(twin_id, body.id)
    return await twin(server, user, body.id)


@router.post("/twins/{twin_id:path}/ghost", response_model=TwinDetail)
async def add_ghost(server: Server, user: Engineer, twin_id: str, body: GhostRequest) -> dict[str, Any]:
    """Put a synthetic twin beside a real one, or say anew where its data comes from; it stands in no file."""
    require_twin(server.registry, twin_id)
    origin = Synthetic(**body.model_dump())
    await server.note(user, "ghost.add", twin_id, body.model_dump())
    return await twin(server, user, server.ghosts.add(twin_id, origin).id)


@router.delete("/twins/{twin_id:path}/ghost", response_model=GhostGone)
async def remove_ghost(server: Server, user: Engineer, twin_id: str) -> dict[str, Any]:
    """Take the ghost of a twin away; its history stays."""
    require_twin(server.registry, twin_id)
    await server.note(user, "ghost.remove", twin_id, {})
    server.ghosts.remove(twin_id)
    return {"twin": twin_id}


def twin_structure(server: Services, twin_id: str) -> dict[str, Any]:
    """Return the structure of a twin as JSON."""
    info: dict[str, Any] = msgspec.to_builtins(server.publisher.info(server.registry.get(twin_id)), str_keys=True)
    return info

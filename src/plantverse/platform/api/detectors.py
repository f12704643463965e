"""Detectors of anomalies: which watch, how they stand, and how one is bound to a twin."""

import asyncio
from typing import Any

from fastapi import APIRouter

from plantverse.errors import NotFound
from plantverse.platform.api.caller import Caller, Engineer, Server
from plantverse.platform.api.models import DetectorList, DetectorName, DetectorRequest, ModelList
from plantverse.platform.plant_host import require_twin
from plantverse.platform.services import Services
from plantverse.twins.specs import DetectorSpec

router = APIRouter(tags=["detectors"])


@router.get("/detectors", response_model=DetectorList)
async def detectors(server: Server, _: Caller) -> dict[str, Any]:
    """List the detectors of the plant with state, counts and what they blame."""
    return _listed(server)


@router.get("/models", response_model=ModelList)
async def models(server: Server, _: Caller) -> dict[str, Any]:
    """List the saved detectors that can be bound, each with its versions and signals."""
    return {"models": await asyncio.to_thread(server.detection.models)}


@router.post("/detectors/bind", response_model=DetectorList)
async def bind(server: Server, user: Engineer, body: DetectorRequest) -> dict[str, Any]:
    """Let a saved model watch: it is written into the plant file and begins at once."""
    require_twin(server.registry, body.twin)
    known = {m["model"]: m for m in await asyncio.to_thread(server.detection.models)}
    if body.model not in known or (body.version and body.version not in known[body.model]["versions"]):
        what = f"no saved model {body.model}" + (f" version {body.version}" if body.version else "")
        raise NotFound(what, hint=f"there: {', '.join(known) or 'none'}; `plantverse ai fit` makes one")
    await server.note(user, "detector.bind", f"{body.twin}:{body.name}", body.model_dump())
    server.host.watch(DetectorSpec(**body.model_dump()))
    server.detection.tick()
    return _listed(server)


@router.post("/detectors/unbind", response_model=DetectorList)
async def unbind(server: Server, user: Engineer, body: DetectorName) -> dict[str, Any]:
    """Take a detector away; what it found stays in history."""
    await server.note(user, "detector.unbind", f"{body.twin}:{body.name}", body.model_dump())
    server.host.unwatch(body.twin, body.name)
    server.detection.tick()
    return _listed(server)


def _listed(server: Services) -> dict[str, Any]:
    return {"detectors": server.detection.listed(), "worker": server.detection.worker()}

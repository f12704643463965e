"""What stands around the twins."""

from typing import Any

from fastapi import APIRouter

from plantverse.platform.api.caller import Caller, Server
from plantverse.platform.api.models import Surroundings
from plantverse.platform.surroundings import surroundings

router = APIRouter(tags=["scene"])


@router.get("/scene", response_model=Surroundings)
async def scene(server: Server, _: Caller) -> dict[str, Any]:
    """Read the hall and the floor plan; a `structure` event with change `scene` says that they changed."""
    host = server.host
    return surroundings(host.plant.spec, host.shelf, [entry.spec.id for entry in server.registry])

"""How the server is, and who is asking."""

from typing import Any

from fastapi import APIRouter

from plantverse.platform.api.caller import Caller, Server
from plantverse.platform.api.models import Health, Me
from plantverse.platform.security import is_loopback
from plantverse.platform.version import VERSION

router = APIRouter(tags=["server"])


@router.get("/health", response_model=Health)
async def health(server: Server) -> dict[str, Any]:
    """Say how the server is. Needs no token; `status` is `ok` or `degraded`, with the reason beside it."""
    received, accepted, rejected = server.ingest.counts()
    history = server.history_state()
    fine = server.status.broker == "connected" and history["state"] == "ok" and not server.host.problem
    return {
        "status": "ok" if fine else "degraded",
        "version": VERSION,
        "plant": server.host.plant.spec.name,
        "twins": len(server.registry),
        "signals": server.registry.signal_count,
        "revision": server.revision.value,
        "viewers": server.viewers(),
        "ingest": {"received": received, "accepted": accepted, "rejected": dict(rejected)},
        "broker": {
            "url": server.status.broker_url,
            "state": server.status.broker,
            "message": server.status.broker_message,
        },
        "history": dict(history),
        "plant_file": {"name": server.host.path.name if server.host.path else "", "problem": server.host.problem},
        "rate": round(server.status.rate, 1),
    }


@router.get("/me", response_model=Me)
async def me(server: Server, user: Caller) -> dict[str, Any]:
    """Say who the caller is and what they may do."""
    return {
        "user": user.name,
        "role": user.role.label,
        "local": not user.token_id,
        "loopback": is_loopback(server.settings.http.host),
    }

"""Edge nodes: what they are, what runs where and why, and what people do with them."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from plantverse.platform.api.caller import Caller, Operator, Server
from plantverse.platform.api.models import Text
from plantverse.platform.edge.messages import Fault
from plantverse.platform.edge.report import report

router = APIRouter(tags=["edge"])

Milliseconds = Annotated[float, Field(ge=0, le=60_000)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EdgeReport(_Model):
    """All nodes and groups; see docs/reference/rest.md."""

    active: bool
    policy: str
    beat_s: float
    ttl_s: float
    nodes: list[dict[str, Any]]
    server: dict[str, Any]
    groups: list[dict[str, Any]]
    twins: dict[str, str]
    decisions: list[dict[str, Any]]


class EdgeDone(_Model):
    """It is under way; `GET /edge` and the event log tell the rest."""

    done: bool


class MoveRequest(_Model):
    """Where a group has to run; "" leaves it to the policy."""

    place: str = Field(max_length=64)
    reason: Text = ""


class DrainRequest(_Model):
    """Whether a node is to be empty."""

    on: bool = True
    reason: Text = ""


class FaultRequest(_Model):
    """Something bad done to a node on purpose, or `heal`."""

    kind: Literal["kill", "squeeze", "heal"]
    delay_ms: Milliseconds = 0.0
    jitter_ms: Milliseconds = 0.0
    kbit_s: Annotated[float, Field(ge=0, le=1e7)] = 0.0
    stall_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    seconds: Annotated[float, Field(ge=0, le=3_600)] = 0.0
    reason: Text = ""


@router.get("/edge", response_model=EdgeReport)
async def edge(server: Server, _: Caller) -> dict[str, Any]:
    """Say which nodes there are, which group runs where, and why."""
    return report(server.edge)


@router.post("/edge/groups/{group:path}/move", response_model=EdgeDone)
async def move(server: Server, user: Operator, group: str, body: MoveRequest) -> dict[str, Any]:
    """Pin a group to a node or to `server`; an empty place leaves it to the policy again."""
    await server.note(user, "edge.move", group, body.model_dump())
    server.edge.scheduler.pin(group, body.place)
    return {"done": True}


@router.post("/edge/nodes/{node}/drain", response_model=EdgeDone)
async def drain(server: Server, user: Operator, node: str, body: DrainRequest) -> dict[str, Any]:
    """Empty a node and give it nothing more, or let it work again."""
    await server.note(user, "edge.drain", node, body.model_dump())
    server.edge.drain(node, on=body.on)
    return {"done": True}


@router.post("/edge/nodes/{node}/fault", response_model=EdgeDone)
async def fault(server: Server, user: Operator, node: str, body: FaultRequest) -> dict[str, Any]:
    """Kill a node or squeeze its link, where it was started to allow that."""
    await server.note(user, "edge.fault", node, body.model_dump())
    server.edge.fault(node, msgspec.convert(body.model_dump(exclude={"reason"}), Fault))
    return {"done": True}

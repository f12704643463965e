"""What people do: commands, desired properties, alarms."""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from plantverse.platform.alarm_desk import Action
from plantverse.platform.alarm_load import alarm_load
from plantverse.platform.api.caller import Caller, Server
from plantverse.platform.api.history import SpanText, TimeText
from plantverse.platform.api.models import (
    AlarmList,
    AlarmLoadAnswer,
    AlarmRequest,
    CommandRequest,
    DesiredRequest,
    Done,
    RequestAnswer,
)
from plantverse.platform.plant_host import require_twin
from plantverse.platform.times import parse_span, parse_time
from plantverse.twins.commands import RequestState

router = APIRouter(tags=["actions"])

AlarmStateName = Literal["", "unacknowledged", "acknowledged", "returned", "normal", "shelved", "suppressed"]


@router.post("/commands", status_code=202, response_model=RequestAnswer)
async def invoke(server: Server, user: Caller, body: CommandRequest) -> dict[str, Any]:
    """Give a command. The answer is its first state; its end comes by `GET /commands/{request}` or as an event."""
    require_twin(server.registry, body.twin)
    state = await server.commands.invoke(
        user, body.twin, body.command, body.args, reason=body.reason, timeout_s=body.timeout_s
    )
    return answer(state)


@router.get("/commands/{request}", response_model=RequestAnswer)
async def command(server: Server, _: Caller, request: str) -> dict[str, Any]:
    """Say where a command stands."""
    return answer(server.commands.requests.get(request))


@router.post("/desired", status_code=202, response_model=RequestAnswer)
async def set_desired(server: Server, user: Caller, body: DesiredRequest) -> dict[str, Any]:
    """Ask for property values; null takes a wish back."""
    require_twin(server.registry, body.twin)
    return answer(await server.desired.set(user, body.twin, body.patch, reason=body.reason))


@router.get("/desired/{request}", response_model=RequestAnswer)
async def desired(server: Server, _: Caller, request: str) -> dict[str, Any]:
    """Say where a request for property values stands."""
    return answer(server.desired.requests.get(request))


@router.get("/alarms", response_model=AlarmList)
async def alarms(server: Server, _: Caller, state: Annotated[AlarmStateName, Query()] = "") -> dict[str, Any]:
    """List the alarms that are not normal, shelved and suppressed ones too."""
    return {"alarms": server.alarms.listed(state)}


@router.get("/alarms/load", response_model=AlarmLoadAnswer)
async def load(server: Server, _: Caller, at: TimeText = "now", span: SpanText = "24h") -> dict[str, Any]:
    """Count alarms raised in the ten minutes before `at`, and the most in any ten minutes of the `span` before it."""
    at_ns = parse_time(at, "at", server.clock.time_ns())
    start_ns = at_ns - parse_span(span, "span")
    raised = await asyncio.to_thread(server.store.raised_ns, start_ns, at_ns + 1)
    found = alarm_load(raised, at_ns)
    return {"at_us": at_ns / 1e3, "now": found.now, "peak": found.peak, "raised": len(raised)}


@router.post("/alarms/{action}", response_model=Done)
async def act(server: Server, user: Caller, action: Annotated[Action, Path()], body: AlarmRequest) -> dict[str, Any]:
    """Acknowledge, shelve (for `duration_s`), unshelve, suppress or unsuppress an alarm."""
    await server.alarm_desk.act(user, body.alarm, action, comment=body.comment, duration_s=body.duration_s)
    return {"alarm": body.alarm, "action": action}


def answer(state: RequestState) -> dict[str, Any]:
    """Return a request's state as JSON."""
    return {
        "request": state.request,
        "twin": state.twin,
        "command": state.what,
        "args": dict(state.args),
        "user": state.user,
        "status": state.status,
        "message": state.message,
        "result": state.result,
        "asked_us": state.asked_ns / 1e3,
        "expires_us": state.expires_ns / 1e3,
        "ended_us": state.ended_ns / 1e3 or None,
    }

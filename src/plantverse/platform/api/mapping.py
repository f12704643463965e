"""What ingestion could not use, and how an unknown topic becomes a twin."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from plantverse.errors import NotFound, RequestInvalid
from plantverse.platform.api.caller import Caller, Engineer, Server
from plantverse.platform.api.models import BindAnswer, BindRequest, DeadLetters, Explanation, TopicList
from plantverse.platform.api.twins import twin_structure
from plantverse.platform.discovery import suggested_twin
from plantverse.twins.identity import is_twin_id

router = APIRouter(tags=["mapping"])


@router.get("/dead-letters", response_model=DeadLetters)
async def dead_letters(server: Server, _: Caller, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> dict[str, Any]:
    """Read the newest messages that could not be used, each with the reason and a hint."""
    return {"dead_letters": list(server.ingest.dead_letters(limit)), "counts": dict(server.ingest.counts()[2])}


@router.get("/topics", response_model=TopicList)
async def topics(server: Server, _: Caller) -> dict[str, Any]:
    """List topics that nothing reads, each with a suggestion for a twin."""
    return {"topics": list(server.ingest.topics())}


@router.post("/mapping/bind", response_model=BindAnswer)
async def bind(server: Server, user: Engineer, body: BindRequest) -> dict[str, Any]:
    """Make a twin of an unknown topic and write it into the plant file; it lives at once."""
    suggestion = server.ingest.suggestion(body.topic)
    if suggestion is None:
        raise NotFound(f"no unknown topic {body.topic}", hint="GET /api/v1/topics lists them")
    if body.twin and not is_twin_id(body.twin):
        raise RequestInvalid("twin", expected="1-8 segments of letters, digits, _ . - with / between", got=body.twin)
    spec = suggested_twin(body.topic, suggestion, twin_id=body.twin, name=body.name)
    await server.note(user, "plant.bind", spec.id, {"topic": body.topic})
    server.host.undiscover([e.spec.id for e in server.registry if e.discovered and e.spec.topic == body.topic])
    server.host.bind(spec)
    return {"twin": twin_structure(server, spec.id)}


@router.get("/mapping/explain", response_model=Explanation)
async def explain(
    server: Server,
    _: Caller,
    topic: Annotated[str, Query(min_length=1, max_length=65_535)],
    payload: Annotated[str, Query(max_length=65_536)] = "",
) -> dict[str, Any]:
    """Say what a message would do, without doing it."""
    return dict(server.ingest.explain(topic, payload.encode()))

"""All routes of the REST interface."""

from fastapi import APIRouter

from plantverse.platform.api import actions, detectors, edge, history, mapping, pairing, scene, status, twins
from plantverse.platform.api.errors import RESPONSES

PREFIX = "/api/v1"


def api_router() -> APIRouter:
    """Return the routes under `/api/v1`."""
    router = APIRouter(prefix=PREFIX, responses=RESPONSES)
    for part in (status, pairing, scene, history, actions, mapping, detectors, edge, twins):
        router.include_router(part.router)
    return router

"""Every error as the same JSON: `{"code", "message", "hint"}`, with the fitting HTTP status."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from plantverse.errors import PlantverseError, Unauthenticated

_log = logging.getLogger(__name__)

STATUS = {
    "unauthenticated": 401,
    "not_allowed": 403,
    "not_found": 404,
    "conflict": 409,
    "request_invalid": 422,
    "selector_invalid": 422,
    "plant_invalid": 422,
    "unit_mismatch": 422,
    "payload_invalid": 422,
    "config_invalid": 422,
    "history_unavailable": 503,
    "broker_unavailable": 503,
    "audit_unavailable": 503,
    "viewer_bundle_missing": 503,
}
"""HTTP status by error code (RFC 9110, section 15)."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/json": {"example": {"code": code, "message": message, "hint": hint}}},
    }
    for status, text, code, message, hint in (
        (401, "Token missing or wrong", "unauthenticated", "a token is needed", "an admin makes one"),
        (403, "Role too low", "not_allowed", "command p1:start: vera is viewer, needs operator", ""),
        (404, "No such thing", "not_found", "no twin hall/pump-9", "did you mean hall/pump-1?"),
        (422, "A wrong argument", "request_invalid", "start: expected ISO 8601, -10m or now, got 'x'", ""),
    )
}


def error_response(error: PlantverseError) -> JSONResponse:
    """Return the answer for an error."""
    headers = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(round(error.retry_after_s + 0.5))
    body = {"code": error.code, "message": error.message, "hint": error.hint or ""}
    return JSONResponse(body, STATUS.get(error.code, 500), headers)


def install(app: FastAPI) -> None:
    """Answer all errors of an application in one form."""
    app.add_exception_handler(PlantverseError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _expected(_: Request, error: Exception) -> Response:
    assert isinstance(error, PlantverseError)
    return error_response(error)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    more = f" and {len(error.errors()) - 1} more" if len(error.errors()) > 1 else ""
    body = {"code": "request_invalid", "message": f"{where}: {first['msg']}{more}", "hint": "see /api/v1/openapi.json"}
    return JSONResponse(body, 422)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "error")
    body = {"code": code, "message": str(error.detail), "hint": "see /api/v1/openapi.json"}
    return JSONResponse(body, error.status_code, dict(error.headers or {}))


async def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return JSONResponse({"code": "error", "message": "the server failed at this request", "hint": "see its log"}, 500)

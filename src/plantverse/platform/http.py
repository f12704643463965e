"""The HTTP side of a server: REST, the sync endpoint, metrics, and the viewer's files."""

import logging
import mimetypes
from collections.abc import MutableMapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, WebSocket
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plantverse.errors import NotFound, ViewerBundleMissing
from plantverse.platform.access import User
from plantverse.platform.api import api_router
from plantverse.platform.api.caller import caller
from plantverse.platform.api.errors import install
from plantverse.platform.api.routes import PREFIX
from plantverse.platform.edge.link import EdgeLink
from plantverse.platform.geometry import GEOMETRY_PATH
from plantverse.platform.pairing import Pairing
from plantverse.platform.security import host_allowed
from plantverse.platform.services import Services
from plantverse.platform.version import VERSION
from plantverse.platform.websocket import SyncHub
from plantverse.viewer import bundle_dir

_log = logging.getLogger(__name__)

MAX_BODY = 1 << 20
"""Bytes of a request body; the largest that we take is a desired document."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; connect-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""OWASP Secure Headers; WebGL textures and GLB files need `data:` and `blob:`, their decoder is WebAssembly."""
GEOMETRY_TYPES = {".glb": "model/gltf-binary", ".png": "image/png", ".jpg": "image/jpeg"}


def viewer_bundle() -> Path | None:
    """Return the folder of the built viewer, None where it was never built."""
    try:
        return bundle_dir()
    except ViewerBundleMissing as exc:
        _log.warning("%s", exc)
        return None


def build_http(services: Services, hub: SyncHub, link: EdgeLink, bundle: Path | None) -> FastAPI:
    """Return the application.

    Args:
        services: The server's parts.
        hub: Runs sync sessions.
        link: Runs the connections of edge nodes.
        bundle: Folder of the built viewer; None shows how to build it.
    """
    app = FastAPI(
        title="plantverse",
        version=VERSION,
        description="Live digital twins of one plant: structure, values, history, events, commands.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.pairing = Pairing(services.clock)
    install(app)
    app.include_router(api_router())
    app.add_api_websocket_route(f"{PREFIX}/sync", _sync_route(hub))
    app.add_api_websocket_route(f"{PREFIX}/edge/link", _edge_route(link))
    app.add_api_route("/metrics", _metrics_route(services), include_in_schema=False)
    app.add_api_route(GEOMETRY_PATH + "{name}", _geometry_route(services), include_in_schema=False)
    if bundle is None:
        app.add_api_route("/", _no_viewer, include_in_schema=False)
    else:
        # The module of the worker is refused by browsers under another type, and some hosts map .js wrongly.
        mimetypes.add_type("text/javascript", ".js")
        app.mount("/", StaticFiles(directory=bundle, html=True))
    app.add_middleware(Guard, names=services.settings.http.names)
    return app


def _sync_route(hub: SyncHub) -> Any:
    async def sync(websocket: WebSocket) -> None:
        await hub.serve(websocket)

    return sync


def _edge_route(link: EdgeLink) -> Any:
    async def edge(websocket: WebSocket) -> None:
        await link.serve(websocket)

    return edge


def _metrics_route(services: Services) -> Any:
    async def metrics(_: Annotated[User, Depends(caller)]) -> Response:
        return PlainTextResponse(services.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return metrics


def _geometry_route(services: Services) -> Any:
    async def geometry(name: str, _: Annotated[User, Depends(caller)]) -> Response:
        """Serve a mesh or drawing of this plant, and no other file; its name says its content, so it never changes."""
        path = services.host.shelf.path(name)
        if path is None or not path.is_file():
            raise NotFound(f"no geometry {name}")
        return FileResponse(
            path,
            media_type=GEOMETRY_TYPES.get(path.suffix, "application/octet-stream"),
            headers={"Cache-Control": "private, max-age=31536000, immutable"},
        )

    return geometry


async def _no_viewer() -> Response:
    problem = ViewerBundleMissing("the viewer was never built", hint="run `make viewer`")
    return HTMLResponse(f"<!doctype html><title>plantverse</title><p>{problem}</p>", 503)


class Guard:
    """Refuses foreign hosts and large bodies before anything else runs, and adds the security headers."""

    def __init__(self, app: ASGIApp, *, names: tuple[str, ...]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not host_allowed(headers.get("host"), self._names):
            refusal = _refusal(403, "not_allowed", "this is not a name of this server")
            await refusal(scope, receive, send)
            return
        length = headers.get("content-length", "")
        if headers.get("transfer-encoding") or (length and (not length.isdigit() or int(length) > MAX_BODY)):
            refusal = _refusal(413, "too_large", f"a body has its length and at most {MAX_BODY} bytes")
            await refusal(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=_scope(message))
                for name, value in HEADERS.items():
                    out.setdefault(name, value)
                out.setdefault("Cache-Control", _caching(scope["path"]))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _scope(message: Message) -> MutableMapping[str, Any]:
    message.setdefault("headers", [])
    return message


def _caching(path: str) -> str:
    """File names under /assets/ carry a digest of their content; everything else may be new at once."""
    return "public, max-age=31536000, immutable" if path.startswith("/assets/") else "no-cache"


def _refusal(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "hint": ""}, status)

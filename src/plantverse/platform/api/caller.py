"""Who calls, and the server behind the call, as arguments of route functions."""

from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from plantverse.errors import NotAllowed
from plantverse.platform.access import User, require
from plantverse.platform.security import client_address
from plantverse.platform.services import Services
from plantverse.platform.users import Role


def services_of(connection: HTTPConnection) -> Services:
    """Return the server's parts."""
    return cast("Services", connection.app.state.services)


def recognise(connection: HTTPConnection, token: str | None, *, node: bool = False) -> User:
    """Return who is at the other end of a connection; may take tens of milliseconds, so call it in a thread.

    Args:
        connection: Its request or WebSocket.
        token: What it showed, None for nothing.
        node: Whether this is a way in for edge nodes; their tokens open no other.

    Raises:
        NotAllowed: Wrong host or origin, an unknown token, or that of a node.
    """
    services = services_of(connection)
    headers = connection.headers
    peer = connection.client.host if connection.client else ""
    user = services.access.authenticate(
        token,
        peer_address=client_address(peer, headers.get("x-forwarded-for"), services.settings.http.trusted_proxy),
        host=headers.get("host"),
        origin=headers.get("origin"),
    )
    if user.role is Role.NODE and not node:
        raise NotAllowed(f"{user.name} is an edge node", hint="its token serves `plantverse edge run` alone")
    return user


def bearer(request: Request) -> str | None:
    """Return the token of the `Authorization` header, None if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def caller(request: Request) -> User:
    """Return the user of the `Authorization` header."""
    return recognise(request, bearer(request))


def _services(request: Request) -> Services:
    return services_of(request)


def engineer(user: Annotated[User, Depends(caller)]) -> User:
    """Return the user, who may change the plant."""
    require(user, Role.ENGINEER, "changing the plant")
    return user


def operator(user: Annotated[User, Depends(caller)]) -> User:
    """Return the user, who may act."""
    require(user, Role.OPERATOR, "acting on the plant")
    return user


Server = Annotated[Services, Depends(_services)]
Caller = Annotated[User, Depends(caller)]
Operator = Annotated[User, Depends(operator)]
Engineer = Annotated[User, Depends(engineer)]

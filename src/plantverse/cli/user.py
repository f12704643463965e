"""`plantverse user`: named users; a running server takes changes at once."""

from typing import TYPE_CHECKING, Annotated

import typer

from plantverse.cli.options import Data, settings_of
from plantverse.cli.output import iso, show_table

if TYPE_CHECKING:
    from plantverse.platform.users import UsersFile

Name = Annotated[str, typer.Argument(help="1-64 of A-Z a-z 0-9 _ . @ -")]


def add(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, operator, engineer, admin; node for an edge node.")] = "viewer",
    data: Data = None,
) -> None:
    """Make a user and print the token, which is shown this once."""
    from plantverse.platform.users import Role

    _show_token(name, _users(data).create(name, Role.of(role)))


def list_users(data: Data = None) -> None:
    """List the users and their roles."""
    users = _users(data).users().values()
    show_table(("name", "role", "token made"), ((u.name, u.role.label, iso(u.token_created_ns / 1e3)) for u in users))


def revoke(name: Name, data: Data = None) -> None:
    """Remove a user; the token is void and open sessions end."""
    _users(data).revoke(name)
    typer.echo(f"{name} is removed")


def set_role(
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer, operator, engineer, admin; node for an edge node.")],
    data: Data = None,
) -> None:
    """Give a user another role; the token stays."""
    from plantverse.platform.users import Role

    _users(data).set_role(name, Role.of(role))
    typer.echo(f"{name} is {role}")


def rotate(name: Name, data: Data = None) -> None:
    """Give a user a new token and print it; the old one is void."""
    _show_token(name, _users(data).rotate(name))


def _users(data: "Data") -> "UsersFile":
    from plantverse._clock import SystemClock
    from plantverse.platform.users import UsersFile

    return UsersFile(settings_of(data).users_path, SystemClock())


def _show_token(name: str, token: str) -> None:
    typer.echo(token)
    typer.echo(f"this is {name}'s token; it is kept nowhere and not shown again", err=True)

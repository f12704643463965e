"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plantverse.client import Client
    from plantverse.platform.config import Settings

Url = Annotated[str, typer.Option("--url", envvar="PLANTVERSE_URL", help="The running server.")]
Token = Annotated[
    str, typer.Option("--token", envvar="PLANTVERSE_TOKEN", help="Of a named user; better in PLANTVERSE_TOKEN.")
]
Ca = Annotated[Path | None, typer.Option("--ca", envvar="PLANTVERSE_CA", help="PEM file behind the certificate.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
Data = Annotated[Path | None, typer.Option("--data", help="State folder; .plantverse here by default.")]
DEFAULT_URL = "http://127.0.0.1:8420"


def client_of(url: str, token: str, ca: Path | None) -> "Client":
    """Return a client of the server that the options name."""
    from plantverse.client import connect

    return connect(url, token, ca=ca)


def settings_of(data: Path | None) -> "Settings":
    """Return the settings of the plant in this folder, with another state folder if one is given."""
    from plantverse.platform.config_file import load_settings

    return load_settings(Path.cwd(), overrides={} if data is None else {"state_dir": data})

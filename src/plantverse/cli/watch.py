"""`plantverse watch`: values as they arrive."""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url, client_of
from plantverse.cli.output import age, number
from plantverse.twins.units import display

if TYPE_CHECKING:
    from plantverse.client import Change


def watch(
    selector: Annotated[str, typer.Argument(help="Which signals, for example 'hall/*:temperature'.")] = "*",
    every: Annotated[bool, typer.Option("--every", help="Every sample instead of the newest ones.")] = False,
    max_hz: Annotated[float, typer.Option(help="Updates per second at most; 0 takes the server's 20.")] = 0.0,
    count: Annotated[int, typer.Option(help="End after so many lines; 0 goes on.")] = 0,
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Print values as they arrive, with their age; goes on when the server restarts. Ctrl-C ends it."""
    with client_of(url, token, ca) as client, suppress(KeyboardInterrupt):
        for line, change in enumerate(client.watch(selector, max_hz=max_hz, mode="batch" if every else "latest"), 1):
            typer.echo(json.dumps(asdict(change), ensure_ascii=False) if as_json else _line(change))
            if line == count:
                return


def _line(change: "Change") -> str:
    at = "-" if change.observed_us is None else _clock(change.observed_us)
    shown = f"{number(change.value)} {change.label or display(change.unit)}".rstrip()
    quality = "" if change.good else f"  {change.quality}"
    return f"{at}  {change.signal}  {shown}  age {age(change.age_s)}{quality}"


def _clock(us: float) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%H:%M:%S.%f")[:-3] + "Z"

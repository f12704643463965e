"""`plantverse ai bind|unbind|bound`: which detectors watch a running plant."""

from typing import Annotated, Any

import typer

from plantverse.cli.ai import shares_text
from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url, client_of
from plantverse.cli.output import show_json, show_table

Twin = Annotated[str, typer.Argument(help="Id of the twin that gets the score.")]
Name = Annotated[str, typer.Option(help="What tells detectors of one twin apart.")]


def bind(
    twin: Twin,
    model: Annotated[str, typer.Argument(help="Name of the saved model.")],
    name: Name = "anomaly",
    model_version: Annotated[int, typer.Option(help="Of the model; 0 takes the newest, also one saved later.")] = 0,
    model_hash: Annotated[str, typer.Option(help="Refuse any model but the one with this hash.")] = "",
    limit: Annotated[float, typer.Option(help="Score that is an alarm; 1 is what the model was calibrated to.")] = 1.0,
    on_delay: Annotated[float, typer.Option(help="Seconds beyond the limit before the alarm comes.")] = 5.0,
    off_delay: Annotated[float, typer.Option(help="Seconds back in it before the alarm goes.")] = 30.0,
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
) -> None:
    """Let a saved model watch the running plant; it is written into the plant file and begins at once."""
    options = {"name": name, "version": model_version, "hash": model_hash, "limit": limit}
    options |= {"on_delay_s": on_delay, "off_delay_s": off_delay}
    with client_of(url, token, ca) as client:
        found = client.bind_detector(twin, model, **options)
    watched = f"{found['signals']} signals" + (f", {found['message']}" if found["message"] else "")
    typer.echo(f"{found['detector']} watches {watched}; its score is {found['score']}")


def unbind(twin: Twin, name: Name = "anomaly", url: Url = DEFAULT_URL, token: Token = "", ca: Ca = None) -> None:
    """Take a detector away from the running plant; what it found stays in history."""
    with client_of(url, token, ca) as client:
        client.unbind_detector(twin, name)
    typer.echo(f"{twin}:{name} no longer watches")


def bound(
    models: Annotated[bool, typer.Option("--models", help="The models that could be bound instead.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """List the detectors of the running plant, how they stand and what they blame."""
    with client_of(url, token, ca) as client:
        found = client.models() if models else client.detectors()
    if as_json:
        show_json(found)
    elif models:
        show_table(("model", "versions", "method", "signals", "problem"), map(_model, found))
    else:
        columns = ("detector", "model", "runs on", "state", "rows", "dropped", "blames", "message")
        show_table(columns, map(_detector, found))


def _model(entry: dict[str, Any]) -> tuple[str, ...]:
    versions = ", ".join(map(str, entry["versions"]))
    return entry["model"], versions, entry["method"], str(len(entry["signals"])), entry["problem"]


def _detector(entry: dict[str, Any]) -> tuple[str, ...]:
    dropped = entry["skipped"] + entry["dropped"] + entry["late"] + entry["lost"]
    blames = shares_text({share["signal"]: share["share"] for share in entry["shares"][:3]})
    model = f"{entry['model']} {entry['version'] or '-'}"
    place = entry["runs_on"] or "server"
    return entry["detector"], model, place, entry["state"], str(entry["judged"]), str(dropped), blames, entry["message"]

"""`plantverse ai generate ghost`: generated rows into a synthetic twin beside a real one."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantverse.cli.ai import MODELS, Models
from plantverse.cli.options import DEFAULT_URL, Ca, Token, Url, client_of
from plantverse.errors import ConfigInvalid, NotFound, ServerUnavailable
from plantverse.twins.identity import split_signal_id
from plantverse.twins.synthetic import MEMBER, ghost_id, ghost_topic

if TYPE_CHECKING:
    from plantverse.ai.generate import StreamRow
    from plantverse.client import Client

LOOK_EVERY_S = 5.0
"""How often the ghost is looked for: a server that was started anew knows nothing of it."""


def ghost(
    twin: Annotated[str, typer.Argument(help="The real twin; the ghost is TWIN.ghost.")],
    model: Annotated[str, typer.Option(help="Name of a saved generator.")],
    fault: Annotated[str, typer.Option(help="Kind of fault; `fit` lists what was seen.")] = "normal",
    severity: Annotated[float, typer.Option(help="Above 0 and at most 1.")] = 1.0,
    onset: Annotated[float, typer.Option(help="Seconds until the fault begins.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same rows.")] = 0,
    factor: Annotated[float, typer.Option(help="Generated seconds in a second.")] = 1.0,
    learned_from: Annotated[str, typer.Option(help="Twin whose signals were learned; TWIN by default.")] = "",
    seconds: Annotated[float | None, typer.Option(help="End after this time; without, on Ctrl-C.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the ghost there at the end.")] = False,
    model_version: Annotated[int, typer.Option(help="Of the model; the newest by default.")] = 0,
    model_hash: Annotated[str, typer.Option(help="Refuse any model but the one with this hash.")] = "",
    models: Models = MODELS,
    mqtt: Annotated[str, typer.Option(help="mqtt://HOST:PORT of the broker.")] = "mqtt://127.0.0.1:1883",
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
) -> None:
    """Stream generated rows into a synthetic twin beside a real one, until Ctrl-C."""
    from plantverse.ai.generate import Condition, load_generator, stream
    from plantverse.ai.models import ModelRegistry
    from plantverse.cli.ai_publish import JsonPublisher

    registry = ModelRegistry(models)
    version = model_version or max(registry.versions(model), default=0)
    generator = load_generator(registry.load(model, version or None, model_hash), name=model, version=version)
    if not 0 < factor < math.inf:
        raise ConfigInvalid(f"--factor: expected more than 0, got {factor:g}")
    every_s = generator.shape.every_s
    condition = Condition(fault=fault, severity=severity, onset=float(round(onset / every_s)))
    rows = stream(generator, condition, seed)
    first = next(rows)
    with client_of(url, token, ca) as client:
        signals = client.twin(twin)["twin"]["signals"]
        members = members_of(generator.shape.columns, learned_from or twin, signals)
        put = _putter(client, twin, first.synthetic)
        put()
        with JsonPublisher(mqtt, ghost_topic(twin)) as broker:
            told = f"{len(members)} signals every {every_s / factor:g} s by {generator.id}"
            typer.echo(f"{ghost_id(twin)}: {told}", err=True)
            try:
                sent = _play(chain((first,), rows), members, broker.send, put, every_s / factor, seconds)
            except KeyboardInterrupt:
                sent = None
            if broker.dropped:
                typer.echo(f"{broker.dropped} rows found no room while the broker was away", err=True)
        typer.echo("stopping" if sent is None else f"{sent} rows sent", err=True)
        if not keep:
            client.remove_ghost(twin)


def members_of(columns: Sequence[str], source: str, signals: Iterable[Mapping[str, Any]]) -> dict[int, tuple[str, str]]:
    """Return path and kind by number of column, for the columns of one twin that the ghost has as measured signals.

    Raises:
        ConfigInvalid: The generator knows no signal of that twin.
    """
    kinds = {s["path"]: s["kind"] for s in signals if not s.get("derived")}
    found = {}
    for number, column in enumerate(columns):
        twin_id, path = split_signal_id(column)
        if twin_id == source and path in kinds:
            found[number] = path, kinds[path]
    if not found:
        known = sorted({split_signal_id(column)[0] for column in columns})
        raise ConfigInvalid(
            f"the generator knows no signal of {source}",
            hint=f"it learned from {', '.join(known[:5])}; --learned-from names one of them",
        )
    return found


def message_of(row: "StreamRow", members: Mapping[int, tuple[str, str]], now_s: float) -> dict[str, Any]:
    """Return the JSON object of a row: its time in ms, its mark, and a member per signal that has a value."""
    document: dict[str, Any] = {"ts": round(now_s * 1e3), MEMBER: row.synthetic}
    for number, (path, kind) in members.items():
        value = float(row.values[number])
        if math.isfinite(value):
            document[path] = value if kind == "float" else bool(value >= 0.5) if kind == "bool" else round(value)
    return document


def _putter(client: "Client", twin: str, origin: Mapping[str, Any]) -> Callable[[], None]:
    """Return what puts the ghost there, if the server has none of this origin."""
    wanted = {
        "generator": str(origin["generator"]),
        "version": str(origin["version"]),
        "condition": dict(origin["condition"]),
        "seed": origin["seed"],
    }

    def put() -> None:
        try:
            present = client.twin(ghost_id(twin))["twin"].get("synthetic")
        except NotFound:
            present = None
        if present != wanted:
            client.add_ghost(twin, **wanted)

    return put


def _play(
    rows: Iterable["StreamRow"],
    members: Mapping[int, tuple[str, str]],
    send: Callable[[Mapping[str, Any]], None],
    put: Callable[[], None],
    period_s: float,
    seconds: float | None,
) -> int:
    began_s = looked_s = time.monotonic()
    sent = 0
    for sent, row in enumerate(rows):
        due_s = began_s + sent * period_s
        if seconds is not None and due_s - began_s >= seconds:
            return sent
        time.sleep(max(0.0, due_s - time.monotonic()))
        send(message_of(row, members, time.time()))
        if time.monotonic() - looked_s >= LOOK_EVERY_S:
            looked_s = time.monotonic()
            try:
                put()
            except ServerUnavailable as exc:
                typer.echo(f"the server is away: {exc.message}", err=True)
    return sent + 1

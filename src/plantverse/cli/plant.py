"""`plantverse plant`: what a plant file says, and what the running plant is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantverse.cli.options import DEFAULT_URL, AsJson, Ca, Token, Url, client_of
from plantverse.cli.output import READING_HEADERS, number, reading_row, show_json, show_table
from plantverse.cli.run import plant_file
from plantverse.errors import PlantInvalid, PlantverseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plantverse.twins.specs import PlantSpec


def check(
    plant: Annotated[Path | None, typer.Argument(help="Plant file or folder; looked for here.")] = None,
) -> None:
    """Check a plant file with its types; every mistake has file, line, twin and field."""
    from plantverse.platform.surroundings import files_of
    from plantverse.twins.interop import read_plant

    path = plant_file(plant, Path.cwd())
    if path is None:
        raise PlantInvalid(str(Path.cwd()), expected="plant.toml or plant.py", got="neither")
    loaded = read_plant(path)
    spec = loaded.spec
    check_bindings(spec)
    missing = [name for name in files_of(spec) if not (path.parent / name).is_file()]
    for name in missing:
        typer.echo(f"warning: {path.parent / name} is no file; the viewer draws a shape of its own", err=True)
    signals = sum(len(twin.signals()) for twin in spec.twins)
    typer.echo(
        f"{path}: fine. Plant {spec.name}: {len(spec.twins)} twins of {len(spec.types)} types, {signals} signals, "
        f"{len(loaded.patterns)} topic patterns"
    )


def check_bindings(spec: "PlantSpec") -> None:
    """Compile the bindings as a server does, which leaves wrong ones out and goes on.

    Raises:
        PlantverseError: With every binding that cannot work.
    """
    from plantverse.ingest.topic_map import compile_routes
    from plantverse.twins.registry import Registry
    from plantverse.twins.revision import Revision

    registry = Registry(Revision())
    for twin in spec.twins:
        registry.add(twin)
    found = compile_routes(registry)[1]
    if found:
        many = f"{len(found)} problems\n  "
        raise PlantverseError((many if len(found) > 1 else "") + "\n  ".join(found))


def ls(
    selector: Annotated[str, typer.Argument(help="Which twins, for example 'type:Pump and area:hall'.")] = "*",
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """List the twins of the running plant."""
    with client_of(url, token, ca) as client:
        twins = client.twins(selector)
    if as_json:
        show_json(twins)
        return
    show_table(
        ("twin", "type", "area", "signals", "commands", "name"),
        (
            (
                t["id"],
                t["type"] + (" (discovered)" if t.get("discovered") else ""),
                t.get("area", ""),
                str(len(t.get("signals", ()))),
                ", ".join(c["name"] for c in t.get("commands", ())),
                t.get("name", ""),
            )
            for t in twins
        ),
    )


def get(
    selector: Annotated[str, typer.Argument(help="A twin, a signal (hall/pump-1:flow) or any selector.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest values of the running plant, each with its age and quality."""
    with client_of(url, token, ca) as client:
        readings = client.latest(selector)
    if as_json:
        from dataclasses import asdict

        show_json([asdict(r) for r in readings.values()])
        return
    show_table(READING_HEADERS, (reading_row(r) for r in readings.values()))


def explain(
    topic: Annotated[str, typer.Argument(help="An MQTT topic.")],
    payload: Annotated[str, typer.Argument(help="A payload, for example '{\"flow\": 3.2}'.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    ca: Ca = None,
    as_json: AsJson = False,
) -> None:
    """Say what a message on a topic would do to the running plant, without doing it."""
    with client_of(url, token, ca) as client:
        answer = client.explain(topic, payload)
    if as_json:
        show_json(answer)
        return
    if not answer["bindings"]:
        typer.echo(f"nothing reads {topic}")
    for binding in answer["bindings"]:
        typer.echo(f"reads {members(binding)}")
    for result in answer["result"]:
        typer.echo(f"gives {members(result)}")


def members(found: "Mapping[str, Any]") -> str:
    """Return what is known as `key=value`, numbers to six digits."""
    known = ((key, value) for key, value in found.items() if value not in {"", None})
    return "  ".join(f"{key}={number(value) if isinstance(value, float) else value}" for key, value in known)

"""All commands in their groups, and the one place where an error becomes two lines and an exit code."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from plantverse.cli import (
    ai,
    ai_bind,
    ai_generate,
    ai_ghost,
    ai_watch,
    audit,
    data,
    doctor,
    edge,
    edge_nodes,
    plant,
    plant_export,
    plant_meshes,
    run,
    sim,
    sim_record,
    sim_traffic,
    tags,
    user,
    watch,
)
from plantverse.errors import PlantverseError

EXIT_FAILED = 1

app = typer.Typer(
    name="plantverse",
    help="Digital twins of a plant: MQTT in, Python in the middle, a shared 3D view in the browser.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from plantverse.platform.version import VERSION

        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    pass


app.command("run")(run.run)
app.command("watch")(watch.watch)
app.command("doctor")(doctor.doctor)
_GROUPS: dict[str, tuple[str, dict[str, Callable[..., None]]]] = {
    "plant": (
        "Look at a plant: its file, and its twins as they run.",
        {
            "check": plant.check,
            "meshes": plant_meshes.meshes,
            "export-glb": plant_export.export_glb,
            "ls": plant.ls,
            "get": plant.get,
            "explain": plant.explain,
        },
    ),
    "data": ("Read stored samples through the server.", {"query": data.query, "export": data.export}),
    "ai": (
        "Detectors of anomalies: learn what is normal, judge samples by it, judge the detectors.",
        {
            "fit": ai.fit,
            "score": ai.score,
            "bind": ai_bind.bind,
            "unbind": ai_bind.unbind,
            "bound": ai_bind.bound,
            "watch": ai_watch.watch,
            "evaluate": ai.evaluate,
        },
    ),
    "ai generate": (
        "Synthetic windows: learn a plant with its faults, make windows of it, judge how real they are.",
        {
            "fit": ai_generate.fit,
            "sample": ai_generate.sample,
            "evaluate": ai_generate.evaluate,
            "ghost": ai_ghost.ghost,
        },
    ),
    "sim": (
        "The devices of the bottling plant, and faults in them.",
        {"run": sim.run, "fault": sim.fault, "ls": sim.ls, "load": sim.load, "record": sim_record.record},
    ),
    "sim traffic": (
        "Message traffic: models, captured logs, and what they measure.",
        {
            "list": sim_traffic.list_models,
            "describe": sim_traffic.describe,
            "generate": sim_traffic.generate,
            "publish": sim_traffic.publish,
            "capture": sim_traffic.capture,
        },
    ),
    "edge": (
        "Where the work of twins runs: edge nodes, live and in simulation.",
        {
            "run": edge_nodes.run,
            "demo": edge_nodes.demo,
            "nodes": edge_nodes.nodes,
            "move": edge_nodes.move,
            "drain": edge_nodes.drain,
            "fault": edge_nodes.fault,
            "study": edge.study,
        },
    ),
    "audit": ("The log of who did what.", {"verify": audit.verify}),
    "user": (
        "Named users and their tokens.",
        {
            "add": user.add,
            "list": user.list_users,
            "role": user.set_role,
            "rotate": user.rotate,
            "revoke": user.revoke,
        },
    ),
    "import": ("Bring in what another system exports.", {"tags": tags.tags}),
}
_parts: dict[str, typer.Typer] = {}
for _group, (_text, _commands) in _GROUPS.items():
    _part = typer.Typer(help=_text, no_args_is_help=True)
    for _name, _function in _commands.items():
        _part.command(_name)(_function)
    _parent, _, _leaf = _group.rpartition(" ")
    (_parts[_parent] if _parent else app).add_typer(_part, name=_leaf)
    _parts[_group] = _part


def main() -> None:
    """Run the command line of this process; a failure is said in plain words and ends with code 1."""
    try:
        app()
    except PlantverseError as exc:
        typer.echo(f"error: {exc.message}", err=True)
        if exc.hint:
            typer.echo(f"  hint: {exc.hint}", err=True)
        sys.exit(EXIT_FAILED)

"""`plantverse edge`: compare policies that decide where work runs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plantverse.cli.output import number, show_table

if TYPE_CHECKING:
    from plantverse.sim.queues import Row

ASP_COLUMNS = ("reward", "crashes", "lost", "rejected")
FACTORY_COLUMNS = ("objective", "latency_s", "age_s", "missed", "energy_j", "lost", "p99_latency_s", "p99_peak_age_s")


def study(
    preset: Annotated[str, typer.Argument(help="asp-repo, asp-survey or factory.")] = "factory",
    policy: Annotated[
        list[str] | None, typer.Option(help="A policy; may be repeated. All that fit the preset by default.")
    ] = None,
    worlds: Annotated[int, typer.Option(help="Worlds; every policy meets the same ones.")] = 12,
    load: Annotated[
        float | None,
        typer.Option(help="asp-*: multiple of the published rate (1); factory: share of what the edge can do (0.8)."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the first world; the next has one more.")] = 0,
    reject: Annotated[bool, typer.Option("--reject", help="asp-*: jobs may be refused instead of forced.")] = False,
    seconds: Annotated[float, typer.Option(help="factory: simulated seconds per world.")] = 60.0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")] = None,
) -> None:
    """Compare policies in simulation: means and standard deviations over the same worlds."""
    from plantverse.sim.queues import study as run

    rows = run(
        preset,
        policies=policy or (),
        worlds=worlds,
        load=load,
        seed=seed,
        may_reject=reject,
        horizon_s=seconds,
        done=lambda name, world: typer.echo(f"{name}: world {world}", err=True),
    )
    columns = FACTORY_COLUMNS if preset == "factory" else ASP_COLUMNS
    if as_json is not None:
        asked = {"preset": preset, "worlds": worlds, "load": load, "seed": seed, "reject": reject, "seconds": seconds}
        as_json.write_text(
            json.dumps({"asked": asked, "policies": _figures(rows, columns[0])}, indent=1) + "\n", "utf-8"
        )
    show_table(
        ("policy", *columns, f"{columns[0]} against {rows[0].policy} (95 %)"),
        ((row.policy, *(_cell(row, c) for c in columns), _gain(row, rows[0], columns[0])) for row in rows),
    )


def _cell(row: "Row", metric: str) -> str:
    mean, spread = row.mean(metric), row.spread(metric)
    return f"{mean:.4g}" if spread == 0 else f"{mean:.4g} ± {spread:.2g}"


def _gain(row: "Row", first: "Row", metric: str) -> str:
    if row is first:
        return number(None)
    mean, low, high = row.gain(first, metric)
    return f"{mean:+.4g} ({low:+.4g} to {high:+.4g})"


def _figures(rows: list["Row"], metric: str) -> dict[str, Any]:
    return {
        row.policy: {
            "mean": {name: row.mean(name) for name in row.worlds[0]},
            "std": {name: row.spread(name) for name in row.worlds[0]},
            f"{metric}_against_{rows[0].policy}": row.gain(rows[0], metric),
            "worlds": row.worlds,
        }
        for row in rows
    }

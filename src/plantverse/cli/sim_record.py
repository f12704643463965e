"""`plantverse sim record`: runs of the bottling plant with faults, as a file to learn from."""

from pathlib import Path
from typing import Annotated

import typer


def record(
    out: Annotated[Path, typer.Option("--out", "-o", help="A .npz file.")],
    fault: Annotated[list[str] | None, typer.Option(help="Kind, repeatable; five by default.")] = None,
    runs: Annotated[int, typer.Option(help="Of each kind of fault, with severities from 0.3 to 1.")] = 16,
    normal_runs: Annotated[int, typer.Option(help="Without a fault.")] = 32,
    rows: Annotated[int, typer.Option(help="Of a run; a fault begins in its second quarter.")] = 192,
    every: Annotated[float, typer.Option(help="Seconds from row to row, a multiple of 0.5.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Of everything.")] = 1,
) -> None:
    """Simulate production with and without faults and write rows, faults, severities and onsets to a file."""
    from plantverse.ai.generate import write_recordings
    from plantverse.sim.bottling.record import FAULTS
    from plantverse.sim.bottling.record import record as simulate

    recorded = simulate(
        fault or FAULTS,
        runs=runs,
        normal_runs=normal_runs,
        rows=rows,
        every_s=every,
        seed=seed,
        note=lambda text: typer.echo(text, err=True),
    )
    write_recordings(out, recorded)
    typer.echo(f"{len(recorded.runs)} runs of {rows} rows and {len(recorded.columns)} signals written to {out}")

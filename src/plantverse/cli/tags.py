"""`plantverse import tags`: a control system's tag list becomes twins."""

from pathlib import Path
from typing import Annotated

import typer


def tags(
    file: Annotated[Path, typer.Argument(help="CSV with a header row: tag, text, unit, range, limits, area, topic.")],
    plant: Annotated[Path, typer.Option(help="Plant file that takes the twins; made if missing.")] = Path("plant.toml"),
    pattern: Annotated[str, typer.Option(help="How a tag is made up, for example '{area}_{twin}_{signal}'.")] = "",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Take the good rows even if others are wrong.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written.")] = False,
) -> None:
    """Write the twins of a tag list into a plant file; twins that exist get what they lack."""
    from plantverse.twins.interop import import_tags, read_tag_list

    if dry_run:
        report = read_tag_list(file, pattern=pattern)
    else:
        report = import_tags(file, plant, pattern=pattern, skip_bad=skip_bad)
    for problem in report.problems:
        typer.echo(str(problem), err=True)
    if report.ignored:
        typer.echo(f"columns without a meaning here: {', '.join(report.ignored)}", err=True)
    done = "would be written" if dry_run else "written"
    typer.echo(
        f"{report.rows} rows: {report.signals} signals of {len(report.twins)} twins {done} to {plant}, "
        f"{report.rows - report.signals} rows left out"
    )

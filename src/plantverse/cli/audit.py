"""`plantverse audit`: is the log of who did what as it was written?"""

from pathlib import Path
from typing import Annotated

import typer

from plantverse.cli.options import Data, settings_of

EXIT_BROKEN = 1


def verify(
    file: Annotated[Path | None, typer.Argument(help="audit.jsonl in the state folder by default.")] = None,
    head: Annotated[str, typer.Option(help="A hash kept elsewhere that must be in the log.")] = "",
    data: Data = None,
) -> None:
    """Check the hash chain of the audit log; a broken one ends with code 1 and names the line."""
    from plantverse.platform.audit import verify as check

    path = file or settings_of(data).audit_path
    found = check(path, head=head)
    typer.echo(f"{path}: {found}")
    if not found.holds:
        raise typer.Exit(EXIT_BROKEN)

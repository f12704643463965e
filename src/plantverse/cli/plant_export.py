"""`plantverse plant export-glb`: the plant as one file for CAD, Blender or a game engine."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from plantverse.cli.run import plant_file
from plantverse.errors import PlantInvalid


class Detail(StrEnum):
    """How finely the viewer's own shapes are made."""

    NEAR = "near"
    FAR = "far"


def export_glb(
    plant: Annotated[Path | None, typer.Argument(help="Plant file or folder; looked for here.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")] = Path("plant.glb"),
    detail: Annotated[Detail, typer.Option(help="Of shapes that are no meshes: near, or far with fewer triangles.")] = (
        Detail.NEAR
    ),
) -> None:
    """Write the whole plant as one GLB: a node for each twin, named by its id, meshes and hall included."""
    from plantverse.twins.interop import read_plant
    from plantverse.twins.interop.files import write_atomic
    from plantverse.viewer.export import plant_glb

    path = plant_file(plant, Path.cwd())
    if path is None:
        raise PlantInvalid(str(Path.cwd()), expected="plant.toml or plant.py", got="neither")
    spec = read_plant(path).spec
    content, problems = plant_glb(spec, path.parent, detail.value)
    write_atomic(out, content)
    for problem in problems:
        typer.echo(f"warning: {problem}", err=True)
    typer.echo(f"{out}: {len(spec.twins)} twins, {len(content) / 1e6:.2f} MB")

"""`plantverse plant meshes`: what the meshes of a plant cost, and what is wrong with them."""

from pathlib import Path
from typing import Annotated

import typer

from plantverse.cli.options import AsJson
from plantverse.cli.output import show_json, show_table
from plantverse.cli.run import plant_file
from plantverse.errors import PlantInvalid

HEADERS = ("mesh", "types", "triangles", "vertices", "MB", "size in m", "problems")


def meshes(
    source: Annotated[
        Path | None, typer.Argument(metavar="[FILE|PLANT]", help="A mesh, or a plant whose types name meshes.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write each as GLB with at most --triangles into this folder.")
    ] = None,
    triangles: Annotated[int, typer.Option(min=4, help="Above that, a mesh counts as heavy.")] = 200_000,
    as_json: AsJson = False,
) -> None:
    """Say for each mesh how many triangles it has, how large it is and what is wrong with it."""
    from plantverse.viewer.meshes import MESH_TYPES, MeshLimits, cached_glb, inspect_mesh

    limits = MeshLimits(triangles=triangles)
    if source is not None and source.suffix.lower() in MESH_TYPES:
        named = {source: ""}
    else:
        named = _of_plant(source)
    rows: list[dict[str, object]] = []
    failures: list[PlantInvalid] = []
    for file, types in named.items():
        row: dict[str, object] = {"mesh": str(file), "types": types}
        try:
            report = inspect_mesh(file, limits)
            row |= {
                "triangles": report.triangles,
                "vertices": report.vertices,
                "bytes": report.size,
                "extent_m": [round(length, 4) for length in report.extent],
                "problems": list(report.problems),
            }
            if out is not None:
                row["written"] = str(cached_glb(file, out, limits))
        except PlantInvalid as exc:
            failures.append(exc)
            row["problems"] = [f"cannot be read: expected {exc.expected}, got {exc.got}"]
        rows.append(row)
    if as_json:
        show_json(rows)
    else:
        headers = HEADERS if out is None else (*HEADERS, "written")
        show_table(headers, (_cells(row, written=out is not None) for row in rows))
    if failures:
        raise PlantInvalid.of(failures)


def _of_plant(source: Path | None) -> dict[Path, str]:
    from plantverse.twins.interop import read_plant

    path = plant_file(source, Path.cwd())
    if path is None:
        raise PlantInvalid(str(Path.cwd()), expected="plant.toml, plant.py or a mesh", got="neither")
    found: dict[Path, list[str]] = {}
    spec = read_plant(path).spec
    named = [(kind.geometry.mesh, kind.name) for kind in spec.types]
    named += [(twin.geometry.mesh, twin.id) for twin in spec.twins if twin.geometry is not None]
    named += [(spec.hall.mesh, "hall")] if spec.hall is not None else []
    for mesh, user in named:
        if mesh:
            found.setdefault(path.parent / mesh, []).append(user)
    return {file: ", ".join(sorted(names)) for file, names in found.items()}


def _cells(row: dict[str, object], *, written: bool) -> list[str]:
    size, extent, problems = row.get("bytes"), row.get("extent_m"), row["problems"]
    cells = [
        str(row["mesh"]),
        str(row["types"]),
        str(row.get("triangles", "-")),
        str(row.get("vertices", "-")),
        f"{size / 1e6:.2f}" if isinstance(size, int) else "-",
        " x ".join(f"{length:.4g}" for length in extent) if isinstance(extent, list) else "-",
        "; ".join(problems) if isinstance(problems, list) and problems else "none",
    ]
    return [*cells, str(row.get("written", "-"))] if written else cells

"""The demo plant as files that can be edited: `plant.toml` with the twins, `machines.py` with the types."""

import inspect
from pathlib import Path
from types import ModuleType
from typing import Final

from plantverse import Plant, Twin
from plantverse.sim import small_plant
from plantverse.sim.bottling import plant as bottling
from plantverse.sim.bottling import types_line, types_process, types_utilities
from plantverse.sim.bottling.watched import detector_tables, provide_models
from plantverse.twins.interop.files import write_atomic
from plantverse.twins.interop.toml_write import plant_text

TYPES_FILE: Final = "machines.py"

_HEAD: Final = """# {title}, which {devices} brings to life.
# Positions are metres: x along the line, y up, z towards the viewer.

"""

_LOAD: Final = f"""
# Channels of the load dial; they come up when `--load` is given.
[[map]]
topic = "{small_plant.LOAD_TOPIC}/{{point}}"
twin = "load/{{point}}"
type = "LoadPoint"
area = "load"
"""


def write_demo_plant(folder: Path, models: Path | None = None) -> Path:
    """Write the bottling plant's files into a folder and return the path of `plant.toml`; files that are there stay.

    Args:
        folder: Made if it is missing.
        models: Folder of saved models, into which those of the demo's detectors go; None leaves detectors out.

    Raises:
        OSError: It cannot be written.
    """
    modules = (types_line, types_process, types_utilities, small_plant)
    if models is not None:
        provide_models(models)
    tables = detector_tables() if models is not None else ""
    return _write(folder, bottling.plant, modules, "The bottling plant", "`plantverse sim run`", tables=tables)


def write_small_plant(folder: Path) -> Path:
    """Write the small plant's files, as `write_demo_plant` does."""
    devices = "`python -m plantverse.sim.publisher`"
    return _write(folder, small_plant.plant, (small_plant,), "The small bottling hall", devices)


def _write(
    folder: Path, plant: Plant, modules: tuple[ModuleType, ...], title: str, devices: str, *, tables: str = ""
) -> Path:
    text = _HEAD.format(title=title, devices=devices) + plant_text(plant.spec(), type_files=[TYPES_FILE]) + _LOAD
    text += tables
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((TYPES_FILE, _types(plant, modules, title)), ("plant.toml", text)):
        if not (folder / name).exists():
            write_atomic(folder / name, content.encode())
    return folder / "plant.toml"


def _types(plant: Plant, modules: tuple[ModuleType, ...], title: str) -> str:
    """Return a module that imports the classes of the plant's twins."""
    wanted = {twin.type.name for twin in plant.spec().twins} | {"LoadPoint"}
    lines = [f'"""Twin classes of {title[0].lower()}{title[1:]}."""', ""]
    found: list[str] = []
    for module in modules:
        here = {n for n, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, Twin)}
        own = (n for n in here & wanted - set(found) if getattr(module, n).__module__ == module.__name__)
        names = sorted(own, key=str.lower)
        if names:
            lines += [f"from {module.__name__} import (", *(f"    {n}," for n in names), ")"]
        found += names
    return "\n".join([*lines, "", "__all__ = [", *(f'    "{n}",' for n in sorted(found)), "]", ""])

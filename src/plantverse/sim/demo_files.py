"""The demo plant as files that can be edited: `plant.toml` with the twins, `machines.py` with the types."""

import inspect
import json
from hashlib import sha256
from pathlib import Path
from typing import Final

from plantverse import Twin
from plantverse.sim import load_point
from plantverse.sim.bottling import plant as bottling
from plantverse.sim.bottling import types_line, types_process, types_utilities
from plantverse.sim.bottling.watched import detector_tables, provide_models
from plantverse.twins.interop.files import write_atomic
from plantverse.twins.interop.toml_write import plant_text

TYPES_FILE: Final = "machines.py"
WRITTEN_FILE: Final = ".written.json"
"""Hashes of the files as they were written: one that is still so was edited by nobody."""

_MODULES: Final = (types_line, types_process, types_utilities, load_point)
_HEAD: Final = """# The bottling plant, which `plantverse sim run` brings to life.
# Positions are metres: x along the line, y up, z towards the viewer.

"""

_LOAD: Final = f"""
# Channels of the load dial; they come up while `plantverse sim load` runs.
[[map]]
topic = "{load_point.LOAD_TOPIC}/{{point}}"
twin = "load/{{point}}"
type = "LoadPoint"
area = "load"
"""


def write_demo_plant(folder: Path, models: Path | None = None) -> Path:
    """Write the bottling plant's files into a folder and return the path of `plant.toml`.

    Of files that are there, those that somebody edited stay; those that an earlier version wrote are written anew.

    Args:
        folder: Made if it is missing.
        models: Folder of saved models, into which those of the demo's detectors go; None leaves detectors out.

    Raises:
        OSError: It cannot be written.
    """
    if models is not None:
        provide_models(models)
    tables = detector_tables() if models is not None else ""
    text = _HEAD + plant_text(bottling.plant.spec(), type_files=[TYPES_FILE]) + _LOAD + tables
    folder.mkdir(parents=True, exist_ok=True)
    written = _written(folder)
    for name, content in ((TYPES_FILE, _types()), ("plant.toml", text)):
        path = folder / name
        if not path.exists() or _hash(path.read_bytes()) == written.get(name):
            write_atomic(path, content.encode())
            written[name] = _hash(content.encode())
    write_atomic(folder / WRITTEN_FILE, json.dumps(written).encode())
    return folder / "plant.toml"


def _written(folder: Path) -> dict[str, str]:
    """Return hash by name of file; nothing where the record is missing or damaged, so that every file stays."""
    try:
        found = json.loads((folder / WRITTEN_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()


def _types() -> str:
    """Return a module that imports the classes of the plant's twins."""
    wanted = {twin.type.name for twin in bottling.plant.spec().twins} | {"LoadPoint"}
    lines = ['"""Twin classes of the bottling plant."""', ""]
    found: list[str] = []
    for module in _MODULES:
        here = {n for n, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, Twin)}
        own = (n for n in here & wanted - set(found) if getattr(module, n).__module__ == module.__name__)
        names = sorted(own, key=str.lower)
        if names:
            lines += [f"from {module.__name__} import (", *(f"    {n}," for n in names), ")"]
        found += names
    return "\n".join([*lines, "", "__all__ = [", *(f'    "{n}",' for n in sorted(found)), "]", ""])

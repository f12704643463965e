"""The small plant as files that can be edited: `plant.toml` with the twins, `machines.py` with the types."""

from pathlib import Path
from typing import Final

from plantverse.sim.small_plant import LOAD_TOPIC, plant
from plantverse.twins.interop.files import write_atomic
from plantverse.twins.interop.toml_write import plant_text

TYPES_FILE: Final = "machines.py"

_TYPES: Final = '''"""Twin classes of the small bottling hall."""

from plantverse.sim.small_plant import (
    Capper,
    Chiller,
    Climate,
    Compressor,
    Conveyor,
    EnergyMeter,
    Filler,
    Labeller,
    LoadPoint,
    Palletiser,
    Pump,
    Tank,
)

__all__ = [
    "Capper",
    "Chiller",
    "Climate",
    "Compressor",
    "Conveyor",
    "EnergyMeter",
    "Filler",
    "Labeller",
    "LoadPoint",
    "Palletiser",
    "Pump",
    "Tank",
]
'''

_HEAD: Final = """# The small bottling hall that `python -m plantverse.sim.publisher` brings to life.
# Positions are metres: x along the line, y up, z towards the viewer.

"""

_LOAD: Final = f"""
# Channels of the load dial; they come up when `--load` is given.
[[map]]
topic = "{LOAD_TOPIC}/{{point}}"
twin = "load/{{point}}"
type = "LoadPoint"
area = "load"
"""


def plant_file_text() -> str:
    """Return the text of the small plant's `plant.toml`."""
    return _HEAD + plant_text(plant.spec(), type_files=[TYPES_FILE]) + _LOAD


def write_demo_plant(folder: Path) -> Path:
    """Write the plant's files into a folder and return the path of `plant.toml`; files that are there stay.

    Args:
        folder: Made if it is missing.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ((TYPES_FILE, _TYPES), ("plant.toml", plant_file_text())):
        if not (folder / name).exists():
            write_atomic(folder / name, text.encode())
    return folder / "plant.toml"

"""Detectors that the demo brings along, so that what `plantverse ai` does is there from the first minute.

`python -m benchmarks.demo_faults ship` learns them from five runs of eight hours without faults (MEWMA, one row in five
seconds, one normal row in 10,000 beyond the limit) and writes them into `models`. Machines whose detector of that kind
called in any of ten further runs of eight hours without faults (docs/explanation/anomaly-detection.md) are left out.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

MODELS: Final = Path(__file__).with_name("models")
VERSION: Final = "1"
WATCHED: Final = (
    "process/water-pump",
    "process/syrup-pump",
    "process/product-pump",
    "process/cip-pump",
    "utilities/feed-pump",
    "utilities/compressor-1",
    "utilities/chiller-1",
    "utilities/boiler-1",
    "line/rinser",
    "line/filler",
    "line/capper",
    "line/labeller",
    "line/packer",
)


def model_of(twin: str) -> str:
    """Return the name of a machine's model."""
    return f"demo-{twin.rpartition('/')[2]}"


def provide_models(folder: Path) -> None:
    """Put the models into a folder of saved models; those that are there stay.

    Raises:
        OSError: They cannot be written.
    """
    for name in map(model_of, WATCHED):
        if not (folder / name / VERSION).exists():
            shutil.copytree(MODELS / name, folder / name, dirs_exist_ok=True)


def detector_tables(twins: Sequence[str] = WATCHED) -> str:
    """Return the detectors as `plant.toml` has them."""
    return "".join(f'\n[[detector]]\ntwin = "{twin}"\nmodel = "{model_of(twin)}"\n' for twin in twins)

"""Twin classes of the small bottling hall."""

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

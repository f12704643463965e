"""Plants and twins as files: plant.toml, Python, CSV tag lists."""

from plantverse.twins.interop.plant_toml import LoadedPlant, load_plant, read_plant

__all__ = ["LoadedPlant", "load_plant", "read_plant"]

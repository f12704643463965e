"""Plants and twins as files: plant.toml, Python, CSV tag lists."""

from plantverse.twins.interop.plant_editor import PlantEditor
from plantverse.twins.interop.plant_toml import LoadedPlant, load_plant, read_plant
from plantverse.twins.interop.tag_list import TagListReport, import_tags, parse_tag_list, read_tag_list
from plantverse.twins.interop.toml_write import plant_text

__all__ = [
    "LoadedPlant",
    "PlantEditor",
    "TagListReport",
    "import_tags",
    "load_plant",
    "parse_tag_list",
    "plant_text",
    "read_plant",
    "read_tag_list",
]

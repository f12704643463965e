"""The materials that machines are made of, as metallic-roughness PBR (glTF 2.0, section 3.9.2)."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """A material.

    Attributes:
        name: As it stands in exported files.
        color: `#rrggbb`, sRGB.
        tinted: Takes the twin's own colour.
    """

    name: str
    color: str
    roughness: float
    metalness: float
    tinted: bool = False


PAINTED: Final = Finish(name="painted steel", color="#8d99a8", roughness=0.55, metalness=0.1, tinted=True)
STEEL: Final = Finish(name="stainless", color="#aeb8c2", roughness=0.34, metalness=0.75)
FRAME: Final = Finish(name="galvanised", color="#4b5664", roughness=0.7, metalness=0.2)
DARK: Final = Finish(name="insulation", color="#252c35", roughness=0.75, metalness=0.1)
RUBBER: Final = Finish(name="rubber", color="#1b2027", roughness=0.95, metalness=0.0)
CONCRETE: Final = Finish(name="concrete", color="#59626d", roughness=0.95, metalness=0.0)
SCREEN: Final = Finish(name="glass", color="#79d3ea", roughness=0.25, metalness=0.0)
LIGHT: Final = Finish(name="light paint", color="#e4e9ee", roughness=0.5, metalness=0.05)
MARK: Final = Finish(name="safety yellow", color="#e6b23c", roughness=0.6, metalness=0.0)

FINISHES: Final = (PAINTED, STEEL, FRAME, DARK, RUBBER, CONCRETE, SCREEN, LIGHT, MARK)

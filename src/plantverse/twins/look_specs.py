"""How things look, as declared: shapes and meshes, rules that tie signals to the scene, the hall, the floor plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How a twin looks.

    Attributes:
        shape: Primitive that the viewer makes a machine of by the words of the type; `mesh` where only `mesh` counts.
        size: Metres along x, y (up), z.
        color: `#rrggbb`, "" for the type's own.
        mesh: Path of a GLB, STL or OBJ, relative to the plant file; until it is there, and where it cannot be used,
            the shape stands in for it.
    """

    shape: Literal["box", "cylinder", "sphere", "mesh"] = "box"
    size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    color: str = ""
    mesh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualRule:
    """A declarative tie from a signal to the scene; the viewer evaluates it, no code travels.

    Attributes:
        kind: `color` (by `stops` of value and colour), `level` (fill 0-1 between `low` and `high`), `spin` (turns
            about `axis`; signal in rpm), `move` (metres along `axis`), `turn` (degrees about `axis`), `visible`
            (non-zero shows), `label`, `flow` (pipes to the twins of `relation`, their content moving at signal times
            `scale` in m/s), `path` (stands on the polyline `points`, signal times `scale` plus `offset` along it),
            `carry` (pieces on a conveyor, moving at signal times `scale` in m/s).
        signal: Path inside the twin.
        stops: For `color`: (value, `#rrggbb`) with ascending values, blended in between.
        joint: For `spin`, `move` and `turn`: node of the twin's mesh, or joint of its shape, that moves; "" takes the
            shape's next free joint, and with a mesh the whole twin.
        relation: For `flow`: which relation the pipes follow.
        points: For `path`: metres in the plant, two or more; for `flow`: where each pipe passes on its way.
        unit: For `path`: the signal is metres along it, or the share 0-1 of it.
        width: For `flow`: outer diameter of the pipe in metres.
        color: For `flow`: `#rrggbb` of what flows; "" for the viewer's own.
        item: For `carry`: what is carried.
        amount: For `carry`: signal that says how full the belt is, from `low` (empty) to `high`; "" for always full.
        source: File and line that declared it, for messages.
    """

    kind: Literal["color", "level", "spin", "move", "turn", "visible", "label", "flow", "path", "carry"]
    signal: str
    axis: Literal["x", "y", "z"] = "y"
    stops: tuple[tuple[float, str], ...] = ()
    low: float = 0.0
    high: float = 1.0
    scale: float = 1.0
    offset: float = 0.0
    joint: str = ""
    relation: str = ""
    points: tuple[tuple[float, float, float], ...] = ()
    unit: Literal["m", "share"] = "m"
    width: float = 0.12
    color: str = ""
    item: Literal["box", "bottle", "case"] = "box"
    amount: str = ""
    source: str = field(default="", compare=False)

    def place(self) -> tuple[str, ...]:
        """Return what a rule of a twin must share with one of its type to stand in for it."""
        return (self.kind, self.signal if self.kind in {"spin", "move", "turn"} else self.relation)


def merged_rules(base: tuple[VisualRule, ...], own: tuple[VisualRule, ...]) -> tuple[VisualRule, ...]:
    """Return `base` with the rules of `own` in the places of those that they stand in for, and the rest behind.

    Order counts: rules of motion without a joint take the shape's joints one after the other.
    """
    merged: list[VisualRule] = []
    for rule in base:
        instead = [o for o in own if o.place() == rule.place()]
        merged += [o for o in instead if o not in merged] if instead else [rule]
    return (*merged, *(o for o in own if o not in merged))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """The building around the machines, or the whole plant as somebody drew it.

    Attributes:
        mesh: Path of a GLB, STL or OBJ, relative to the plant file; metres, y up.
        position: Where its origin lies, metres.
        yaw_deg: Degrees about the up axis.
        scale: Metres per unit of the file; 0.001 for one in millimetres.
        bind: Twin ids by pattern of node names. `*` matches anything; in the id, `{name}` is the node's name and `{1}`,
            `{2}` are what the first and second `*` matched. A bound node is the picture of its twin.
    """

    mesh: str
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    yaw_deg: float = 0.0
    scale: float = 1.0
    bind: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorPlan:
    """A drawing as the ground.

    Attributes:
        image: Path of a PNG or JPEG, relative to the plant file.
        metres_per_pixel: Its scale.
        offset: Where the middle of the image lies, metres along x and z.
        opacity: 0-1.
    """

    image: str
    metres_per_pixel: float
    offset: tuple[float, float] = (0.0, 0.0)
    opacity: float = 1.0

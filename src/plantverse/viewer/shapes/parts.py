"""A machine: a body, and parts that turn or slide, each made of solids with a finish."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Self

import numpy as np

from plantverse.viewer.shapes import solids
from plantverse.viewer.shapes.finishes import Finish
from plantverse.viewer.shapes.solids import Points, Solid

Axis = Literal["x", "y", "z"]
Detail = Literal["near", "far"]
"""As it is, or as a small thing far away: about a quarter of the triangles."""
Size = tuple[float, float, float]
"""Width (x), height (y), depth (z) in metres; the floor is at 0, the middle of the base at the origin."""

FAR_SEGMENTS = 8
FAR_SLIM_M, FAR_THIN_M = 0.12, 0.05


class Piece(NamedTuple):
    """A solid in its place."""

    solid: Solid
    finish: Finish


class Parts:
    """Collects pieces as recipes; `build` makes them in a level of detail.

    Places are middles in metres; `turn` is about one axis, in degrees, before that.
    """

    def __init__(self) -> None:
        self._recipes: list[tuple[Callable[[Detail], Solid | None], Finish, Points, tuple[Axis, float] | None]] = []

    def box(self, width: float, height: float, depth: float, finish: Finish, *at: float, **turn: float) -> Self:
        """Add a box."""
        thin = sorted((width, height, depth))[1] < FAR_THIN_M

        def make(detail: Detail) -> Solid | None:
            if detail == "far" and thin:
                return None
            return solids.box(width, height, depth, bevelled=detail == "near")

        return self._add(make, finish, at, turn)

    def tube(
        self,
        axis: Axis,
        radius: float,
        length: float,
        finish: Finish,
        *at: float,
        top: float | None = None,
        segments: int = 24,
        flatten: float = 1.0,
        is_open: bool = False,
        **turn: float,
    ) -> Self:
        """Add a cylinder along an axis; `top` is the radius at its far end, `flatten` squeezes it along z."""
        end = radius if top is None else top

        def make(detail: Detail) -> Solid | None:
            if detail == "far" and 2 * max(radius, end) < FAR_THIN_M:
                return None
            far = 4 if radius < FAR_SLIM_M else FAR_SEGMENTS
            made = solids.frustum(radius, end, length, segments if detail == "near" else far, is_open=is_open)
            if axis != "y":
                made = _turned(made, "z" if axis == "x" else "x", -90.0 if axis == "x" else 90.0)
            return _squeezed(made, flatten)

        return self._add(make, finish, at, turn)

    def dome(
        self,
        radius: float,
        height: float,
        finish: Finish,
        *at: float,
        whole: bool = False,
        flatten: float = 1.0,
        **turn: float,
    ) -> Self:
        """Add the upper part of an ellipsoid, or all of it."""

        def make(detail: Detail) -> Solid:
            around, up = (24, 6) if detail == "near" else (FAR_SEGMENTS, 2)
            return _squeezed(solids.dome(radius, height, around, 2 * up + 2 if whole else up, whole=whole), flatten)

        return self._add(make, finish, at, turn)

    def ring(self, axis: Axis, radius: float, thickness: float, finish: Finish, *at: float) -> Self:
        """Add a torus about an axis."""

        def make(detail: Detail) -> Solid:
            around, across = (24, 6) if detail == "near" else (FAR_SEGMENTS, 3)
            made = solids.ring(radius, thickness, around, across)
            return made if axis == "z" else _turned(made, "y" if axis == "x" else "x", 90.0)

        return self._add(make, finish, at, {})

    def build(self, detail: Detail = "near") -> list[Piece]:
        """Return the pieces."""
        built = []
        for make, finish, at, turn in self._recipes:
            solid = make(detail)
            if solid is None:
                continue
            if turn is not None:
                solid = _turned(solid, *turn)
            built.append(Piece(solid._replace(points=solid.points + at), finish))
        return built

    def _add(
        self,
        make: Callable[[Detail], Solid | None],
        finish: Finish,
        at: tuple[float, ...],
        turn: dict[str, float],
    ) -> Self:
        axes: tuple[Axis, ...] = ("x", "y", "z")
        turns = [(axis, turn[f"turn_{axis}"]) for axis in axes if f"turn_{axis}" in turn]
        place = np.array([*at, 0.0, 0.0, 0.0][:3], dtype=np.float64)
        self._recipes.append((make, finish, place, turns[0] if turns else None))
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """A part that moves.

    Attributes:
        pivot: Middle of the turn, in the frame of what it stands on.
        on: Index of the joint that carries it, -1 for the body.
    """

    name: str
    parts: Parts
    axis: Axis
    pivot: Size
    kind: Literal["turn", "slide"] = "turn"
    on: int = -1


@dataclass(frozen=True, slots=True)
class Shape:
    """A machine."""

    body: Parts
    joints: tuple[Joint, ...] = field(default=())


def _turned(solid: Solid, axis: Axis, degrees: float) -> Solid:
    angle = math.radians(degrees)
    c, s = math.cos(angle), math.sin(angle)
    matrix = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }[axis]
    turn = np.array(matrix).T
    return solid._replace(points=solid.points @ turn, normals=solid.normals @ turn)


def _squeezed(solid: Solid, flatten: float) -> Solid:
    if flatten == 1.0:
        return solid
    normals = solid.normals / np.array([1.0, 1.0, flatten])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return solid._replace(points=solid.points * np.array([1.0, 1.0, flatten]), normals=normals)

"""Plain solids as corners, normals and triangles; arrays of float64, shape (n, 3), and int64, shape (m, 3)."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
BEVEL_M = 0.05
"""At most so much of an edge is rounded off."""


class Solid(NamedTuple):
    """Corners are not shared across sharp edges, so that normals stay true."""

    points: Points
    normals: Points
    faces: NDArray[np.int64]


def box(width: float, height: float, depth: float, *, bevelled: bool) -> Solid:
    """Return a box about the origin; with `bevelled`, its edges catch the light."""
    half = np.array([width, height, depth]) / 2
    bevelled = bevelled and 2 * half.min() >= 0.12
    steps = np.linspace(-1, 1, 4 if bevelled else 2)
    points: list[Points] = []
    normals: list[Points] = []
    faces: list[NDArray[np.int64]] = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            u, v = np.meshgrid(steps, steps, indexing="ij")
            face = np.zeros((u.size, 3))
            face[:, axis], face[:, (axis + 1) % 3], face[:, (axis + 2) % 3] = side, u.ravel(), v.ravel()
            normal = np.zeros((u.size, 3))
            normal[:, axis] = side
            faces.append(_grid(len(steps), len(steps), flip=side < 0) + sum(len(p) for p in points))
            points.append(face)
            normals.append(normal)
    corner, normal = np.vstack(points), np.vstack(normals)
    if bevelled:
        corner, normal = _rounded(corner * half, normal, half)
    else:
        corner = corner * half
    return Solid(corner, normal, np.vstack(faces))


def frustum(radius: float, top: float, length: float, segments: int, *, is_open: bool) -> Solid:
    """Return a cylinder or cone about the y axis and the origin, from `radius` below to `top` above."""
    angle = np.linspace(0, 2 * math.pi, segments + 1)
    around = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)
    low, high = around * radius, around * top
    low[:, 1], high[:, 1] = -length / 2, length / 2
    slope = (radius - top) / length
    normal = around + np.array([0.0, slope, 0.0])
    normal /= math.hypot(1.0, slope)
    points, normals = [np.vstack([low, high])], [np.vstack([normal, normal])]
    faces = [_grid(2, segments + 1, flip=True)]
    for ring, size, side in ((low, radius, -1.0), (high, top, 1.0)):
        if is_open or size <= 0:
            continue
        start = sum(len(p) for p in points)
        points.append(np.vstack([[[0.0, side * length / 2, 0.0]], ring]))
        normals.append(np.tile([0.0, side, 0.0], (segments + 2, 1)))
        first = np.arange(1, segments + 1)
        pair = (first, first + 1) if side > 0 else (first + 1, first)
        faces.append(np.stack([np.zeros_like(first), *pair], axis=1) + start)
    return Solid(np.vstack(points), np.vstack(normals), np.vstack(faces))


def dome(radius: float, height: float, around: int, up: int, *, whole: bool) -> Solid:
    """Return the upper half of an ellipsoid on the origin, or with `whole` all of it about the origin."""
    polar = np.linspace(0, math.pi if whole else math.pi / 2, up + 1)
    angle = np.linspace(0, 2 * math.pi, around + 1)
    p, a = np.meshgrid(polar, angle, indexing="ij")
    sphere = np.stack([np.sin(p) * np.sin(a), np.cos(p), np.sin(p) * np.cos(a)], axis=2).reshape(-1, 3)
    normal = sphere / np.array([radius, height, radius])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return Solid(sphere * np.array([radius, height, radius]), normal, _grid(up + 1, around + 1, flip=False))


def ring(radius: float, thickness: float, around: int, across: int) -> Solid:
    """Return a torus in the plane of x and y."""
    angle, tube = np.meshgrid(
        np.linspace(0, 2 * math.pi, around + 1), np.linspace(0, 2 * math.pi, across + 1), indexing="ij"
    )
    normal = np.stack([np.cos(tube) * np.cos(angle), np.cos(tube) * np.sin(angle), np.sin(tube)], axis=2)
    middle = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=2) * radius
    points = (middle + normal * thickness).reshape(-1, 3)
    return Solid(points, normal.reshape(-1, 3), _grid(around + 1, across + 1, flip=False))


def _grid(rows: int, columns: int, *, flip: bool) -> NDArray[np.int64]:
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (row * columns + column).ravel()
    b, c, d = a + columns, a + 1, a + columns + 1
    first, second = ((a, c, b), (b, c, d)) if flip else ((a, b, c), (b, d, c))
    return np.vstack([np.stack(first, axis=1), np.stack(second, axis=1)]).astype(np.int64)


def _rounded(points: Points, normals: Points, half: Points) -> tuple[Points, Points]:
    bevel = min(BEVEL_M, 2 * half.min() * 0.12)
    inner = np.sign(points) * (half - bevel)
    away = np.where(np.isclose(np.abs(points), half), np.sign(points), 0.0)
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    # Points inside a face keep its normal, so that faces stay flat and only edges are soft.
    edge = np.count_nonzero(away, axis=1)[:, None] > 1
    soft = away * 0.6 + normals * 0.4
    soft /= np.linalg.norm(soft, axis=1, keepdims=True)
    return inner + away * bevel, np.where(edge, soft, normals)

"""Tanks, silos, mixers, heat exchangers, ovens, pipes: what holds or carries a product."""

from plantverse.viewer.shapes.finishes import DARK, FRAME, MARK, PAINTED, STEEL
from plantverse.viewer.shapes.parts import Joint, Parts, Shape, Size

LEG = 0.14


def tank(size: Size) -> Shape:
    """Return a standing tank, or a lying one where it is much wider than high."""
    w, h, d = size
    if w > h * 1.4:
        return _lying(size)
    body, r, flatten = Parts(), w / 2, d / w
    dome, foot = min(r * 0.35, h * 0.15), min(0.5, h * 0.1)
    shell = h - dome - foot
    body.tube("y", r * 0.9, foot, FRAME, 0, foot / 2, flatten=flatten)
    body.tube("y", r, shell, PAINTED, 0, foot + shell / 2, flatten=flatten, is_open=True, segments=32)
    body.dome(r, dome, PAINTED, 0, foot + shell, flatten=flatten)
    body.ring("y", r * 1.005, 0.035, STEEL, 0, foot + 0.03)
    body.ring("y", r * 1.005, 0.035, STEEL, 0, foot + shell)
    body.tube("y", r * 0.16, dome * 0.5, STEEL, r * 0.1, h - dome * 0.25)
    body.tube("x", min(0.14, r * 0.15), 0.35, STEEL, r + 0.05, foot + 0.25)
    _ladder(body, r * flatten, h - dome)
    return Shape(body)


def _ladder(body: Parts, z: float, height: float) -> None:
    if height < 1.8:
        return
    for side in (-1, 1):
        body.box(0.04, height, 0.04, STEEL, side * 0.2, height / 2, z + 0.12)
    rungs = min(9, int(height / 0.45))
    for i in range(1, rungs + 1):
        body.box(0.4, 0.03, 0.03, STEEL, 0, height * i / (rungs + 1), z + 0.12)


def _lying(size: Size) -> Shape:
    w, h, d = size
    body, foot = Parts(), h * 0.15
    r = (h - foot) / 2
    flatten, cap = d / (2 * r), r * 0.4
    straight = w - 2 * cap
    body.tube("x", r, straight, PAINTED, 0, foot + r, flatten=flatten, segments=32, is_open=True)
    for side in (-1, 1):
        # A dome stands on its base; lying on its side it closes an end.
        body.dome(r, cap, PAINTED, side * straight / 2, foot + r, flatten=flatten, turn_z=-90.0 * side)
        high = foot + r * 0.4
        body.box(0.25, high, d * 0.8, FRAME, side * straight * 0.32, high / 2)
    body.tube("y", r * 0.25, 0.15, STEEL, 0, h)
    return Shape(body)


def silo(size: Size) -> Shape:
    """Return a silo with a cone below, on four legs."""
    w, h, d = size
    body, r, flatten = Parts(), w / 2, d / w
    foot, cone, roof = h * 0.16, h * 0.2, h * 0.1
    shell = h - foot - cone - roof
    body.tube("y", r * 0.18, cone, PAINTED, 0, foot + cone / 2, top=r, flatten=flatten, is_open=True, segments=28)
    body.tube("y", r, shell, PAINTED, 0, foot + cone + shell / 2, flatten=flatten, is_open=True, segments=28)
    body.tube("y", r * 1.03, roof, FRAME, 0, h - roof / 2, top=r * 0.15, flatten=flatten)
    body.ring("y", r * 1.01, 0.04, STEEL, 0, foot + cone)
    for x in (-1, 1):
        for z in (-1, 1):
            body.box(LEG, foot + cone, LEG, FRAME, x * r * 0.7, (foot + cone) / 2, z * r * 0.7 * flatten)
    body.tube("y", r * 0.18, foot * 0.5, STEEL, 0, foot * 0.75)
    return Shape(body)


def mixer(size: Size) -> Shape:
    """Return a tank with a drive and a turning hub on top."""
    w, h, d = size
    drive, r = h * 0.22, w / 2
    body = tank((w, h - drive, d)).body
    body.tube("y", r * 0.26, drive * 0.6, PAINTED, 0, h - drive * 0.3)
    body.tube("y", r * 0.3, drive * 0.08, FRAME, 0, h - drive * 0.62)
    for side in (-1, 1):
        body.box(0.06, drive * 0.5, 0.06, FRAME, side * r * 0.24, h - drive * 0.82)
    hub = Parts()
    hub.tube("y", r * 0.09, drive * 0.36, STEEL)
    for angle in (0.0, 90.0):
        hub.box(r * 0.42, 0.05, r * 0.1, MARK, turn_y=angle)
    return Shape(body, (Joint(name="hub", parts=hub, axis="y", pivot=(0, h - drive * 0.82, 0)),))


def exchanger(size: Size) -> Shape:
    """Return a shell-and-tube heat exchanger."""
    w, h, d = size
    body, r = Parts(), min(h * 0.38, d / 2)
    y = h - r - h * 0.08
    body.tube("x", r, w * 0.72, PAINTED, 0, y, segments=28)
    for side in (-1, 1):
        body.tube("x", r * 1.14, 0.08, STEEL, side * w * 0.37, y, segments=28)
        body.dome(r, w * 0.12, PAINTED, side * w * 0.38, y, turn_z=side * -90.0)
        body.box(0.18, y, d * 0.75, FRAME, side * w * 0.22, y / 2)
        body.tube("y", r * 0.22, h * 0.16, STEEL, side * w * 0.26, y + r + h * 0.02)
        body.tube("y", r * 0.32, 0.05, STEEL, side * w * 0.26, h - 0.025)
    return Shape(body)


def oven(size: Size) -> Shape:
    """Return an oven with a door and a chimney."""
    w, h, d = size
    body, hull = Parts(), h * 0.78
    body.box(w, 0.12, d, FRAME, 0, 0.06)
    body.box(w * 0.98, hull - 0.12, d * 0.96, PAINTED, 0, 0.06 + hull / 2)
    body.box(w * 0.5, hull * 0.55, 0.06, FRAME, -w * 0.1, hull * 0.5, d * 0.48)
    body.box(w * 0.3, hull * 0.22, 0.08, DARK, -w * 0.1, hull * 0.58, d * 0.49)
    body.box(w * 0.04, hull * 0.4, 0.12, STEEL, w * 0.18, hull * 0.5, d * 0.5)
    body.tube("y", min(w, d) * 0.09, h - hull, STEEL, w * 0.3, (h + hull) / 2, -d * 0.25)
    body.box(w * 0.18, hull * 0.3, 0.05, DARK, w * 0.36, hull * 0.6, d * 0.48)
    return Shape(body)


def pipe(size: Size) -> Shape:
    """Return a piece of pipe with flanges, on supports."""
    w, h, d = size
    body, r = Parts(), max(0.06, min(h, d) * 0.22)
    y = h - r * 1.6
    body.tube("x", r, w, PAINTED, 0, y)
    for side in (-1, 1):
        body.tube("x", r * 1.5, 0.07, STEEL, side * (w / 2 - 0.04), y)
        if y > 0.3:
            body.box(0.1, y, 0.1, FRAME, side * w * 0.3, y / 2)
    return Shape(body)

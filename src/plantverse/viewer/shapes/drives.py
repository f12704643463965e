"""Pumps, motors, fans, valves, conveyors, compressors, turbines: what turns."""

import math

from plantverse.viewer.shapes.finishes import CONCRETE, DARK, FRAME, LIGHT, MARK, PAINTED, RUBBER, STEEL
from plantverse.viewer.shapes.parts import Joint, Parts, Shape, Size


def _motor_on(body: Parts, x: float, y: float, length: float, radius: float) -> None:
    body.tube("x", radius, length, PAINTED, x, y, segments=20)
    for i in range(5):
        body.tube("x", radius * 1.07, length * 0.05, PAINTED, x + length * (0.16 * i - 0.28), y, segments=20)
    body.tube("x", radius * 1.02, length * 0.16, FRAME, x + length * 0.5, y, segments=20)
    body.box(length * 0.34, radius * 0.6, radius * 0.8, PAINTED, x, y + radius * 1.1)
    body.box(length * 0.6, y - radius * 0.8, radius * 1.5, FRAME, x, (y - radius * 0.8) / 2 + 0.02)


def _coupling(radius: float, length: float) -> Parts:
    parts = Parts()
    parts.tube("x", radius * 0.35, length, STEEL, segments=14)
    parts.tube("x", radius * 0.8, length * 0.5, FRAME, segments=16)
    for angle in (0.0, 60.0, 120.0):
        parts.box(length * 0.56, radius * 1.72, radius * 0.34, MARK, turn_x=angle)
    return parts


def pump(size: Size) -> Shape:
    """Return a pump with its motor on a base plate, or a standing one where it is higher than wide."""
    w, h, d = size
    if h > w:
        return _standing_pump(size)
    body, plate, y = Parts(), h * 0.08, h * 0.5
    radius = min(h * 0.25, d * 0.32)
    body.box(w, plate, d * 0.8, CONCRETE, 0, plate / 2)
    _motor_on(body, w * 0.2, y, w * 0.42, radius)
    x = -w * 0.27
    body.tube("x", radius * 1.25, w * 0.2, PAINTED, x, y, segments=24)
    body.ring("x", radius * 1.05, radius * 0.26, PAINTED, x, y)
    body.box(w * 0.16, y - radius, d * 0.4, FRAME, x, (y - radius) / 2 + 0.02)
    body.tube("x", radius * 0.55, w * 0.14, STEEL, -w * 0.42, y, segments=18)
    body.tube("x", radius * 0.85, 0.06, STEEL, -w * 0.5 + 0.03, y, segments=18)
    body.tube("y", radius * 0.45, h - y - 0.05, STEEL, x, (h + y) / 2, radius * 0.6, segments=18)
    body.tube("y", radius * 0.75, 0.06, STEEL, x, h - 0.03, radius * 0.6, segments=18)
    shaft = _coupling(radius * 0.62, w * 0.15)
    return Shape(body, (Joint(name="shaft", parts=shaft, axis="x", pivot=(-w * 0.09, y, 0)),))


def _standing_pump(size: Size) -> Shape:
    """Motor on top, suction and discharge in line."""
    w, h, d = size
    body, r, line = Parts(), min(w * 0.3, d * 0.4, h * 0.24), h * 0.22
    body.box(w * 0.62, 0.08, d * 0.7, CONCRETE, 0, 0.04)
    body.tube("y", r, h * 0.3, PAINTED, 0, 0.08 + h * 0.15, top=r * 0.82, segments=22)
    body.tube("x", r * 0.42, w * 0.92, STEEL, 0, line, segments=16)
    for side in (-1, 1):
        body.tube("x", r * 0.7, 0.06, STEEL, side * (w / 2 - 0.03), line, segments=16)
    top = 0.08 + h * 0.3
    for side in (-1, 1):
        body.box(0.07, h * 0.16, r * 1.1, FRAME, side * r * 0.72, top + h * 0.08)
    base = top + h * 0.16
    length = h - base
    body.tube("y", r * 0.92, h * 0.03, FRAME, 0, base, segments=20)
    body.tube("y", r * 0.78, length * 0.82, PAINTED, 0, base + length * 0.41, segments=20)
    for i in range(5):
        body.tube("y", r * 0.84, length * 0.045, PAINTED, 0, base + length * (0.14 + 0.14 * i), segments=20)
    body.tube("y", r * 0.82, length * 0.18, FRAME, 0, h - length * 0.09, segments=20)
    body.box(r * 0.6, length * 0.3, r * 0.5, PAINTED, 0, base + length * 0.4, r * 0.9)
    shaft = Parts()
    shaft.tube("y", r * 0.2, h * 0.17, STEEL, segments=12)
    shaft.tube("y", r * 0.5, h * 0.08, FRAME, segments=16)
    for angle in (0.0, 60.0, 120.0):
        shaft.box(r * 1.08, h * 0.09, r * 0.22, MARK, turn_y=angle)
    return Shape(body, (Joint(name="shaft", parts=shaft, axis="y", pivot=(0, top + h * 0.08, 0)),))


def motor(size: Size) -> Shape:
    """Return a motor with its shaft."""
    w, h, d = size
    body, y, radius = Parts(), h * 0.48, min(h * 0.38, d * 0.42)
    _motor_on(body, w * 0.08, y, w * 0.7, radius)
    body.box(w * 0.95, 0.06, d * 0.9, FRAME, 0, 0.03)
    shaft = Parts()
    shaft.tube("x", radius * 0.18, w * 0.2, STEEL, segments=12)
    shaft.tube("x", radius * 0.5, w * 0.1, FRAME, -w * 0.04, segments=18)
    shaft.box(w * 0.11, radius * 0.9, radius * 0.16, MARK, -w * 0.04)
    return Shape(body, (Joint(name="shaft", parts=shaft, axis="x", pivot=(-w * 0.37, y, 0)),))


def fan(size: Size) -> Shape:
    """Return an axial fan."""
    w, h, d = size
    body, r, y = Parts(), min(w, h) * 0.42, h * 0.52
    body.ring("z", r * 1.06, min(0.09, r * 0.12), PAINTED, 0, y, d * 0.3)
    body.tube("z", r * 1.08, d * 0.6, PAINTED, 0, y, is_open=True, segments=28)
    body.tube("z", r * 1.04, 0.03, DARK, 0, y, -d * 0.28, segments=28)
    body.tube("z", r * 0.3, d * 0.3, FRAME, 0, y, -d * 0.38)
    body.box(w * 0.8, 0.08, d * 0.8, FRAME, 0, 0.04)
    for side in (-1, 1):
        body.box(0.1, y, d * 0.4, FRAME, side * w * 0.32, y / 2)
    blades = Parts()
    blades.tube("z", r * 0.2, d * 0.2, STEEL, segments=14)
    for i in range(5):
        angle = i * 2 * math.pi / 5
        x, up = -math.sin(angle) * r * 0.58, math.cos(angle) * r * 0.58
        blades.box(r * 0.36, r * 0.78, 0.04, MARK if i == 0 else LIGHT, x, up, turn_z=i * 72.0)
    return Shape(body, (Joint(name="blades", parts=blades, axis="z", pivot=(0, y, d * 0.18)),))


def valve(size: Size) -> Shape:
    """Return a valve with a hand wheel."""
    w, h, d = size
    body, y, r = Parts(), h * 0.36, min(h * 0.16, d * 0.24, w * 0.2)
    body.tube("x", r, w * 0.9, STEEL, 0, y, segments=18)
    for side in (-1, 1):
        body.tube("x", r * 1.7, 0.06, STEEL, side * (w / 2 - 0.03), y, segments=18)
        turn = 0.0 if side > 0 else 180.0
        body.tube("x", r * 1.6, w * 0.24, PAINTED, side * w * 0.13, y, top=r, segments=18, turn_y=turn)
    body.dome(r * 1.5, r * 1.5, PAINTED, 0, y, whole=True)
    body.tube("y", r * 0.7, h * 0.3, PAINTED, 0, y + h * 0.2, top=r * 0.45, segments=16)
    body.box(r, y - r, r, FRAME, 0, (y - r) / 2)
    wheel, radius = Parts(), min(w, d) * 0.34
    wheel.ring("y", radius, radius * 0.11, MARK)
    for angle in (0.0, 90.0):
        wheel.box(radius * 2, radius * 0.12, radius * 0.14, FRAME, turn_y=angle)
    wheel.box(radius * 0.3, radius * 0.3, radius * 0.3, RUBBER, radius, radius * 0.2)
    wheel.tube("y", r * 0.28, h * 0.26, STEEL, 0, -h * 0.08, segments=10)
    return Shape(body, (Joint(name="wheel", parts=wheel, axis="y", pivot=(0, h * 0.9, 0)),))


def conveyor(size: Size) -> Shape:
    """Return a belt on legs; its top is at the whole height."""
    w, h, d = size
    body, r = Parts(), min(0.14, h * 0.12)
    y = h - r
    body.box(w - 2 * r, 2 * r, d * 0.86, RUBBER, 0, y)
    body.tube("z", r, d * 0.86, RUBBER, -w / 2 + r, y, segments=16)
    for side in (-1, 1):
        body.box(w * 0.99, r * 1.5, d * 0.06, PAINTED, 0, y, side * d * 0.46)
        body.box(w * 0.99, 0.03, 0.03, STEEL, 0, h + 0.12, side * d * 0.46)
    legs = max(2, min(7, math.floor(w / 1.6 + 0.5) + 1))
    for i in range(legs):
        x = -w / 2 + 0.25 + (w - 0.5) * i / (legs - 1)
        for side in (-1, 1):
            body.box(0.07, y, 0.07, FRAME, x, y / 2, side * d * 0.42)
        body.box(0.05, 0.05, d * 0.84, FRAME, x, h * 0.25)
    body.box(0.34, 0.24, 0.24, PAINTED, w / 2 - r, y - r, d * 0.6)
    drum = Parts()
    drum.tube("z", r * 1.02, d * 0.84, STEEL, segments=16)
    for angle in (0.0, 90.0):
        drum.box(r * 2.06, r * 0.5, d * 0.7, MARK, turn_z=angle)
    return Shape(body, (Joint(name="drum", parts=drum, axis="z", pivot=(w / 2 - r, y, 0)),))


def compressor(size: Size) -> Shape:
    """Return a housed machine with a receiver and a wheel."""
    w, h, d = size
    body, hull = Parts(), h * 0.62
    body.box(w, 0.14, d, FRAME, 0, 0.07)
    body.box(w * 0.56, hull, d * 0.86, PAINTED, -w * 0.18, 0.14 + hull / 2)
    for i in range(4):
        body.box(w * 0.4, 0.05, 0.04, DARK, -w * 0.18, hull * (0.45 + i * 0.13), d * 0.44)
    body.tube("x", h * 0.16, w * 0.5, STEEL, w * 0.2, 0.2 + h * 0.16)
    body.tube("y", h * 0.08, h - hull - 0.14, STEEL, -w * 0.3, (h + hull + 0.14) / 2)
    body.box(w * 0.16, hull * 0.4, 0.06, DARK, -w * 0.36, hull * 0.2 + 0.2, d * 0.44)
    wheel, radius = Parts(), min(h * 0.26, d * 0.4)
    wheel.ring("x", radius, radius * 0.12, FRAME)
    for angle in (0.0, 60.0, 120.0):
        wheel.box(0.05, radius * 1.95, radius * 0.16, STEEL if angle else MARK, turn_x=angle)
    wheel.tube("x", radius * 0.2, w * 0.12, STEEL, -w * 0.04, segments=12)
    return Shape(body, (Joint(name="wheel", parts=wheel, axis="x", pivot=(w * 0.16, 0.14 + hull * 0.7, 0)),))


def turbine(size: Size) -> Shape:
    """Return a wind turbine."""
    w, h, _ = size
    body, hub, r = Parts(), h - w / 2, w * 0.045
    body.tube("y", r, hub, PAINTED, 0, hub / 2, top=r * 0.6)
    body.tube("y", r * 2.4, 0.2, CONCRETE, 0, 0.1)
    body.box(r * 1.8, r * 1.8, r * 4.5, PAINTED, 0, hub)
    blades = Parts()
    blades.dome(r * 0.9, r * 0.9, STEEL, whole=True)
    for i in range(3):
        angle = i * 2 * math.pi / 3
        x, up = -math.sin(angle) * w * 0.25, math.cos(angle) * w * 0.25
        blades.box(w * 0.045, w * 0.48, r * 0.3, LIGHT, x, up, turn_z=i * 120.0)
    return Shape(body, (Joint(name="blades", parts=blades, axis="z", pivot=(0, hub, r * 2.9)),))

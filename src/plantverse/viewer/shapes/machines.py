"""Robots, vehicles, machines of a line, cabinets, sensors, and plain solids."""

import math
from typing import Literal

from plantverse.viewer.shapes.finishes import CONCRETE, DARK, FRAME, LIGHT, MARK, PAINTED, RUBBER, SCREEN, STEEL
from plantverse.viewer.shapes.parts import Joint, Parts, Shape, Size


def robot(size: Size) -> Shape:
    """Return six axes, in the order of the usual industrial arm: base, shoulder, elbow, roll, wrist, flange."""
    w, h, d = size
    foot, s = min(w, d), h / 2.4
    body = Parts()
    body.box(foot * 0.8, 0.1 * s, foot * 0.8, FRAME, 0, 0.05 * s)
    body.tube("y", foot * 0.3, 0.3 * s, FRAME, 0, 0.22 * s)
    turret, lower, upper, forearm, wrist, flange = (Parts() for _ in range(6))
    turret.tube("y", foot * 0.26, 0.26 * s, PAINTED, 0, 0.13 * s)
    turret.box(0.42 * s, 0.42 * s, 0.34 * s, PAINTED, 0.08 * s, 0.36 * s)
    lower.tube("z", 0.19 * s, 0.44 * s, FRAME, segments=18)
    lower.box(0.24 * s, 0.9 * s, 0.2 * s, PAINTED, 0, 0.45 * s)
    upper.tube("z", 0.16 * s, 0.36 * s, FRAME, segments=18)
    upper.box(0.3 * s, 0.3 * s, 0.26 * s, PAINTED, 0, 0.1 * s)
    forearm.tube("x", 0.11 * s, 0.62 * s, PAINTED, 0.31 * s, top=0.085 * s, segments=16)
    wrist.tube("z", 0.1 * s, 0.2 * s, FRAME, segments=14)
    wrist.box(0.2 * s, 0.13 * s, 0.13 * s, PAINTED, 0.08 * s)
    flange.tube("x", 0.07 * s, 0.06 * s, STEEL, segments=14)
    for side in (-1, 1):
        flange.box(0.16 * s, 0.03 * s, 0.04 * s, MARK, 0.1 * s, 0, side * 0.05 * s)
    axes: tuple[tuple[Parts, Literal["x", "y", "z"], float, float], ...] = (
        (turret, "y", 0.0, 0.36),
        (lower, "z", 0.12, 0.42),
        (upper, "z", 0.0, 0.9),
        (forearm, "x", 0.1, 0.14),
        (wrist, "z", 0.64, 0.0),
        (flange, "x", 0.2, 0.0),
    )
    joints = (
        Joint(name=f"axis-{i + 1}", parts=parts, axis=axis, pivot=(x * s, y * s, 0), on=i - 1)
        for i, (parts, axis, x, y) in enumerate(axes)
    )
    return Shape(body, tuple(joints))


def vehicle(size: Size) -> Shape:
    """Return a guided vehicle that heads along x."""
    w, h, d = size
    body, deck = Parts(), min(0.5, h * 0.55)
    wheel = deck * 0.3
    body.box(w, deck - wheel, d * 0.9, PAINTED, 0, wheel * 0.8 + (deck - wheel) / 2)
    body.box(w * 0.8, 0.05, d * 0.8, DARK, 0, deck + 0.005)
    body.box(w * 0.1, h - deck, d * 0.7, FRAME, -w * 0.4, (h + deck) / 2)
    body.box(0.03, (h - deck) * 0.4, d * 0.4, SCREEN, -w * 0.4 + w * 0.055, h - (h - deck) * 0.35)
    body.tube("y", 0.1, 0.1, DARK, w * 0.42, deck + 0.04)
    for x in (-1, 1):
        for z in (-1, 1):
            body.tube("z", wheel, d * 0.14, RUBBER, x * w * 0.33, wheel, z * d * 0.42, segments=16)
    body.box(0.06, (deck - wheel) * 0.5, d * 0.5, MARK, w / 2, deck * 0.55)
    return Shape(body)


def machine(size: Size) -> Shape:
    """Return a housed machine with a window, a panel and a signal pole."""
    w, h, d = size
    body, base, hull = Parts(), h * 0.3, h * 0.5
    body.box(w, base, d, FRAME, 0, base / 2)
    body.box(w * 0.96, hull, d * 0.94, PAINTED, 0, base + hull / 2)
    body.box(w * 0.56, hull * 0.62, 0.05, DARK, -w * 0.12, base + hull * 0.55, d * 0.475)
    body.box(w * 0.02, hull * 0.5, 0.08, STEEL, w * 0.18, base + hull * 0.55, d * 0.48)
    body.box(w * 0.9, h * 0.05, d * 0.86, FRAME, 0, base + hull + h * 0.025)
    body.box(0.1, h * 0.12, 0.1, FRAME, w * 0.36, base + hull * 0.4, d * 0.52)
    body.box(min(0.5, w * 0.2), h * 0.17, 0.07, DARK, w * 0.36, base + hull * 0.68, d * 0.52)
    body.box(min(0.42, w * 0.17), h * 0.13, 0.03, SCREEN, w * 0.36, base + hull * 0.68, d * 0.52 + 0.035)
    pole = base + hull + h * 0.05
    body.tube("y", 0.035, h - pole, STEEL, -w * 0.4, (h + pole) / 2, -d * 0.36, segments=10)
    body.tube("y", 0.07, (h - pole) * 0.5, LIGHT, -w * 0.4, h - (h - pole) * 0.25, -d * 0.36, segments=12)
    return Shape(body)


def cabinet(size: Size) -> Shape:
    """Return a cabinet with one to five doors."""
    w, h, d = size
    body = Parts()
    doors = min(5, math.floor(w / 0.8 + 0.5)) if w > 1.2 else 1
    wide = w / doors
    body.box(w, h * 0.06, d * 0.94, DARK, 0, h * 0.03)
    body.box(w, h * 0.94, d, PAINTED, 0, h * 0.53)
    for i in range(doors):
        x = -w / 2 + wide * (i + 0.5)
        body.box(wide * 0.9, h * 0.84, 0.03, PAINTED, x, h * 0.53, d / 2 + 0.01)
        body.box(0.04, h * 0.12, 0.06, DARK, x + wide * 0.36, h * 0.52, d / 2 + 0.03)
        for k in range(3):
            body.box(wide * 0.5, h * 0.012, 0.02, DARK, x, h * (0.16 + k * 0.03), d / 2 + 0.03)
    body.box(w * 0.34 / doors, h * 0.1, 0.03, SCREEN, -w / 2 + wide * 0.5, h * 0.76, d / 2 + 0.02)
    return Shape(body)


def sensor(size: Size) -> Shape:
    """Return a transmitter on a post."""
    w, h, d = size
    body, r = Parts(), min(w, d) * 0.3
    head = max(r * 1.1, h * 0.2)
    y = h - head / 2
    body.tube("y", r * 0.8, 0.06, CONCRETE, 0, 0.03, segments=18)
    body.tube("y", r * 0.18, h - head, STEEL, 0, (h - head) / 2, segments=10)
    body.tube("z", head / 2, d * 0.5, PAINTED, 0, y, segments=22)
    body.tube("z", head * 0.54, d * 0.1, FRAME, 0, y, d * 0.24, segments=22)
    body.tube("z", head * 0.4, 0.03, SCREEN, 0, y, d * 0.29, segments=22)
    body.tube("x", head * 0.14, w * 0.4, STEEL, r * 1.2, y - head * 0.1, segments=10)
    return Shape(body)


def carousel(size: Size) -> Shape:
    """Return a rotary filler, capper or rinser: a plinth, and a table with stations that turns."""
    w, h, d = size
    body, r, plinth = Parts(), min(w, d) / 2, h * 0.34
    body.tube("y", r, plinth, PAINTED, 0, plinth / 2, segments=28)
    body.tube("y", r * 1.01, 0.07, FRAME, 0, 0.035, segments=28)
    body.box(w * 0.16, h * 0.62, 0.12, FRAME, -r * 0.5, h * 0.31, r * 0.95)
    body.box(w * 0.13, h * 0.16, 0.04, SCREEN, -r * 0.5, h * 0.52, r * 0.95 + 0.06)
    for side in (-1, 1):
        body.box(w * 0.22, 0.07, d * 0.16, DARK, side * r * 0.98, plinth + 0.02, r * 0.35)
    body.tube("y", r * 0.12, h - plinth, STEEL, 0, (h + plinth) / 2, segments=14)
    table = Parts()
    table.tube("y", r * 0.9, h * 0.03, STEEL, segments=28)
    table.tube("y", r * 0.34, h * 0.42, PAINTED, 0, h * 0.24, segments=20)
    table.tube("y", r * 0.86, h * 0.1, PAINTED, 0, h * 0.5, segments=28)
    table.tube("y", r * 0.5, h * 0.1, STEEL, 0, h * 0.58, top=r * 0.42, segments=24)
    stations = max(6, min(14, math.floor(r * 8 + 0.5)))
    for i in range(stations):
        angle = i * 2 * math.pi / stations
        x, z = math.cos(angle) * r * 0.78, math.sin(angle) * r * 0.78
        table.tube("y", r * 0.06, h * 0.2, LIGHT if i else MARK, x, h * 0.12, z, segments=8)
        table.tube("y", r * 0.035, h * 0.22, STEEL, x, h * 0.35, z, segments=6)
    return Shape(body, (Joint(name="table", parts=table, axis="y", pivot=(0, plinth + h * 0.03, 0)),))


def palletiser(size: Size) -> Shape:
    """Return four columns, a bridge that goes up and down, an arm that turns under it, and a pallet."""
    w, h, d = size
    body, post = Parts(), min(0.16, w * 0.07)
    body.box(w, 0.08, d, FRAME, 0, 0.04)
    for x in (-1, 1):
        for z in (-1, 1):
            body.box(post, h, post, PAINTED, x * (w / 2 - post), h / 2, z * (d / 2 - post))
        body.box(post, post, d - post, PAINTED, x * (w / 2 - post), h - post / 2)
    for z in (-1, 1):
        body.box(w - post, post, post, PAINTED, 0, h - post / 2, z * (d / 2 - post))
    for i in (-1, 0, 1):
        body.box(w * 0.5, 0.035, d * 0.1, MARK, 0, 0.14, i * d * 0.19)
    body.box(w * 0.5, h * 0.16, d * 0.46, LIGHT, 0, 0.16 + h * 0.08)
    bridge, arm = Parts(), Parts()
    bridge.box(w - 2.2 * post, post * 1.4, post * 1.8, FRAME)
    bridge.box(post * 1.2, post * 2, d - 2.4 * post, FRAME)
    bridge.tube("y", w * 0.06, post * 2.4, STEEL, 0, -post, segments=14)
    arm.box(w * 0.44, post * 0.6, d * 0.12, PAINTED)
    for side in (-1, 1):
        arm.box(w * 0.03, h * 0.07, d * 0.3, MARK, side * w * 0.2, -h * 0.04)
    joints = (
        Joint(name="bridge", parts=bridge, axis="y", pivot=(0, h * 0.33, 0), kind="slide"),
        Joint(name="arm", parts=arm, axis="y", pivot=(0, -post * 2.2, 0), on=0),
    )
    return Shape(body, joints)


def box(size: Size) -> Shape:
    """Return a box on a plinth."""
    w, h, d = size
    body = Parts()
    body.box(w, h, d, PAINTED, 0, h / 2)
    body.box(w * 1.02, min(0.08, h * 0.08), d * 1.02, FRAME, 0, min(0.04, h * 0.04))
    return Shape(body)


def cylinder(size: Size) -> Shape:
    """Return a cylinder on a plinth."""
    w, h, d = size
    body = Parts()
    body.tube("y", w / 2, h, PAINTED, 0, h / 2, flatten=d / w, segments=32)
    plinth = min(0.08, h * 0.08)
    body.tube("y", w * 0.515, plinth, FRAME, 0, min(0.04, h * 0.04), flatten=d / w, segments=32)
    return Shape(body)


def sphere(size: Size) -> Shape:
    """Return an ellipsoid on the floor."""
    w, h, d = size
    body = Parts()
    body.dome(w / 2, h / 2, PAINTED, 0, h / 2, whole=True, flatten=d / w)
    return Shape(body)

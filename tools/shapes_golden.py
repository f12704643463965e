# ruff: noqa: INP001, a script and no package
"""Writes tests/golden/shapes.json: what machines measure in Python, which TypeScript must match (`make generate`)."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from plantverse.viewer.shapes import ARCHETYPES, Parts, archetype_of, build_shape, size_of
from plantverse.viewer.shapes.finishes import FINISHES

FILE = Path(__file__).resolve().parent.parent / "tests" / "golden" / "shapes.json"
SIZES = ((1.0, 1.0, 1.0), (2.6, 1.4, 1.1), (1.2, 2.8, 1.3))
TYPES = (
    ("box", "Pump"), ("cylinder", "CoolingWaterPump2"), ("box", "cooling_water_pumps"), ("cylinder", "Filler"),
    ("box", "CasePacker"), ("box", "ProductTank"), ("box", "HeatExchanger"), ("box", "Depalletiser"), ("box", "AGV"),
    ("box", "PLCGateway"), ("sphere", "Pump"), ("box", "Thing"), ("cylinder", "Thing"), ("box", "SteamHeater"),
    ("box", "UPSystem"), ("box", "EnergyMeter"), ("silo", "Thing"), ("mesh", "Pump"),
)  # fmt: skip


def golden() -> str:
    """Return the text of the file."""
    machines = [_machine(name, size) for name in ARCHETYPES for size in SIZES]
    finishes = sorted([f.color, f.roughness, f.metalness, f.tinted] for f in FINISHES)
    types = [[shape, name, archetype_of(shape, name)] for shape, name in TYPES]
    rows = ",\n".join(json.dumps(machine) for machine in machines)
    return f'{{"finishes": {json.dumps(finishes)},\n"types": {json.dumps(types)},\n"machines": [\n{rows}\n]}}\n'


def _machine(name: str, declared: tuple[float, float, float]) -> dict[str, Any]:
    size = size_of(name, declared)
    shape = build_shape(name, size)
    return {
        "archetype": name,
        "declared": declared,
        "size": size,
        "body": _box(shape.body),
        "far": sum(len(piece.solid.faces) for piece in shape.body.build("far")),
        "joints": [
            {
                "name": joint.name,
                "kind": joint.kind,
                "axis": joint.axis,
                "on": joint.on,
                "pivot": [_round(value) for value in joint.pivot],
                "box": _box(joint.parts),
            }
            for joint in shape.joints
        ],
    }


def _box(parts: Parts) -> dict[str, Any]:
    points = np.vstack([piece.solid.points for piece in parts.build()])
    return {"min": [_round(v) for v in points.min(axis=0)], "max": [_round(v) for v in points.max(axis=0)]}


def _round(value: float) -> float:
    return round(float(value), 4) + 0.0


if __name__ == "__main__":
    FILE.write_text(golden(), encoding="utf-8")

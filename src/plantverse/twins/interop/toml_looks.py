"""Reads what a plant file says about looks: geometry, visual rules, the hall and the floor plan."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from plantverse.twins.interop.tables import read_table, read_value
from plantverse.twins.look_checks import check_floor, check_geometry, check_hall, check_visual
from plantverse.twins.look_specs import FloorPlan, Geometry, Hall, VisualRule, merged_rules
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import TwinType

Where = Callable[[str], str]
"""Gives `file:line: what: key` for a key, "" for the table itself."""

TYPE_KEYS = ("geometry", "visual")


def read_geometry(table: object, base: Geometry, where: Where, problems: Problems) -> Geometry | None:
    """Return `base` with what the table says in its place, None if something is wrong in it."""
    if not isinstance(table, Mapping):
        problems.add(where(""), expected="a table", got=table)
        return None
    kinds = {f.name: f.type for f in fields(Geometry)}
    known = len(problems.found)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in kinds:
            problems.add(where(key), expected="a known key", got=key, hint=closest(key, kinds))
        else:
            values[key] = read_value(value, kinds[key], where(key), problems)
    return replace(base, **values) if len(problems.found) == known else None


def read_visuals(tables: object, where: Callable[[int], Where], problems: Problems) -> tuple[VisualRule, ...]:
    """Return the rules of `[[...visual]]` tables; each knows its line."""
    if not isinstance(tables, list):
        problems.add(where(0)(""), expected="tables [[...visual]] with two brackets", got=tables)
        return ()
    found = []
    for number, table in enumerate(tables):
        at = where(number)
        source = at("").split(": ", 1)[0]
        rule = read_table(VisualRule, table, at, problems, source=source)
        if rule is not None:
            found.append(replace(rule, relation="feeds") if rule.kind == "flow" and not rule.relation else rule)
    return tuple(found)


def read_type(table: object, twin_type: TwinType, where: Where, problems: Problems, line: Where) -> TwinType:
    """Return a type with the looks that the plant file gives it.

    Args:
        table: `[type.NAME]`.
        twin_type: As its class declares it.
        where: Places in the table.
        problems: Takes the mistakes.
        line: `file:line` of a rule by its number.
    """
    if not isinstance(table, Mapping):
        problems.add(where(""), expected="a table", got=table)
        return twin_type
    for key in table:
        if key not in TYPE_KEYS:
            problems.add(where(key), expected="a known key", got=key, hint=closest(key, TYPE_KEYS))
    geometry: Geometry | None = twin_type.geometry
    if "geometry" in table:
        geometry = read_geometry(
            table["geometry"], twin_type.geometry, lambda k: where("geometry") + (f".{k}" if k else ""), problems
        )
        if geometry is not None:
            check_geometry(geometry, where("geometry"), problems)
    rules = read_visuals(
        table.get("visual", []),
        lambda n: lambda k: f"{line(str(n))}: {twin_type.name}: visual" + (f": {k}" if k else ""),
        problems,
    )
    paths, relations = [s.path for s in twin_type.signals], [r.name for r in twin_type.relations]
    for rule in rules:
        check_visual(rule, paths, relations, f"{rule.source}: {twin_type.name}: visual {rule.kind}", problems)
    visuals = merged_rules(twin_type.visuals, rules)
    return replace(twin_type, geometry=geometry or twin_type.geometry, visuals=visuals)


def read_hall(table: object, where: Where, problems: Problems) -> Hall | None:
    """Return the hall of `[plant.hall]`, None if something is wrong in it."""
    hall = read_table(Hall, table, where, problems)
    if hall is not None:
        check_hall(hall, where("").rstrip(": "), problems)
    return hall


def read_floor(table: object, where: Where, problems: Problems) -> FloorPlan | None:
    """Return the drawing of `[plant.floor]`, None if something is wrong in it."""
    floor = read_table(FloorPlan, table, where, problems)
    if floor is not None:
        check_floor(floor, where("").rstrip(": "), problems)
    return floor

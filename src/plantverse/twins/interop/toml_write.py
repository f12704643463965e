"""Writes twins as tables of a plant file; only what differs from the defaults is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table

from plantverse.twins.interop.toml_twins import GENERIC
from plantverse.twins.specs import Binding, DetectorSpec, PlantSpec, TwinSpec

_TEXTS = ("name", "area", "topic", "command_topic", "answer_topic", "desired_topic")


def plant_text(plant: PlantSpec, *, type_files: Iterable[str] = ()) -> str:
    """Return the text of a plant file with all twins and detectors of a plant.

    Args:
        plant: Types are not written: they are code.
        type_files: Python files with the twin classes, relative to the plant file.
    """
    document = tomlkit.document()
    head = tomlkit.table()
    head["name"] = plant.name
    if plant.title:
        head["title"] = plant.title
    if files := list(type_files):
        head["types"] = files
    document["plant"] = head
    for name, part in (("hall", plant.hall), ("floor", plant.floor)):
        if part is not None:
            head[name] = inline_table(written(part))
    if plant.twins:
        tables = tomlkit.aot()
        for twin in plant.twins:
            tables.append(twin_table(twin))
        document["twin"] = tables
    if plant.detectors:
        watching = tomlkit.aot()
        for detector in plant.detectors:
            watching.append(detector_table(detector))
        document["detector"] = watching
    return tomlkit.dumps(document)


def detector_table(detector: DetectorSpec) -> Table:
    """Return the `[[detector]]` table of a detector."""
    table = tomlkit.table()
    for key, value in written(detector, "source").items():
        table[key] = value
    return table


def twin_table(twin: TwinSpec) -> Table:
    """Return the `[[twin]]` table of a twin."""
    table = tomlkit.table()
    table["id"] = twin.id
    if twin.type.name != GENERIC:
        table["type"] = twin.type.name
    for name in _TEXTS:
        if text := getattr(twin, name):
            table[name] = text
    for name in ("tags", "formerly"):
        if words := getattr(twin, name):
            table[name] = list(words)
    if twin.placement is not None:
        table["position"] = list(twin.placement.position)
        if twin.placement.yaw_deg:
            table["yaw_deg"] = twin.placement.yaw_deg
    if twin.availability is not None:
        table["availability"] = inline_table(written(twin.availability))
    if twin.synthetic is not None:
        origin = written(twin.synthetic)
        table["synthetic"] = inline_table({k: inline_table(v) if k == "condition" else v for k, v in origin.items()})
    if twin.relations:
        table["relations"] = inline_table({k: v[0] if len(v) == 1 else list(v) for k, v in twin.relations.items()})
    below(table, "signals", {s.path: written(s, "path", "derived") for s in twin.extra})
    below(table, "limits", {p: written(limits) for p, limits in twin.limits.items()})
    below(table, "bind", sources(twin.bindings))
    _add_looks(table, twin)
    return table


def _add_looks(table: Table, twin: TwinSpec) -> None:
    if twin.geometry is not None:
        table["geometry"] = inline_table(written(twin.geometry))
    if twin.visuals:
        rules = tomlkit.aot()
        for rule in twin.visuals:
            entry = tomlkit.table()
            entry.update(written(rule, "source"))
            rules.append(entry)
        table["visual"] = rules


def sources(bindings: Iterable[Binding]) -> dict[str, Mapping[str, Any] | Sequence[Mapping[str, Any]]]:
    """Return the entry of each path under `bind`: a table, or a list of them where a signal has several sources."""
    by_path: dict[str, list[Mapping[str, Any]]] = {}
    for binding in bindings:
        by_path.setdefault(binding.path, []).append(written(binding, "path"))
    return {path: tables[0] if len(tables) == 1 else tables for path, tables in by_path.items()}


def below(table: Table, name: str, entries: Mapping[str, Mapping[str, Any] | Sequence[Mapping[str, Any]]]) -> None:
    """Put a table `[twin.NAME.PATH]`, or a list of tables, for each entry; one that is there is replaced.

    Where the author wrote `NAME = { ... }` or `NAME.PATH = ...`, entries take that form.
    """
    if not entries:
        return
    if name not in table:
        table[name] = tomlkit.table(is_super_table=True)
    parent: Any = table[name]
    inline = isinstance(parent, InlineTable) or any(
        key is not None and key.key == name and key.is_dotted() for key, _ in table.value.body
    )
    for path, values in entries.items():
        if not isinstance(values, Mapping):
            several = tomlkit.array()
            several.extend(inline_table(value) for value in values)
            parent[path] = several
            continue
        plain = {k: inline_table(v) if isinstance(v, Mapping) else v for k, v in values.items()}
        if inline:
            parent[path] = inline_table(plain)
            continue
        entry = tomlkit.table()
        for key, value in plain.items():
            entry[key] = value
        parent[path] = entry


@contextmanager
def end_kept(table: object) -> Iterator[None]:
    """Add to a table, and leave the comments and empty lines at its end there: they are about the next table."""
    if not isinstance(table, Table):
        yield
        return
    body, behind = _last_body(table), []
    while body and body[-1][0] is None:
        behind.append(body.pop())
    yield
    _last_body(table).extend(reversed(behind))


def _last_body(table: Table) -> list[Any]:
    """Return the (key, item) pairs of the table or of its last table below, whichever ends the text."""
    body: list[Any] = table.value.body
    while body and isinstance(body[-1][1], Table) and not (body[-1][0] is not None and body[-1][0].is_dotted()):
        body = body[-1][1].value.body
    return body


def written(spec: object, *leave_out: str) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults, as TOML has them."""
    assert is_dataclass(spec), "specs are dataclasses"
    values = {f.name: getattr(spec, f.name) for f in fields(spec) if f.name not in leave_out and _differs(f, spec)}
    return {name: _plain(value) for name, value in values.items()}


def inline_table(values: Mapping[str, Any]) -> InlineTable:
    """Return `{ a = 1, b = 2 }`."""
    table = tomlkit.inline_table()
    for key, value in values.items():
        table[key] = value
    return table


def _differs(field: Field[Any], spec: object) -> bool:
    value = getattr(spec, field.name)
    if field.default is not MISSING:
        return bool(value != field.default)
    return field.default_factory is MISSING or value != field.default_factory()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return written(value)
    if isinstance(value, Mapping):
        return {str(k): v for k, v in value.items()}
    return list(value) if isinstance(value, tuple) else value

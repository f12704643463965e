"""Loads a plant: `plant.toml` with the type files that it names, or a Python file with a `Plant` in it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from plantverse.errors import PlantInvalid
from plantverse.twins.identity import slug
from plantverse.twins.interop.tables import read_value
from plantverse.twins.interop.toml_lines import TomlLines
from plantverse.twins.interop.toml_looks import read_floor, read_hall
from plantverse.twins.interop.toml_twins import TableReader
from plantverse.twins.interop.user_code import run_file, twin_classes, user_folder
from plantverse.twins.patterns import TopicPattern
from plantverse.twins.plant import Plant, checked_plant
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import PlantSpec, TwinSpec, TwinType

_P = TypeVar("_P")

FILE_NAME = "plant.toml"
_PLANT_KEYS = ("name", "title", "types", "hall", "floor")
_TOP_KEYS = ("plant", "type", "twin", "map", "detector")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPlant:
    """A plant file as it was read.

    Attributes:
        spec: The twins that the file names.
        patterns: Those that make more twins; the first that matches a topic counts.
        files: What was read, the plant file first; a change of one is a reason to load again.
    """

    spec: PlantSpec
    patterns: tuple[TopicPattern, ...] = ()
    files: tuple[Path, ...] = ()

    def match(self, topic: str) -> TwinSpec | None:
        """Return the twin that a topic brings up by a pattern, None if there is none."""
        return next((twin for p in self.patterns if (twin := p.match(topic)) is not None), None)


def load_plant(path: str | Path) -> PlantSpec:
    """Return the plant of a file, checked.

    Args:
        path: A `.toml` or `.py` file, or a folder with a `plant.toml`.

    Raises:
        PlantInvalid: With every mistake in `problems`, each with file, line, twin and field as far as known.
    """
    return read_plant(path).spec


def read_plant(path: str | Path) -> LoadedPlant:
    """Return the plant of a file with its patterns and the files that it consists of; see `load_plant`.

    Raises:
        PlantInvalid: As `load_plant`.
    """
    path = Path(path)
    if path.is_dir():
        path = path / FILE_NAME
    if path.suffix == ".py":
        return _read_python(path)
    if path.suffix != ".toml":
        raise PlantInvalid(str(path), expected="a .toml or .py file", got=path.suffix or path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise PlantInvalid(str(path), expected="a readable file", got=exc.strerror or str(exc)) from exc
    except UnicodeDecodeError as exc:
        raise PlantInvalid(str(path), expected="UTF-8 text", got=f"byte {exc.start}: {exc.reason}") from exc
    return read_plant_text(text, path)


def read_plant_text(text: str, path: Path) -> LoadedPlant:
    """Return the plant that a TOML text describes; type files lie relative to `path`.

    Raises:
        PlantInvalid: As `load_plant`.
    """
    try:
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise PlantInvalid(str(path), expected="valid TOML", got=str(exc)) from exc
    problems = Problems()
    lines = TomlLines(text)
    reader = TableReader(str(path), lines, problems, {})
    _unknown(tree, _TOP_KEYS, "", reader, problems)
    head = tree.get("plant", {})
    if not isinstance(head, dict):
        problems.add(reader.place("plant"), expected="a table [plant]", got=head)
        head = {}
    _unknown(head, _PLANT_KEYS, "plant", reader, problems)
    before_types = len(problems.found)
    types, files = _types(head.get("types", []), path, reader, problems)
    complete = len(problems.found) == before_types
    reader = TableReader(str(path), lines, problems, types, all_types=complete)
    if complete:
        types |= _looks(tree.get("type", {}), types, reader, problems)
    twins = [reader.twin(i, t) for i, t in enumerate(_tables(tree, "twin", reader, problems))]
    patterns = [reader.pattern(i, t) for i, t in enumerate(_tables(tree, "map", reader, problems))]
    detectors = [reader.detector(i, t) for i, t in enumerate(_tables(tree, "detector", reader, problems))]
    if not complete:
        problems.check()
    kept = tuple(p for p in patterns if p is not None)
    spec = checked_plant(
        PlantSpec(
            name=_text(head, "name", reader, problems) or slug(path.resolve().parent.name or "plant"),
            title=_text(head, "title", reader, problems),
            twins=tuple(t for t in twins if t is not None),
            types=tuple(types.values()),
            detectors=tuple(d for d in detectors if d is not None),
            source=str(path),
            hall=_part(head, "hall", read_hall, reader, problems),
            floor=_part(head, "floor", read_floor, reader, problems),
        ),
        patterns=kept,
        problems=problems,
    )
    return LoadedPlant(spec=spec, patterns=kept, files=(path, *files))


def _read_python(path: Path) -> LoadedPlant:
    with user_folder(path.parent) as ran:
        module = run_file(path)
    plants = {n: v for n, v in vars(module).items() if isinstance(v, Plant)}
    different = list({id(p): p for p in plants.values()}.values())
    if "plant" in plants:
        plant = plants["plant"]
    elif len(different) == 1:
        plant = different[0]
    else:
        raise PlantInvalid(
            str(path), expected='one module-level Plant, such as plant = Plant("demo")', got=sorted(plants) or "none"
        )
    return LoadedPlant(spec=plant.spec(), patterns=plant.patterns(), files=(path, *sorted(ran - {path})))


def _types(
    names: object, path: Path, reader: TableReader, problems: Problems
) -> tuple[dict[str, TwinType], list[Path]]:
    where = f"{reader.place('plant', 'types')}: types"
    types: dict[str, TwinType] = {}
    with user_folder(path.parent) as ran:
        for name in read_value(names, tuple[str, ...], where, problems) or ():
            file = path.parent / name
            if file.suffix != ".py" or not file.is_file():
                present = (p.name for p in path.parent.glob("*.py"))
                problems.add(where, expected="a Python file", got=name, hint=closest(name, present))
                continue
            try:
                classes = twin_classes(run_file(file))
            except PlantInvalid as exc:
                problems.take(exc)
                continue
            for cls in classes:
                twin_type = cls.twin_type()
                if types.setdefault(twin_type.name, twin_type) != twin_type:
                    problems.add(f"{file}: {twin_type.name}", expected="one class of this name", got="a second one")
    return types, sorted(ran)


def _looks(tables: object, types: dict[str, TwinType], reader: TableReader, problems: Problems) -> dict[str, TwinType]:
    """Return the types that the file gives looks to."""
    if not isinstance(tables, dict):
        problems.add(reader.place("type"), expected="tables [type.NAME]", got=tables)
        return {}
    found = {}
    for name, table in tables.items():
        if name in types:
            found[name] = reader.looks_of(name, table, types[name])
        else:
            where = f"{reader.place('type', name)}: type.{name}"
            problems.add(where, expected="a twin class of the plant", got=name, hint=closest(name, types))
    return found


def _part(
    head: dict[str, Any],
    key: str,
    read: Callable[[object, Callable[[str], str], Problems], _P | None],
    reader: TableReader,
    problems: Problems,
) -> _P | None:
    if key not in head:
        return None
    return read(
        head[key],
        lambda k: f"{reader.place('plant', key, *([k] if k else []))}: {key}" + (f": {k}" if k else ""),
        problems,
    )


def _tables(tree: dict[str, Any], name: str, reader: TableReader, problems: Problems) -> list[object]:
    tables = tree.get(name, [])
    if isinstance(tables, list):
        return tables
    problems.add(reader.place(name), expected=f"[[{name}]] with two brackets", got=f"[{name}]")
    return []


def _text(table: dict[str, Any], key: str, reader: TableReader, problems: Problems) -> str:
    return read_value(table.get(key, ""), str, f"{reader.place('plant', key)}: {key}", problems) or ""


def _unknown(
    table: dict[str, Any], names: tuple[str, ...], prefix: str, reader: TableReader, problems: Problems
) -> None:
    for key in table:
        if key not in names:
            keys = (prefix, key) if prefix else (key,)
            problems.add(f"{reader.place(*keys)}: {key}", expected="a known key", got=key, hint=closest(key, names))

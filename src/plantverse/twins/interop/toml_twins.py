"""Reads the tables `[[twin]]`, `[[map]]` and `[[detector]]` of a plant file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from plantverse.twins.interop.tables import read_table, read_value
from plantverse.twins.interop.toml_lines import TomlLines
from plantverse.twins.interop.toml_looks import read_geometry, read_type, read_visuals
from plantverse.twins.look_specs import VisualRule
from plantverse.twins.patterns import TopicPattern
from plantverse.twins.plant import check_pattern
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import (
    Availability,
    Binding,
    DetectorSpec,
    Limits,
    Placement,
    SignalSpec,
    Synthetic,
    TwinSpec,
    TwinType,
)

GENERIC = "Machine"
"""Type of a twin that names none; what it has stands in its `signals`."""

Keys = tuple[str | int, ...]

_TEXTS = ("name", "area", "topic", "command_topic", "answer_topic", "desired_topic")
TWIN_KEYS = (
    "id", "type", *_TEXTS, "tags", "formerly", "position", "yaw_deg", "availability", "relations",
    "bind", "limits", "signals", "geometry", "visual", "synthetic",
)  # fmt: skip
MAP_KEYS = ("topic", "twin", "type", "name", "area", "base", "key", "tags", "availability", "bind", "synthetic")


class TableReader:
    """Turns tables into specs.

    Args:
        source: The plant file as messages show it.
        types: By name.
        all_types: False where a type file failed, so that an unknown type is no second mistake.
    """

    def __init__(
        self,
        source: str,
        lines: TomlLines,
        problems: Problems,
        types: Mapping[str, TwinType],
        *,
        all_types: bool = True,
    ) -> None:
        self._all_types = all_types
        self.source, self._lines, self._types, self._problems = source, lines, types, problems

    def place(self, *keys: str | int) -> str:
        """Return `file:line` of a key."""
        line = self._lines.of(*keys)
        return self.source if line is None else f"{self.source}:{line}"

    def twin(self, number: int, table: object) -> TwinSpec | None:
        """Return the twin of the table with this number, None if a mistake makes it unusable."""
        keys: Keys = ("twin", number)
        known = len(self._problems.found)
        if not isinstance(table, dict):
            self._problems.add(self.place(*keys), expected="[[twin]] tables", got=table)
            return None
        twin_id = read_value(table.get("id", ""), str, f"{self.place(*keys, 'id')}: id", self._problems) or ""
        where = self._where(keys, twin_id or "twin")
        if not twin_id:
            self._problems.add(where(""), expected="the key id", got=table.get("id", "none"))
        self._unknown(table, TWIN_KEYS, where)
        twin_type = self._type(table, where)
        texts = {k: read_value(table[k], str, where(k), self._problems) for k in _TEXTS if k in table}
        words = {
            k: read_value(table[k], tuple[str, ...], where(k), self._problems)
            for k in ("tags", "formerly")
            if k in table
        }
        placement = self._placement(table, where)
        availability = self._availability(table, where)
        bindings = self._bindings(table.get("bind", {}), keys, twin_id, twin_type, table)
        limits = self._each(table.get("limits", {}), (*keys, "limits"), twin_id, Limits)
        signals = self._signals(table.get("signals", {}), (*keys, "signals"), twin_id)
        relations = self._relations(table.get("relations", {}), where)
        geometry = None
        if "geometry" in table:
            base = twin_type.geometry
            geometry = read_geometry(table["geometry"], base, _below(where, "geometry"), self._problems)
        visuals = self._visuals(table.get("visual", []), keys, twin_id)
        synthetic = self._synthetic(table, where)
        if len(self._problems.found) > known:
            return None
        return TwinSpec(
            id=twin_id,
            type=twin_type,
            **texts,
            **words,
            bindings=bindings,
            availability=availability,
            placement=placement,
            limits=limits,
            extra=signals,
            relations=relations,
            geometry=geometry,
            visuals=visuals,
            synthetic=synthetic,
            source=self.place(*keys),
        )

    def looks_of(self, name: str, table: object, twin_type: TwinType) -> TwinType:
        """Return a type with what `[type.NAME]` gives it."""
        keys: Keys = ("type", name)
        line = lambda number: self.place(*keys, "visual", int(number))  # noqa: E731  a place, as `where` is
        return read_type(table, twin_type, self._where(keys, name), self._problems, line)

    def pattern(self, number: int, table: object) -> TopicPattern | None:
        """Return the pattern of the table with this number, None if a mistake makes it unusable."""
        keys: Keys = ("map", number)
        known = len(self._problems.found)
        if not isinstance(table, dict):
            self._problems.add(self.place(*keys), expected="[[map]] tables", got=table)
            return None
        where = self._where(keys, "map")
        self._unknown(table, MAP_KEYS, where)
        for key in ("topic", "twin"):
            if not table.get(key):
                self._problems.add(where(key), expected=f"the key {key}", got=table.get(key, "none"))
        twin_type = self._type(table, where)
        texts = {
            k: read_value(table[k], str, where(k), self._problems)
            for k in ("topic", "twin", "name", "area", "base", "key")
            if k in table
        }
        tags = read_value(table.get("tags", []), tuple[str, ...], where("tags"), self._problems)
        bindings = self._bindings(table.get("bind", {}), keys, "map", twin_type, {})
        availability = self._availability(table, where)
        synthetic = self._synthetic(table, where)
        if len(self._problems.found) > known:
            return None
        pattern = TopicPattern(
            **texts,
            type=twin_type,
            tags=tags,
            bindings=bindings,
            availability=availability,
            synthetic=synthetic,
            source=self.place(*keys),
        )
        check_pattern(pattern, self._problems)
        return pattern if len(self._problems.found) == known else None

    def detector(self, number: int, table: object) -> DetectorSpec | None:
        """Return the detector of the table with this number, None if a mistake makes it unusable."""
        keys: Keys = ("detector", number)
        return read_table(DetectorSpec, table, self._where(keys, "detector"), self._problems, source=self.place(*keys))

    def _where(self, keys: Keys, name: str) -> Callable[[str], str]:
        return lambda key: f"{self.place(*keys, key)}: {name}" + (f": {key}" if key else "")

    def _unknown(self, table: Mapping[str, Any], names: tuple[str, ...], where: Callable[[str], str]) -> None:
        for key in table:
            if key not in names:
                self._problems.add(where(key), expected="a known key", got=key, hint=closest(key, names))

    def _type(self, table: Mapping[str, Any], where: Callable[[str], str]) -> TwinType:
        name = table.get("type", GENERIC)
        generic = TwinType(name=GENERIC)
        if name in self._types:
            return self._types[name]
        if name != GENERIC and self._all_types:
            self._problems.add(
                where("type"), expected="a twin class of the plant", got=name, hint=closest(str(name), self._types)
            )
        return generic

    def _placement(self, table: Mapping[str, Any], where: Callable[[str], str]) -> Placement | None:
        yaw = read_value(table.get("yaw_deg", 0.0), float, where("yaw_deg"), self._problems)
        if "position" not in table:
            if "yaw_deg" in table:
                self._problems.add(where("yaw_deg"), expected="a position with it", got=yaw)
            return None
        position = read_value(table["position"], tuple[float, float, float], where("position"), self._problems)
        return None if position is None or yaw is None else Placement(position=position, yaw_deg=yaw)

    def _availability(self, table: Mapping[str, Any], where: Callable[[str], str]) -> Availability | None:
        given = table.get("availability")
        if given is None or isinstance(given, str):
            return None if given is None else Availability(topic=given)
        return read_table(Availability, given, _below(where, "availability"), self._problems)

    def _synthetic(self, table: Mapping[str, Any], where: Callable[[str], str]) -> Synthetic | None:
        """A text is the generator; a table says more."""
        given = table.get("synthetic")
        if given is None or isinstance(given, str):
            return None if given is None else Synthetic(generator=given)
        return read_table(Synthetic, given, _below(where, "synthetic"), self._problems)

    def _relations(self, table: object, where: Callable[[str], str]) -> dict[str, tuple[str, ...]]:
        if not isinstance(table, dict):
            self._problems.add(where("relations"), expected="a table", got=table)
            return {}
        below = _below(where, "relations")
        return {
            name: (given,)
            if isinstance(given, str)
            else read_value(given, tuple[str, ...], below(name), self._problems) or ()
            for name, given in table.items()
        }

    def _bindings(
        self, table: object, keys: Keys, twin_id: str, twin_type: TwinType, twin: Mapping[str, Any]
    ) -> tuple[Binding, ...]:
        if not self._all_types:
            return ()
        extra = twin.get("signals", {})
        paths = {s.path for s in twin_type.signals} | {p.path for p in twin_type.properties}
        paths |= set(_flat(extra)) if isinstance(extra, dict) else set()
        found = []
        for path, given in self._entries(table, (*keys, "bind"), twin_id, paths):
            where = self._deep((*keys, "bind"), path, f"{twin_id}: bind.{path}")
            for number, source in enumerate(given if isinstance(given, list) else [given]):
                binding = self._binding(source, path, where, number)
                if binding is not None:
                    found.append(binding)
        return tuple(found)

    def _binding(self, given: object, path: str, where: Callable[[str], str], number: int) -> Binding | None:
        """Return one source of a path; in a list an earlier one is better unless priorities say otherwise."""
        if isinstance(given, str):
            return Binding(path=path, topic=given, priority=number)
        binding = read_table(Binding, given, where, self._problems, path=path)
        if binding is None or (isinstance(given, dict) and "priority" in given):
            return binding
        return replace(binding, priority=number)

    def _entries(
        self, table: object, keys: Keys, twin_id: str, paths: set[str], prefix: str = ""
    ) -> list[tuple[str, object]]:
        """Return (path, topic or table) of each binding; a path may be quoted or written as nested tables."""
        if not isinstance(table, dict):
            self._problems.add(f"{self.place(*keys)}: {twin_id}: bind", expected="a table of paths", got=table)
            return []
        found: list[tuple[str, object]] = []
        for key, given in table.items():
            path = prefix + key
            deeper = isinstance(given, dict) and path not in paths and any(p.startswith(path + ".") for p in paths)
            if deeper:
                found += self._entries(given, keys, twin_id, paths, path + ".")
            else:
                found.append((path, given))
        return found

    def _signals(self, table: object, keys: Keys, twin_id: str) -> tuple[SignalSpec, ...]:
        if not isinstance(table, dict):
            self._problems.add(f"{self.place(*keys)}: {twin_id}: signals", expected="a table of paths", got=table)
            return ()
        found = []
        for path, given in _flat(table).items():
            where = self._deep(keys, path, f"{twin_id}: signals.{path}")
            rest = dict(given) if isinstance(given, dict) else given
            limits = None
            if isinstance(rest, dict) and "limits" in rest:
                limits = read_table(Limits, rest.pop("limits"), _below(where, "limits"), self._problems)
            signal = read_table(SignalSpec, rest, where, self._problems, path=path, limits=limits, derived=False)
            if signal is not None:
                found.append(signal)
        return tuple(found)

    def _visuals(self, tables: object, keys: Keys, twin_id: str) -> tuple[VisualRule, ...]:
        if not self._all_types:
            return ()
        where = lambda n: self._where((*keys, "visual", n), f"{twin_id}: visual")  # noqa: E731  places by number
        return read_visuals(tables, where, self._problems)

    def _each(self, table: object, keys: Keys, twin_id: str, kind: type[Limits]) -> dict[str, Limits]:
        if not isinstance(table, dict):
            self._problems.add(f"{self.place(*keys)}: {twin_id}: limits", expected="a table of paths", got=table)
            return {}
        found = {}
        for path, given in _flat(table).items():
            where = self._deep(keys, path, f"{twin_id}: limits.{path}")
            limits = read_table(kind, given, where, self._problems)
            if limits is not None:
                found[path] = limits
        return found

    def _deep(self, keys: Keys, path: str, name: str) -> Callable[[str], str]:
        """Return the place of keys below a path, which stands in the file as one quoted key or as nested ones."""

        def where(key: str) -> str:
            tail = (key,) if key else ()
            whole, nested = (*keys, path, *tail), (*keys, *path.split("."), *tail)
            line = max(self._lines.of(*whole) or 0, self._lines.of(*nested) or 0)
            return f"{self.source}:{line}: {name}" + (f": {key}" if key else "")

        return where


def _below(where: Callable[[str], str], name: str) -> Callable[[str], str]:
    return lambda key: where(name) + (f".{key}" if key else "")


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return entries by path; a table that holds nothing but tables is a component, unless it is empty."""
    found: dict[str, Any] = {}
    for key, given in table.items():
        path = prefix + key
        if (
            isinstance(given, dict)
            and given
            and all(isinstance(v, dict) for v in given.values())
            and not (given.keys() <= {"limits", "codes"})
        ):
            found |= _flat(given, path + ".")
        else:
            found[path] = given
    return found

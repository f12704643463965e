"""Edits a plant file for viewer and CLI; comments, order and layout of the author stay."""

from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from plantverse.errors import Conflict, NotFound, PlantInvalid
from plantverse.twins.interop.files import write_atomic
from plantverse.twins.interop.plant_toml import LoadedPlant, read_plant_text
from plantverse.twins.interop.toml_lines import TomlLines
from plantverse.twins.interop.toml_write import below, detector_table, end_kept, sources, twin_table, written
from plantverse.twins.specs import DetectorSpec, Placement, TwinSpec

_Document = tomlkit.TOMLDocument
_Entry = MutableMapping[str, Any]
_Edit = Callable[[_Document], _Document]


class PlantEditor:
    r"""A plant file in the making: edits gather until `save`.

    Args:
        path: A `.toml` file; a missing one begins empty.

    Raises:
        PlantInvalid: The file cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "plant.toml"
        >>> _ = path.write_text('[[twin]]\nid = "p1"  # the old one\ntopic = "plant/p1"\n')
        >>> editor = PlantEditor(path)
        >>> editor.rename("p1", "hall/pump-1")
        >>> _ = editor.save()
        >>> "# the old one" in path.read_text()
        True
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.suffix != ".toml":
            raise PlantInvalid(str(path), expected="a .toml file", got=self.path.name, hint="a plant in Python is code")
        self._edits: list[_Edit] = []
        self._read = self._bytes()
        self._document = self._parsed(self._read)

    def bind(self, *twins: TwinSpec) -> None:
        """Add twins; where there is one of this id, add the signals, limits and bindings to it."""

        def edit(document: _Document) -> _Document:
            known = {entry.get("id"): entry for entry in _twins(document)}
            for twin in twins:
                if twin.id in known:
                    _extend(_table(known[twin.id], twin.id), twin)
                else:
                    _append(document, "twin", twin_table(twin))
            return document

        self._apply(edit)

    def place(self, twin_id: str, placement: Placement | None) -> None:
        """Set where a twin stands; None leaves it to the layout again.

        Raises:
            NotFound: No such twin in the file.
        """

        def edit(document: _Document) -> _Document:
            entry = _find(document, twin_id)
            for key in ("position", "yaw_deg"):
                if placement is None:
                    entry.pop(key, None)
            if placement is not None:
                _set(entry, "position", list(placement.position))
                if placement.yaw_deg or "yaw_deg" in entry:
                    _set(entry, "yaw_deg", placement.yaw_deg)
            return document

        self._apply(edit)

    def rename(self, old: str, new: str) -> None:
        """Give a twin another id: relations and detectors follow, history goes on by the old id in `formerly`.

        Raises:
            NotFound: No such twin in the file.
            Conflict: Another twin has that id.
        """

        def edit(document: _Document) -> _Document:
            entry = _find(document, old)
            if old == new:
                return document
            if any(e.get("id") == new for e in _twins(document)):
                raise Conflict(f"twin {new} exists already")
            entry["id"] = _like(entry["id"], new)
            former = [f for f in (*entry.get("formerly", ()), old) if f != new]
            _set(entry, "formerly", former)
            _retarget(document, old, new)
            _rebind(document, old, new)
            return document

        self._apply(edit)

    def remove(self, twin_id: str) -> None:
        """Take a twin out, and out of the relations that point at it.

        Raises:
            NotFound: No such twin in the file.
        """

        def edit(document: _Document) -> _Document:
            _find(document, twin_id)
            number = next(i for i, e in enumerate(_twins(document)) if e.get("id") == twin_id)
            rest = _without(document, "twin", number)
            _retarget(rest, twin_id, None)
            return rest

        self._apply(edit)

    def watch(self, detector: DetectorSpec) -> None:
        """Let a detector watch, in place of the one of that twin and name if there is one."""

        def edit(document: _Document) -> _Document:
            number = _number_of(document, detector.twin, detector.name)
            if number is not None:
                document = _without(document, "detector", number)
            _append(document, "detector", detector_table(detector))
            return document

        self._apply(edit)

    def unwatch(self, twin_id: str, name: str) -> None:
        """Take a detector out.

        Raises:
            NotFound: No such detector in the file.
        """

        def edit(document: _Document) -> _Document:
            number = _number_of(document, twin_id, name)
            if number is None:
                raise NotFound(f"no detector {name} at {twin_id} in the plant file")
            return _without(document, "detector", number)

        self._apply(edit)

    def text(self) -> str:
        """Return the file's text with the edits."""
        return tomlkit.dumps(self._document)

    def save(self, *, merge: bool = False) -> LoadedPlant:
        """Check the edited plant, replace the file in one step and return what it holds now.

        Args:
            merge: If the file changed on disk since it was read, apply the edits to its present text instead of
                refusing.

        Raises:
            Conflict: The file changed on disk since it was read; nothing was written.
            PlantInvalid: The result would be no valid plant; nothing was written.
        """
        present = self._bytes()
        if present != self._read:
            if not merge:
                raise Conflict(f"{self.path} changed on disk", hint="read it again, or save with merge")
            document = self._parsed(present)
            for edit in self._edits:
                document = edit(document)
            self._read, self._document = present, document
        text = self.text()
        loaded = read_plant_text(text, self.path)
        content = text.encode()
        if content != self._read:
            try:
                write_atomic(self.path, content)
            except OSError as exc:
                raise PlantInvalid(str(self.path), expected="a writable file", got=exc.strerror or str(exc)) from exc
        self._read, self._edits = content, []
        return loaded

    def _apply(self, edit: _Edit) -> None:
        self._document = edit(self._document)
        self._edits.append(edit)

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as exc:
            raise PlantInvalid(str(self.path), expected="a readable file", got=exc.strerror or str(exc)) from exc

    def _parsed(self, content: bytes) -> _Document:
        try:
            return tomlkit.parse(content.decode("utf-8-sig"))
        except (TOMLKitError, UnicodeDecodeError) as exc:
            raise PlantInvalid(str(self.path), expected="valid TOML", got=str(exc)) from exc


def _twins(document: _Document) -> Iterator[_Entry]:
    tables: Any = document.get("twin", ())
    return iter(tables)


def _find(document: _Document, twin_id: str) -> _Entry:
    for entry in _twins(document):
        if entry.get("id") == twin_id:
            return entry
    raise NotFound(f"no twin {twin_id} in the plant file")


def _table(entry: _Entry, twin_id: str) -> Table:
    if not isinstance(entry, Table):
        raise Conflict(f"twin {twin_id} is written on one line", hint="write it as a [[twin]] table")
    return entry


def _extend(table: Table, twin: TwinSpec) -> None:
    with end_kept(table):
        below(table, "signals", {s.path: written(s, "path", "derived") for s in twin.extra})
        below(table, "limits", {p: written(limits) for p, limits in twin.limits.items()})
        below(table, "bind", sources(twin.bindings))
    if twin.topic and not table.get("topic"):
        _set(table, "topic", twin.topic)


def _append(document: _Document, name: str, table: Table) -> None:
    if document.body:
        # An empty line before the header.
        table.trivia.indent = "\n"
    if name not in document:
        document[name] = tomlkit.aot()
    document[name].append(table)


def _number_of(document: _Document, twin_id: str, name: str) -> int | None:
    """Return the place of a twin's detector among all of them."""
    tables: Any = document.get("detector", ())
    usual = DetectorSpec(twin=twin_id, model="").name
    found = (i for i, e in enumerate(tables) if e.get("twin") == twin_id and e.get("name", usual) == name)
    return next(found, None)


def _without(document: _Document, name: str, number: int) -> _Document:
    """Return the document without a table of a list; comments at its end are about what follows and stay."""
    text = document.as_string()
    span = TomlLines(text).span(name, number)
    if span is None:
        del document[name][number]
        return document
    lines = text.splitlines(keepends=True)
    first, behind = span[0] - 1, span[1] - 1 if span[1] else len(lines)
    while behind > first and (not (line := lines[behind - 1].strip()) or line.startswith("#")):
        behind -= 1
    if behind < len(lines) and not lines[behind].strip():
        behind += 1
    return tomlkit.parse("".join(lines[:first] + lines[behind:]))


def _set(entry: _Entry, key: str, value: Any) -> None:
    """Set a key; a comment on its line stays."""
    if key in entry:
        item = tomlkit.item(value)
        item.trivia.comment_ws = entry[key].trivia.comment_ws
        item.trivia.comment = entry[key].trivia.comment
        entry[key] = item
        return
    with end_kept(entry):
        entry[key] = value


def _like(item: Any, value: str) -> Any:
    made = tomlkit.item(value)
    made.trivia.comment_ws, made.trivia.comment = item.trivia.comment_ws, item.trivia.comment
    return made


def _rebind(document: _Document, old: str, new: str) -> None:
    watching: Any = document.get("detector", ())
    for entry in watching:
        if entry.get("twin") == old:
            entry["twin"] = _like(entry["twin"], new)


def _retarget(document: _Document, old: str, new: str | None) -> None:
    """Point relations at another id, or let go of it."""
    for entry in _twins(document):
        relations: Any = entry.get("relations", {})
        for name in list(relations):
            targets = relations[name]
            if isinstance(targets, str):
                if targets == old:
                    if new is None:
                        del relations[name]
                    else:
                        relations[name] = new
                continue
            for i in reversed(range(len(targets))):
                if targets[i] == old:
                    if new is None:
                        del targets[i]
                    else:
                        targets[i] = new
            if not len(targets):
                del relations[name]
        if "relations" in entry and not len(relations):
            del entry["relations"]

"""Imports a tag list, the CSV that every control system can export, as twins without a class."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from plantverse.errors import PlantInvalid
from plantverse.twins.checks import check_limits, check_range, check_topic, check_unit
from plantverse.twins.identity import slug, slug_path
from plantverse.twins.interop.plant_editor import PlantEditor
from plantverse.twins.interop.tag_text import HEADERS, TagTable, number, plain_header, read_table, span
from plantverse.twins.interop.toml_twins import GENERIC
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import Binding, Limits, SignalKind, SignalSpec, TwinSpec, TwinType

MAX_ROWS: Final = 200_000
_SEPARATORS: Final = "/.:_"
_KINDS: Final[dict[str, SignalKind]] = {
    **dict.fromkeys(("float", "real", "lreal", "double", "analog", "analogue", "number", "ai", "ao"), "float"),
    **dict.fromkeys(("int", "dint", "sint", "lint", "uint", "udint", "integer", "word", "dword", "byte"), "int"),
    **dict.fromkeys(("bool", "boolean", "bit", "digital", "binary", "binaer", "di", "do"), "bool"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagListReport:
    """What a tag list holds.

    Attributes:
        twins: Made of the rows without a mistake.
        rows: How many rows there are.
        signals: How many of them became signals.
        problems: Mistakes, each with line and column; such rows are left out.
        duplicates: (line, tag, line where it stood first).
        ignored: Headers that mean nothing here.
    """

    twins: tuple[TwinSpec, ...] = ()
    rows: int = 0
    signals: int = 0
    problems: tuple[PlantInvalid, ...] = ()
    duplicates: tuple[tuple[int, str, int], ...] = ()
    ignored: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""
    decimal_comma: bool = False

    def check(self) -> None:
        """Do nothing if every row is usable.

        Raises:
            PlantInvalid: With every mistake in `problems`.
        """
        if self.problems:
            raise PlantInvalid.of(self.problems)


def read_tag_list(path: str | Path, *, pattern: str = "") -> TagListReport:
    """Return what a CSV file holds; see `parse_tag_list`.

    Raises:
        PlantInvalid: The file cannot be read, or is no table with a column of tags.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise PlantInvalid(str(path), expected="a readable file", got=exc.strerror or str(exc)) from exc
    return parse_tag_list(content, source=str(path), pattern=pattern)


def parse_tag_list(content: bytes, *, source: str, pattern: str = "") -> TagListReport:
    """Return what the bytes of a CSV file hold.

    Args:
        content: Columns in any order, headers in English or German (docs/reference/tag-list.md).
        source: Name of the file for messages.
        pattern: How a tag is made up: `{twin}.{signal}`, `{area}_{twin}_{signal}`; `{twin}` takes as much as it can.
            "" splits at the last `/`, `.`, `:` or `_`. A column with the machine's name comes first.

    Raises:
        PlantInvalid: It is no table with a column of tags, has too many rows, or the pattern lacks `{signal}`.
    """
    split = _pattern(pattern, source)
    try:
        table = read_table(content)
    except ValueError as exc:
        raise PlantInvalid(source, expected="a CSV table", got=str(exc)) from exc
    if "tag" not in table.columns:
        hint = closest(plain_header(table.header[0]) if table.header else "", HEADERS["tag"])
        raise PlantInvalid(
            f"{source}:1", expected="a header row with a column of tags", got=", ".join(table.header), hint=hint
        )
    if len(table.rows) > MAX_ROWS:
        raise PlantInvalid(source, expected=f"at most {MAX_ROWS} rows", got=len(table.rows))
    return _Import(table, source, split).run()


def import_tags(tags: str | Path, plant: str | Path, *, pattern: str = "", skip_bad: bool = False) -> TagListReport:
    """Write the twins of a tag list into a plant file and return the report; twins that exist get what they lack.

    Args:
        tags: The CSV file.
        plant: The plant file; a missing one is made.
        pattern: As in `parse_tag_list`.
        skip_bad: Import the rows without a mistake even if others have some.

    Raises:
        PlantInvalid: A row is wrong (unless `skip_bad`), or the plant file is; nothing was written.
        Conflict: The plant file changed meanwhile; nothing was written.
    """
    report = read_tag_list(tags, pattern=pattern)
    if not skip_bad:
        report.check()
    editor = PlantEditor(plant)
    editor.bind(*report.twins)
    editor.save()
    return report


@dataclass(slots=True)
class _Group:
    """The rows of one machine: (signal, its name in the tag, topic, area)."""

    name: str
    line: int
    rows: list[tuple[SignalSpec, str, str, str]] = field(default_factory=list)


class _Import:
    """One run over a table."""

    def __init__(self, table: TagTable, source: str, split: re.Pattern[str] | None) -> None:
        self._table, self._source, self._split = table, source, split
        self._problems = Problems()
        self._first: dict[tuple[str, str], int] = {}
        self._duplicates: list[tuple[int, str, int]] = []
        self._groups: dict[str, _Group] = {}

    def run(self) -> TagListReport:
        for line, cells in self._table.rows:
            self._row(line, dict(self._named(cells)))
        used = set(self._table.columns.values())
        return TagListReport(
            twins=tuple(self._twin(i, g) for i, g in self._groups.items()),
            rows=len(self._table.rows),
            signals=sum(len(g.rows) for g in self._groups.values()),
            problems=tuple(self._problems.found),
            duplicates=tuple(self._duplicates),
            ignored=tuple(h for i, h in enumerate(self._table.header) if i not in used and h),
            encoding=self._table.encoding,
            delimiter=self._table.delimiter,
            decimal_comma=self._table.decimal_comma,
        )

    def _named(self, cells: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for column, at in self._table.columns.items():
            yield column, cells[at] if at < len(cells) else ""

    def _row(self, line: int, row: dict[str, str]) -> None:
        known = len(self._problems.found)
        tag = row["tag"]
        name, signal_name, area = self._parts(tag, row, line)
        signal = self._signal(line, row, signal_name)
        if row.get("topic"):
            check_topic(row["topic"], self._place(line, "topic"), self._problems)
        if len(self._problems.found) > known or signal is None:
            return
        key = (slug(name), signal.path)
        if key in self._first:
            self._duplicates.append((line, tag, self._first[key]))
            self._problems.add(
                self._place(line, "tag"), expected="each tag once", got=tag, hint=f"first on line {self._first[key]}"
            )
            return
        self._first[key] = line
        group = self._groups.setdefault(key[0], _Group(name, line))
        group.rows.append((signal, signal_name, row.get("topic", ""), area))

    def _parts(self, tag: str, row: dict[str, str], line: int) -> tuple[str, str, str]:
        """Return (machine, signal, area) of a row."""
        area, machine = row.get("area", ""), row.get("twin", "")
        if not tag:
            self._problems.add(self._place(line, "tag"), expected="a tag", got="nothing")
            return "x", "x", area
        if self._split is not None:
            found = self._split.match(tag)
            if found is None:
                self._problems.add(self._place(line, "tag"), expected="a tag that fits the pattern", got=tag)
                return "x", "x", area
            words = found.groupdict()
            return machine or words.get("twin") or "tags", words["signal"], area or words.get("area", "")
        at = max(tag.rfind(s) for s in _SEPARATORS)
        if at <= 0 or at == len(tag) - 1:
            return machine or area or "tags", tag, area
        return machine or tag[:at], tag[at + 1 :], area

    def _signal(self, line: int, row: dict[str, str], name: str) -> SignalSpec | None:
        known = len(self._problems.found)
        kind = self._kind(line, row.get("kind", ""))
        ll, low, high, hh = (self._number(line, row, n) for n in ("ll", "l", "h", "hh"))
        limits = Limits(ll=ll, l=low, h=high, hh=hh)
        unit_problems = Problems()
        unit = check_unit(row.get("unit", ""), "", unit_problems)
        if unit_problems.found:
            problem = unit_problems.found[0]
            self._problems.add(self._place(line, "unit"), expected="a unit", got=row["unit"], hint=problem.hint)
        between = self._range(line, row)
        if len(self._problems.found) > known:
            return None
        check_range(between, self._place(line, "range"), self._problems)
        check_limits(limits, self._place(line, "h"), self._problems)
        return SignalSpec(
            path=slug_path(name),
            kind=kind,
            unit="" if kind == "bool" else unit,
            name=row.get("text", "") or (name if slug_path(name) != name else ""),
            range=between,
            limits=None if limits == Limits() else limits,
        )

    def _kind(self, line: int, text: str) -> SignalKind:
        if not text:
            return "float"
        kind = _KINDS.get(plain_header(text))
        if kind is None:
            self._problems.add(self._place(line, "kind"), expected="a data type", got=text, hint=closest(text, _KINDS))
        return kind or "float"

    def _range(self, line: int, row: dict[str, str]) -> tuple[float, float] | None:
        text = row.get("range", "")
        if text:
            try:
                return span(text, decimal_comma=self._table.decimal_comma)
            except ValueError as exc:
                self._problems.add(self._place(line, "range"), expected=str(exc), got=text)
                return None
        low, high = self._number(line, row, "low"), self._number(line, row, "high")
        if (low is None) != (high is None):
            missing = "low" if low is None else "high"
            if not row.get(missing):
                place = self._place(line, missing if missing in self._table.columns else "range")
                self._problems.add(place, expected="both ends of the range", got="nothing")
        return None if low is None or high is None else (low, high)

    def _number(self, line: int, row: dict[str, str], column: str) -> float | None:
        text = row.get(column, "")
        if text in {"", "-", "--", "n/a"}:
            return None
        try:
            return number(text, decimal_comma=self._table.decimal_comma)
        except ValueError as exc:
            self._problems.add(self._place(line, column), expected=str(exc), got=text)
            return None

    def _place(self, line: int, column: str) -> str:
        at = self._table.columns.get(column)
        return f"{self._source}:{line}: {column if at is None else self._table.header[at]}"

    def _twin(self, twin_id: str, group: _Group) -> TwinSpec:
        topics = [t for _, _, t, _ in group.rows if t]
        shared = topics[0] if len(topics) == len(group.rows) > 1 and len(set(topics)) == 1 else ""
        areas = {a for _, _, _, a in group.rows}
        spec = TwinSpec(
            id=twin_id,
            type=TwinType(name=GENERIC),
            name="" if group.name == twin_id else group.name,
            area=areas.pop() if len(areas) == 1 else "",
            topic=shared,
            extra=tuple(s for s, _, _, _ in group.rows),
            source=f"{self._source}:{group.line}",
        )
        if shared:
            return spec
        bindings = tuple(Binding(path=s.path, topic=t) for s, _, t, _ in group.rows if t)
        return replace(spec, bindings=bindings)


def _pattern(pattern: str, source: str) -> re.Pattern[str] | None:
    if not pattern:
        return None
    parts = re.split(r"\{(area|twin|signal)\}", pattern)
    names = parts[1::2]
    if "signal" not in names or len(set(names)) != len(names) or "{" in "".join(parts[::2]):
        raise PlantInvalid(f"{source}: pattern", expected="{twin}, {signal} and perhaps {area}, each once", got=pattern)
    made = {"twin": "(?P<twin>.+)", "area": "(?P<area>.+?)", "signal": "(?P<signal>.+)"}
    return re.compile("".join(re.escape(p) if i % 2 == 0 else made[p] for i, p in enumerate(parts)) + r"\Z")

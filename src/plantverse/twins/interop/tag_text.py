"""Reads a CSV export whatever office program or control system wrote it: encoding, delimiter, headers, numbers."""

import codecs
import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

DELIMITERS: Final = ";,\t|"

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "tag": ("tag", "tagname", "tagid", "signal", "signalname", "variable", "symbol", "symbolname", "name",
            "kennzeichen", "messstelle", "bezeichner", "akz", "variablenname", "datenpunkt"),
    "text": ("text", "description", "comment", "desc", "longname", "beschreibung", "bezeichnung", "kommentar",
             "klartext", "langtext"),
    "unit": ("unit", "units", "eu", "engineeringunit", "einheit", "masseinheit", "dimension"),
    "kind": ("kind", "datatype", "type", "datentyp", "typ"),
    "range": ("range", "span", "messbereich"),
    "low": ("min", "minimum", "low", "rangelow", "rangemin", "eumin", "lowrange", "von", "messbereichvon",
            "messbereichanfang", "mba", "skalierungmin"),
    "high": ("max", "maximum", "high", "rangehigh", "rangemax", "eumax", "highrange", "bis", "messbereichbis",
             "messbereichende", "mbe", "skalierungmax"),
    "ll": ("ll", "lolo", "lowlow", "alarmlowlow", "limitll", "grenzwertll", "alarmuntenunten", "alarmunten"),
    "l": ("l", "lo", "alarmlow", "limitl", "grenzwertl", "warnungunten"),
    "h": ("h", "hi", "alarmhigh", "limith", "grenzwerth", "warnungoben"),
    "hh": ("hh", "hihi", "highhigh", "alarmhighhigh", "limithh", "grenzwerthh", "alarmobenoben", "alarmoben"),
    "area": ("area", "plantarea", "section", "bereich", "anlagenteil", "anlage", "halle", "gewerk"),
    "topic": ("topic", "mqtttopic", "mqtt", "thema"),
    "twin": ("twin", "machine", "equipment", "device", "asset", "maschine", "geraet", "aggregat", "betriebsmittel"),
}  # fmt: skip
"""Column by the headers that stand for it: lower case, letters and digits only, umlauts as two letters."""

_COLUMN_OF: Final = {header: column for column, headers in HEADERS.items() for header in headers}
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_POINT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d*)?([eE][+-]?\d+)?\Z")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+(?=,))(,\d*)?([eE][+-]?\d+)?\Z")
_RANGE = re.compile(r"\s*(?P<low>[+-]?[\d.,]+?)\s*(?:\.\.\.?|…|–|-|bis|to|;|/)\s*(?P<high>[+-]?[\d.,]+)\s*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagTable:
    """A CSV text taken apart.

    Attributes:
        header: Names as they stand in the file.
        columns: Index by column name of `HEADERS`, those that are there.
        rows: (line in the file, cells) of each row that is not empty.
        decimal_comma: Numbers are written `21,5`.
    """

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    columns: Mapping[str, int]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    decimal_comma: bool


def decoded(content: bytes) -> tuple[str, str]:
    """Return (text, encoding): by its mark, else UTF-8, else what Windows programs write in western Europe."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), encoding
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def read_table(content: bytes) -> TagTable:
    """Return the table of a CSV file; nothing in it is checked but its form.

    Raises:
        ValueError: A quote is never closed, or a field is longer than the 128 KiB that `csv` takes.
    """
    text, encoding = decoded(content)
    lines = text.splitlines(keepends=True)
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    first = lines[start] if lines else ""
    if (named := re.match(r"sep=(.)\s*\Z", first)) is not None:
        # Excel writes the delimiter on a line of its own.
        delimiter, start = named[1], start + 1
    else:
        delimiter = max(DELIMITERS, key=lambda d: (len(_columns(first.split(d))), first.count(d)))
    reader = csv.reader(io.StringIO("".join(lines[start:])), delimiter=delimiter, strict=True)
    try:
        found = [(reader.line_num + start, tuple(c.strip() for c in row)) for row in reader]
    except csv.Error as exc:
        raise ValueError(f"line {reader.line_num + start}: {exc}") from exc
    header = found[0][1] if found else ()
    rows = tuple((line, row) for line, row in found[1:] if any(row))
    columns = _columns(header)
    return TagTable(
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        columns=columns,
        rows=rows,
        decimal_comma=_uses_comma(columns, [r for _, r in rows]),
    )


def number(text: str, *, decimal_comma: bool) -> float:
    """Return the number of a cell; digits grouped by the other mark are understood.

    Raises:
        ValueError: It is none, or could mean two (`1.234` where the file writes decimal commas).

    Example:
        >>> number("1.234,5", decimal_comma=True), number("1,234.5", decimal_comma=False)
        (1234.5, 1234.5)
    """
    text = text.replace("\u00a0", "").replace(" ", "").replace("\u2212", "-")
    if not (_COMMA if decimal_comma else _POINT).match(text):
        raise ValueError(f"a number with a decimal {'comma' if decimal_comma else 'point'}")
    text = text.replace(".", "").replace(",", ".") if decimal_comma else text.replace(",", "")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a finite number")
    return value


def span(text: str, *, decimal_comma: bool) -> tuple[float, float]:
    """Return the numbers of a cell such as `0...120`, `0 - 120` or `0 bis 120`.

    Raises:
        ValueError: It is no such cell.
    """
    found = _RANGE.match(text)
    if found is None:
        raise ValueError("a range such as 0..120")
    return number(found["low"], decimal_comma=decimal_comma), number(found["high"], decimal_comma=decimal_comma)


def plain_header(text: str) -> str:
    """Return a header as `HEADERS` has it."""
    return re.sub(r"[^a-z0-9]", "", text.lower().translate(_UMLAUTS))


def _columns(header: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for i, text in enumerate(header):
        column = _COLUMN_OF.get(plain_header(text))
        if column is not None:
            found.setdefault(column, i)
    return found


def _uses_comma(columns: Mapping[str, int], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether decimals are written with a comma: more cells can only be read so than only the other way."""
    comma = point = 0
    for column in ("low", "high", "ll", "l", "h", "hh", "range"):
        at = columns.get(column)
        for row in rows if at is not None else ():
            for part in re.findall(r"\d[\d.,]*", row[at] if at is not None and at < len(row) else ""):
                one, other = _COMMA.match(part.rstrip(".,")), _POINT.match(part.rstrip(".,"))
                comma += bool(one and not other)
                point += bool(other and not one)
    return comma > point

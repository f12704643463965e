"""Finds the line of each table and key in a TOML text, because parsers give values without places."""

import re
import tomllib
from collections.abc import Iterator

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?\Z")
_KEY = re.compile(
    r"""\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)

_STRING = re.compile(r"""#|\"{3}|'{3}|"(?:[^"\\]|\\.)*"|'[^']*'""")
_END = {'"""': re.compile(r'(?:\\.|[^\\])*?"{3,5}'), "'''": re.compile(r".*?'{3,5}")}


class TomlLines:
    r"""Line numbers by key, where the n-th element of an array of tables has n in its key.

    Example:
        >>> lines = TomlLines('[plant]\nname = "a"\n[[twin]]\nid = "x"\n')
        >>> lines.of("twin", 0, "id"), lines.of("plant", "unknown")
        (4, 1)
    """

    def __init__(self, text: str) -> None:
        self._lines = dict(_scan(text))

    def of(self, *key: str | int) -> int | None:
        """Return the line of a key, else that of the nearest table around it."""
        for length in range(len(key), 0, -1):
            if key[:length] in self._lines:
                return self._lines[key[:length]]
        return None

    def span(self, *key: str | int) -> tuple[int, int] | None:
        """Return the first line of a table and the first one behind it (0 for the end of the text)."""
        first = self._lines.get(key)
        if first is None:
            return None
        behind = [line for other, line in self._lines.items() if line > first and other[: len(key)] != key]
        return first, min(behind, default=0)


def _scan(text: str) -> Iterator[tuple[Key, int]]:
    table: Key = ()
    counts: dict[Key, int] = {}
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quote:
            quote = _open_quote(line, quote)
            continue
        header = _HEADER.match(line)
        if header is not None and (names := _names(header[2])) is not None:
            table = _placed(names, counts, array=header[1] == "[[")
            yield table, number
        elif (key := _KEY.match(line)) is not None and (names := _names(key[1])) is not None:
            for length in range(1, len(names) + 1):
                yield table + names[:length], number
            # Keys of an inline table on this line are found at the line of their table.
        quote = _open_quote(line, "")


def _open_quote(line: str, quote: str) -> str:
    """Return the mark of the multi-line string that is open at the end of a line, `quote` being open at its start."""
    at = 0
    while at < len(line):
        if quote:
            end = _END[quote].match(line, at)
            if end is None:
                return quote
            at, quote = end.end(), ""
            continue
        token = _STRING.search(line, at)
        if token is None or token[0].startswith("#"):
            return ""
        at = token.end()
        if token[0] in _END:
            quote = token[0]
    return quote


def _placed(names: Key, counts: dict[Key, int], *, array: bool) -> Key:
    """Return the key of a header with the numbers of the array elements that it stands in."""
    placed: Key = ()
    for i, name in enumerate(names):
        placed += (name,)
        if array and i == len(names) - 1:
            counts[placed] = counts.get(placed, -1) + 1
        if placed in counts:
            placed += (counts[placed],)
    return placed


def _names(text: str) -> Key | None:
    try:
        tree: object = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return None
    names: list[str | int] = []
    while isinstance(tree, dict):
        ((name, tree),) = tree.items()
        names.append(name)
    return tuple(names)

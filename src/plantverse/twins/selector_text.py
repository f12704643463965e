"""Grammar of selectors: text to a tree of terms and back.

```
selector = all { "or" all }
all      = one { ["and"] one }
one      = "not" one | "(" selector ")" | term
term     = "*" | id | id ":" path | ":" path | key ":" value | relation ":" id
         | "near:(" x "," y "," z "," radius ")" | "box:(" x "," y "," z "," x "," y "," z ")"
key      = "id" | "type" | "area" | "tag"
```
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal, NoReturn, TypeAlias

from plantverse.errors import SelectorInvalid

MAX_LENGTH: Final = 4096
MAX_TERMS: Final = 256
MAX_DEPTH: Final = 32

_KEYS: Final = ("id", "type", "area", "tag")
_REGIONS: Final = {"near": 4, "box": 6}
_RESERVED: Final = ("and", "or", "not")

_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_TOKEN = re.compile(
    rf"""\s+ | (?P<bracket>[()]) | (?P<word> [^\s()":]+:(?:\([^()]*\)|{_QUOTED}|[^\s()"]*) | {_QUOTED} | [^\s()"]+ )""",
    re.VERBOSE | re.DOTALL,
)
_ID = re.compile(r"[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+)*\Z")
_PATH = re.compile(r"(?!.*\*\*)[A-Za-z0-9_.*\[\]]+\Z")
_RELATION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_PLAIN = re.compile(r'[^\s()"*\\]+\Z')


@dataclass(frozen=True, slots=True)
class Term:
    """One condition.

    Attributes:
        key: `id`, `type`, `area`, `tag`, `signal`, or `@` and the name of a relation.
        value: Pattern with `*`.
        literal: A `*` in the value is meant as it stands.
    """

    key: str
    value: str
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """Twins that stand within a sphere (x, y, z, radius) or a box (low corner, high corner), metres."""

    kind: Literal["near", "box"]
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everything else."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """What all parts select."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What any part selects."""

    parts: tuple["Node", ...]


Node: TypeAlias = Term | Region | Not | And | Or


def parse_text(text: str) -> Node:
    """Return the tree of a selector; equal meanings by grouping, doubling and double negation are one tree.

    Raises:
        SelectorInvalid: With position and expectation.
    """
    if len(text) > MAX_LENGTH:
        _fail(MAX_LENGTH, f"at most {MAX_LENGTH} characters", f"{len(text)}")
    return _Parser(text).run()


def to_text(node: Node) -> str:
    """Return the canonical text of a tree."""
    match node:
        case And(parts):
            return " and ".join(_within(p, Or) for p in parts)
        case Or(parts):
            return " or ".join(to_text(p) for p in parts)
        case Not(part):
            return f"not {_within(part, And, Or)}"
        case Region(kind, numbers):
            return f"{kind}:({','.join(_number(n) for n in numbers)})"
        case Term():
            return _term_text(node)


class _Parser:
    """Recursive descent over the words of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._terms = 0

    def run(self) -> Node:
        node = self._any(0)
        if self._at < len(self._tokens):
            self._expected("and, or, a term or the end")
        return node

    def _any(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            _fail(self._place(), f"at most {MAX_DEPTH} levels", "a deeper one")
        parts = [self._all(depth)]
        while self._peek() == "or":
            self._at += 1
            parts.append(self._all(depth))
        return _joined(Or, parts)

    def _all(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while (word := self._peek()) is not None and word not in {")", "or"}:
            if word == "and":
                self._at += 1
            parts.append(self._one(depth))
        return _joined(And, parts)

    def _one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            _fail(self._place(), f"at most {MAX_DEPTH} levels", "a deeper one")
        word = self._peek()
        if word is None or word in {")", "and", "or"}:
            self._expected("a term")
        start = self._place()
        self._at += 1
        if word == "not":
            part = self._one(depth + 1)
            return part.part if isinstance(part, Not) else Not(part)
        if word == "(":
            node = self._any(depth + 1)
            if self._peek() != ")":
                self._expected("a closing parenthesis")
            self._at += 1
            return node
        self._terms += 1
        if self._terms > MAX_TERMS:
            _fail(start, f"at most {MAX_TERMS} terms", "more")
        return _term(word, start)

    def _peek(self) -> str | None:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else None

    def _place(self) -> int:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else len(self._text)

    def _expected(self, what: str) -> NoReturn:
        _fail(self._place(), what, self._peek() or "the end")


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            _fail(at, "a closing quote" if text[at] == '"' else "a term", text[at:])
        if found.lastgroup is not None:
            yield at, found[0]
        at = found.end()


def _term(word: str, at: int) -> Node:
    key, colon, value = word.partition(":")
    inner = at + len(key) + 1
    if not colon:
        return Term("id", _checked(_ID, word, at, "a twin id, * for any characters of a segment"))
    if key in _REGIONS:
        return _region(key, value, inner)
    if key in _KEYS:
        return _attribute(key, value, inner)
    if not key:
        return Term("signal", _checked(_PATH, value, inner, "a signal path such as motor.*"))
    if _PATH.match(value):
        return And((Term("id", _checked(_ID, key, at, "a twin id")), Term("signal", value)))
    return _relation(key, value, at)


def _relation(key: str, value: str, at: int) -> Term:
    name = _checked(_RELATION, key, at, "type, area, tag, near, box or the name of a relation")
    target = value[1:-1].strip() if value.startswith("(") and value.endswith(")") else value
    return Term(f"@{name}", _checked(_ID, target, at + len(key) + 1, "a signal path or the id of a target"))


def _attribute(key: str, value: str, at: int) -> Term:
    if key == "id":
        return Term("id", _checked(_ID, value, at, "a twin id"))
    if value.startswith('"'):
        text = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
        return Term(key, text, literal="*" in text)
    if not value or not _PLAIN.match(value.replace("*", "x")):
        _fail(at, 'a word, or a text in double quotes such as "Hall 2"', value or "nothing")
    return Term(key, value)


def _region(kind: str, value: str, at: int) -> Region:
    count = _REGIONS[kind]
    inside = value.startswith("(") and value.endswith(")")
    try:
        numbers = tuple(float(n) for n in value[1:-1].split(",")) if inside else ()
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(isfinite(n) for n in numbers):
        _fail(at, f"{count} numbers in parentheses, such as {'(0,0,0,20)' if count == 4 else '(0,0,0,10,5,10)'}", value)
    if kind == "near":
        if numbers[3] < 0:
            _fail(at, "a radius of 0 or more", value)
        return Region("near", numbers)
    if any(low > high for low, high in zip(numbers[:3], numbers[3:], strict=True)):
        _fail(at, "the low corner first", value)
    return Region("box", numbers)


def _joined(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    different = tuple(dict.fromkeys(flat))
    return different[0] if len(different) == 1 else kind(different)


def _term_text(term: Term) -> str:
    key, value = term.key, term.value
    if key == "id":
        return f"id:{value}" if value in _RESERVED else value
    if key == "signal":
        return f":{value}"
    if key.startswith("@"):
        return f"{key[1:]}:({value})" if _PATH.match(value) else f"{key[1:]}:{value}"
    plain = not term.literal and _PLAIN.match(value.replace("*", "x"))
    return f"{key}:{value}" if plain else f"{key}:{_quoted(value)}"


def _within(node: Node, *kinds: type[And] | type[Or]) -> str:
    text = to_text(node)
    return f"({text})" if isinstance(node, kinds) else text


def _checked(pattern: re.Pattern[str], text: str, at: int, what: str) -> str:
    if not pattern.match(text):
        _fail(at, what, text or "nothing")
    return text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")


def _fail(at: int, expected: str, got: str) -> NoReturn:
    shown = got if len(got) <= 40 else f"{got[:37]}..."
    raise SelectorInvalid(
        f"position {at + 1}: expected {expected}, got {shown}", hint="see docs/reference/selectors.md"
    )

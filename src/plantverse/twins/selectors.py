"""Selectors: one small language that names twins and signals, the same in SDK, REST, CLI and sync.

Every term stands for a set of signals (and of the twins themselves); `and`, `or` and `not` are intersection, union and
complement of such sets, so the laws of Boolean algebra hold. The language is described in docs/reference/selectors.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import dist
from typing import Final

from plantverse.twins.globs import matches_id, matches_word
from plantverse.twins.selector_text import And, Node, Not, Or, Region, Term, parse_text, to_text
from plantverse.twins.specs import TwinSpec

_TWIN: Final = ""
"""Stands for the twin itself in the set of its signals, so that a twin without signals can be selected."""

_EMPTY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Selector:
    """A parsed selector; equal ones have equal text.

    Example:
        >>> str(parse("(type:Pump  :flow)"))
        'type:Pump and :flow'
    """

    root: Node

    def __str__(self) -> str:
        return self.text

    @cached_property
    def text(self) -> str:
        """The canonical text: it parses to an equal selector."""
        return to_text(self.root)

    def matches(self, spec: TwinSpec) -> bool:
        """Return whether the twin or any of its signals is selected."""
        return bool(_select(self.root, spec, _universe(spec)))

    def signals(self, spec: TwinSpec) -> tuple[str, ...]:
        """Return the paths selected of this twin, in the order of its slots."""
        selected = _select(self.root, spec, _universe(spec))
        return tuple(s.path for s in spec.signals() if s.path in selected)


def parse(text: str) -> Selector:
    """Return the selector that a text means.

    Raises:
        SelectorInvalid: It does not parse, or is longer than 4,096 characters, has more than 256 terms or is nested
            deeper than 32 levels; the message names position and expectation.
    """
    return Selector(parse_text(text))


def _universe(spec: TwinSpec) -> frozenset[str]:
    return frozenset((_TWIN, *(s.path for s in spec.signals())))


def _select(node: Node, spec: TwinSpec, universe: frozenset[str]) -> frozenset[str]:
    match node:
        case And(parts):
            chosen = universe
            for part in parts:
                chosen &= _select(part, spec, universe)
                if not chosen:
                    break
            return chosen
        case Or(parts):
            return _EMPTY.union(*(_select(part, spec, universe) for part in parts))
        case Not(part):
            return universe - _select(part, spec, universe)
        case Region():
            return universe if _stands_in(node, spec) else _EMPTY
        case Term("signal", pattern):
            return frozenset(p for p in universe if p != _TWIN and matches_word(pattern, p))
        case Term(key, value, literal):
            same: Callable[[str, str], bool] = _equal if literal else matches_word
            return universe if _has(key, value, spec, same) else _EMPTY
    raise AssertionError(f"a node of another kind: {node}")


def _has(key: str, value: str, spec: TwinSpec, same: Callable[[str, str], bool]) -> bool:
    if key == "id":
        return value == "*" or matches_id(value, spec.id)
    if key == "type":
        return any(same(value, name) for name in (spec.type.name, *spec.type.bases))
    if key == "area":
        return same(value, spec.area)
    if key == "tag":
        return any(same(value, tag) for tag in spec.tags)
    return any(matches_id(value, target) for target in spec.relations.get(key.removeprefix("@"), ()))


def _stands_in(region: Region, spec: TwinSpec) -> bool:
    if spec.placement is None:
        return False
    place, numbers = spec.placement.position, region.numbers
    if region.kind == "near":
        return dist(place, numbers[:3]) <= numbers[3]
    return all(low <= p <= high for low, p, high in zip(numbers[:3], place, numbers[3:], strict=True))


def _equal(one: str, other: str) -> bool:
    return one == other

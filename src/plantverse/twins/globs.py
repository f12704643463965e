"""Wildcards in names and ids: `*` stands for any characters of a segment, `**` for any number of segments.

The match is the two-pointer one that remembers only the last wildcard, so its cost is bounded by the product of both
lengths: patterns come from peers, and a regular expression can be made to run for ever.
"""

from collections.abc import Callable, Sequence
from typing import Any


def matches_word(pattern: str, word: str) -> bool:
    """Return whether a word matches a pattern with `*`.

    Example:
        >>> matches_word("pump-*", "pump-1"), matches_word("*-1", "pump-2")
        (True, False)
    """
    return _matches(pattern, word, "*", lambda p, w: bool(p == w))


def matches_id(pattern: str, twin_id: str) -> bool:
    """Return whether a twin id matches a pattern of segments.

    Example:
        >>> matches_id("hall-1/**", "hall-1/line/pump"), matches_id("hall-1/*", "hall-1/line/pump")
        (True, False)
    """
    return _matches(pattern.split("/"), twin_id.split("/"), "**", matches_word)


def _matches(pattern: Sequence[str], text: Sequence[str], wildcard: str, same: Callable[[Any, Any], bool]) -> bool:
    at, read = 0, 0
    star, resume = -1, 0
    while read < len(text):
        if at < len(pattern) and pattern[at] == wildcard:
            star, resume = at, read
            at += 1
        elif at < len(pattern) and same(pattern[at], text[read]):
            at += 1
            read += 1
        elif star >= 0:
            resume += 1
            at, read = star + 1, resume
        else:
            return False
    return all(p == wildcard for p in pattern[at:])

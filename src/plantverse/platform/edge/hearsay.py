"""What a node says besides rows, set right: a node may be wrong or lie, and everybody is told what it says.

Numbers that are none end in no document and no event: they would break the JSON of everyone who reads it. What cannot
be is left out or replaced, and counted.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from plantverse.platform.edge import messages as m
from plantverse.platform.edge.admission import DELAY_LIMIT_NS

AHEAD_US: Final = 1e6
"""So far into the future a time may lie, since half a round trip is only guessed; it becomes the present."""
LATE_US: Final = DELAY_LIMIT_NS / 1e3
"""An event is told at most so long after it, as a row is."""
LONGEST_US: Final = 366 * 86_400e6
"""What is said to last for more than a year began at a clock that is wrong."""
MOST_EVENTS: Final = 64
"""Of a kind in one message; an honest node sends a message as soon as there is something to say."""
LONGEST_TEXT: Final = 16_384
"""Of a reported property, as when the server decodes it itself."""


class Hearsay:
    """What one node says in one message.

    Args:
        knows: Whether a text is the id of a signal that the node may speak of.
        offset_ns: The server's wall clock minus the node's.
        now_ns: The server's wall clock.

    Attributes:
        odd: Entries that were left out, and times that were replaced.

    Example:
        >>> heard = Hearsay(lambda signal: signal == "a:x", offset_ns=0, now_ns=10**18)
        >>> heard.shares([m.Share(signal="a:x", share=0.5), m.Share(signal="a:x", share=float("nan"))])
        [{'signal': 'a:x', 'share': 0.5}]
        >>> heard.odd
        1
    """

    def __init__(self, knows: Callable[[str], bool], *, offset_ns: int, now_ns: int) -> None:
        self._knows = knows
        self._offset_us = offset_ns / 1e3
        self._now_us = now_ns / 1e3
        self.odd = 0

    def newest(self, entries: Sequence[Any]) -> Sequence[Any]:
        """Return the last entries, as many as one message may have."""
        self.odd += max(0, len(entries) - MOST_EVENTS)
        return entries[-MOST_EVENTS:]

    def at_ns(self, said_us: float) -> int:
        """Return the moment of an event, nanoseconds since 1970 by the server's clock; never in the future."""
        return round(self._moment(said_us, LATE_US) * 1e3)

    def standing(self, said: m.Detecting) -> dict[str, Any]:
        """Return how a detector stands, as members of its document."""
        shares = self.shares(said.shares)
        return {
            "state": said.state,
            "message": said.message,
            "hint": said.hint,
            "since_us": self._moment(said.since_us, LONGEST_US) if shares else 0.0,
            "shares": shares,
            "first": self.shares(said.first),
        }

    def anomaly(self, said: m.Anomaly) -> dict[str, Any] | None:
        """Return the body of an event, None where the score that it tells of is no number from 0 on."""
        if not 0 <= said.peak < math.inf:
            self.odd += 1
            return None
        return {
            "action": said.action,
            "peak": said.peak,
            "since_us": self._moment(said.since_us, LONGEST_US),
            "blamed": self.shares(said.blamed),
        }

    def shares(self, said: Iterable[m.Share]) -> list[dict[str, Any]]:
        """Return shares from 0 to 1 of signals that it may speak of, each signal once."""
        found: dict[str, dict[str, Any]] = {}
        for share in said:
            if 0 <= share.share <= 1 and share.signal not in found and self._knows(share.signal):
                found[share.signal] = msgspec.to_builtins(share)
            else:
                self.odd += 1
        return list(found.values())

    def counter_reset(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the body of the event that a counter began again, None where it is none."""
        signal, before, value = said.get("signal"), said.get("from"), said.get("to")
        if isinstance(signal, str) and self._knows(signal) and _is_number(before) and _is_number(value):
            return {"signal": signal, "from": before, "to": value}
        self.odd += 1
        return None

    def reported(self, said: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
        """Return the properties that a twin declares, as far as they are texts, truth values and numbers."""
        plain = {path: said[path] for path in paths if path in said and _is_plain(said[path])}
        self.odd += len(said) - len(plain)
        return plain

    def _moment(self, said_us: float, longest_us: float) -> float:
        """Return a time of the node by the server's clock, microseconds; now where it is none or cannot be."""
        at_us = said_us + self._offset_us
        if self._now_us - longest_us <= at_us <= self._now_us + AHEAD_US:
            return min(at_us, self._now_us)
        self.odd += 1
        return self._now_us


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and -math.inf < value < math.inf


def _is_plain(value: object) -> bool:
    return type(value) is bool or _is_number(value) or (type(value) is str and len(value) <= LONGEST_TEXT)

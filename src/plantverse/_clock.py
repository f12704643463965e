"""Time as an argument: everything that needs the time is given a `Clock`, so tests can jump."""

import time
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def time_ns(self) -> int:
        """Return nanoseconds since the Unix epoch; may jump when the host's clock is set."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds since an arbitrary start; never runs backwards."""


class SystemClock:
    """The host's clocks."""

    def time_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class ManualClock:
    """A clock that stands still until it is moved.

    Example:
        >>> clock = ManualClock(start_ns=1_000)
        >>> clock.advance(2.0)
        >>> clock.time_ns()
        2000001000
    """

    def __init__(self, start_ns: int = 1_700_000_000_000_000_000) -> None:
        self._time_ns = start_ns
        self._monotonic_ns = 0

    def time_ns(self) -> int:
        return self._time_ns

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        step = round(seconds * 1e9)
        self._time_ns += step
        self._monotonic_ns += step

    def jump(self, seconds: float) -> None:
        """Set the wall clock alone, as an operator or NTP does; may be negative."""
        self._time_ns += round(seconds * 1e9)

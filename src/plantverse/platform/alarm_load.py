"""How many alarms a person has to take, from the times at which they were raised."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW_NS = 600_000_000_000
"""Ten minutes, the span in which EEMUA 191 counts."""


@dataclass(frozen=True, slots=True)
class AlarmLoad:
    """Alarms raised per ten minutes.

    Attributes:
        now: In the ten minutes that end now.
        peak: The most in any ten minutes.
    """

    now: int
    peak: int


def alarm_load(raised_ns: NDArray[np.int64], at_ns: int) -> AlarmLoad:
    """Return the load at `at_ns`, and the greatest before it.

    Args:
        raised_ns: int64, shape (n,), ascending; when alarms were raised.
        at_ns: The present; what was raised later is left aside.

    Example:
        >>> minutes = 60_000_000_000
        >>> alarm_load(np.array([0, 1, 2, 30]) * minutes, 31 * minutes)
        AlarmLoad(now=1, peak=3)

    Source:
        EEMUA Publication 191, alarm rates per ten minutes and operator.
    """
    raised_ns = raised_ns[: np.searchsorted(raised_ns, at_ns, side="right")]
    # How many lie in the window that ends with each of them.
    counts = np.arange(1, len(raised_ns) + 1) - np.searchsorted(raised_ns, raised_ns - WINDOW_NS, side="left")
    now = len(raised_ns) - int(np.searchsorted(raised_ns, at_ns - WINDOW_NS, side="left"))
    return AlarmLoad(now, int(counts.max(initial=0)))

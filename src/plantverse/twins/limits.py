"""HH, H, L and LL limits with deadband, over whole batches.

A batch is tested with two comparisons per row against the band in which nothing changes. Only signals that leave
their band are followed row by row, so that a spike between two ticks comes and goes as it did.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from plantverse.twins import quality as q
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import Limits

LimitName = Literal["hh", "h", "l", "ll"]
LIMIT_NAMES: tuple[LimitName, ...] = ("hh", "h", "l", "ll")
_BAD = q.pack(q.Severity.BAD)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A limit's condition changed.

    Attributes:
        slot: The signal.
        limit: Which one.
        beyond: The value went beyond it; false where it came back by the deadband.
        value: The value that did it.
    """

    slot: int
    limit: LimitName
    beyond: bool
    value: float


def telling(batch: SampleBatch, observed_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return, per row, whether it says something about now that an alarm may rest on.

    Late rows, rows without a value, bad ones, retained ones without a device time and retained ones that are older
    than the live value do not.

    Args:
        batch: As the telemetry plane returned it.
        observed_ns: int64 per row of the batch, the live observation of its signal.
    """
    flags = batch.flags
    ok: NDArray[np.bool_] = (
        ((flags & (Flag.LATE | Flag.VALUELESS)) == 0) & (batch.quality < _BAD) & ~np.isnan(batch.value)
    )
    retained = (flags & Flag.RETAINED) != 0
    ok &= ~retained | (((flags & Flag.STAMPED) != 0) & (batch.observed_ns >= observed_ns))
    return ok


class LimitTable:
    """Limits by slot, and which of them each signal is beyond.

    A value is beyond `h` when it is greater, and back when it is at most `h - deadband`; for `l` the other way round.
    """

    def __init__(self) -> None:
        self._limits: dict[int, tuple[float, ...]] = {}
        self._deadband: dict[int, float] = {}
        self._beyond: dict[int, int] = {}
        self._up: NDArray[np.float64] = np.full(64, np.inf)
        self._down: NDArray[np.float64] = np.full(64, -np.inf)
        self._marks: NDArray[np.bool_] = np.zeros(64, np.bool_)

    def ensure(self, count: int) -> None:
        """Make room for so many slots."""
        size = len(self._up)
        while size < count:
            size *= 2
        more = size - len(self._up)
        if more:
            self._up = np.concatenate([self._up, np.full(more, np.inf)])
            self._down = np.concatenate([self._down, np.full(more, -np.inf)])
            self._marks = np.zeros(size, np.bool_)

    def slots(self) -> list[int]:
        """Return the signals that have limits."""
        return list(self._limits)

    def set(self, slot: int, limits: Limits | None, deadband: float = 0.0) -> None:
        """Set or take away the limits of a signal; what it is beyond stays where that limit is still there.

        Args:
            slot: The signal; `ensure` has made room for it.
            limits: Its limits, None for none.
            deadband: In the signal's unit, in place of the one in `limits`.
        """
        self._limits.pop(slot, None)
        self._deadband.pop(slot, None)
        beyond = self._beyond.pop(slot, 0)
        if limits is not None:
            given = tuple(math.nan if v is None else float(v) for v in (limits.hh, limits.h, limits.l, limits.ll))
            self._limits[slot] = given
            self._deadband[slot] = deadband
            self._beyond[slot] = beyond & sum(1 << i for i, v in enumerate(given) if not math.isnan(v))
        self._band(slot)

    def force(self, slot: int, limit: LimitName, *, beyond: bool) -> None:
        """Say what a signal is beyond, as read back after a restart."""
        bit = 1 << LIMIT_NAMES.index(limit)
        known = self._beyond.get(slot, 0)
        if slot in self._limits:
            self._beyond[slot] = known | bit if beyond else known & ~bit
            self._band(slot)

    def is_beyond(self, slot: int, limit: LimitName) -> bool:
        """Return whether the signal is beyond that limit."""
        return bool(self._beyond.get(slot, 0) >> LIMIT_NAMES.index(limit) & 1)

    def crossings(self, batch: SampleBatch, observed_ns: NDArray[np.int64]) -> list[Crossing]:
        """Return what a committed batch changes, in order of observation.

        Args:
            batch: Rows whose slots `ensure` knows.
            observed_ns: int64 per slot, live observations of the telemetry plane.
        """
        slots, value = batch.slot, batch.value
        leaves = value >= self._up[slots]
        leaves |= value <= self._down[slots]
        if not leaves.any():
            return []
        hit = slots[leaves]
        self._marks[hit] = True
        rows = np.flatnonzero(self._marks[slots])
        self._marks[hit] = False
        involved = batch.take(rows)
        rows = rows[telling(involved, observed_ns[involved.slot])]
        if len(rows) > 1:
            rows = rows[np.argsort(batch.observed_ns[rows], kind="stable")]
        out: list[Crossing] = []
        for slot, v in zip(slots[rows].tolist(), value[rows].tolist(), strict=True):
            out.extend(self._follow(slot, v))
        return out

    def _follow(self, slot: int, value: float) -> Iterator[Crossing]:
        limits, deadband, before = self._limits[slot], self._deadband[slot], self._beyond[slot]
        beyond = before
        for number, limit in enumerate(limits):
            bit, high = 1 << number, number < 2
            if before & bit:
                if (value <= limit - deadband) if high else (value >= limit + deadband):
                    beyond &= ~bit
            elif (value > limit) if high else (value < limit):
                beyond |= bit
        if beyond == before:
            return
        self._beyond[slot] = beyond
        self._band(slot)
        for number in (1, 0, 2, 3):
            bit = 1 << number
            if (beyond ^ before) & bit:
                yield Crossing(slot, LIMIT_NAMES[number], bool(beyond & bit), value)

    def _band(self, slot: int) -> None:
        """Set the values at which this signal must be looked at."""
        up, down = math.inf, -math.inf
        beyond, deadband = self._beyond.get(slot, 0), self._deadband.get(slot, 0.0)
        for number, limit in enumerate(self._limits.get(slot, ())):
            if math.isnan(limit):
                continue
            if (number < 2) == bool(beyond >> number & 1):  # a high one to come back from, or a low one to go beyond
                down = max(down, limit - deadband if number < 2 else limit)
            else:
                up = min(up, limit if number < 2 else limit + deadband)
        self._up[slot], self._down[slot] = up, down

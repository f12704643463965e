"""Samples on their way to columns: plain lists while messages are read, the quality gate once per batch.

A message costs a few list appends here; clocks and ranges are checked with numpy for all rows together.
"""

import numpy as np
from numpy.typing import NDArray

from plantverse.twins.gate import quality_gate
from plantverse.twins.registry import Registry
from plantverse.twins.samples import Flag, SampleBatch

NO_STAMP = float("nan")
MOST_MICROSECONDS = 9.2e15
"""In the year 2261; 2^63 ns end soon after."""
_EXACT = np.uint8(Flag.EXACT)


class Rows:
    """Rows since the last drain, in order of arrival.

    Attributes:
        slot, value, stamp, flags, packet: One entry per row. `stamp` is the device's number as it came, in s, ms or
            us since 1970 by its magnitude, NaN where there was none.
        stamp_ns: By row, where the stamp was read already.
        quality: By row, where it is not good.
        exact: By row, integers that a float does not hold.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all rows."""
        self.slot: list[int] = []
        self.value: list[float] = []
        self.stamp: list[float] = []
        self.flags: list[int] = []
        self.packet: list[int] = []
        self.stamp_ns: dict[int, int] = {}
        self.quality: dict[int, int] = {}
        self.exact: dict[int, int] = {}
        self._received: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self.slot)

    def received(self, received_ns: int) -> None:
        """Say when the rows since the last call were read from the socket."""
        self._received.append((len(self.slot), received_ns))

    def add(
        self, slot: int, value: float, flags: int, packet: int, *, stamp_ns: int, quality: int, exact: int | None = None
    ) -> None:
        """Append a row whose stamp was read already (0 for none)."""
        row = len(self.slot)
        self.slot.append(slot)
        self.value.append(value)
        self.stamp.append(NO_STAMP)
        self.flags.append(flags)
        self.packet.append(packet)
        if stamp_ns:
            self.stamp_ns[row] = stamp_ns
        if quality:
            self.quality[row] = quality
        if exact is not None:
            self.exact[row] = exact

    def drain(self, registry: Registry, *, future_ns: int, past_ns: int) -> SampleBatch | None:
        """Return the rows as a batch and forget them; None where there are none.

        Args:
            registry: Gives the ranges.
            future_ns: How far a stamp may lie after its arrival.
            past_ns: How far before it.
        """
        n = len(self.slot)
        if n == 0:
            self._received.clear()
            return None
        counts = np.diff([0, *(rows for rows, _ in self._received)])
        received = np.repeat(np.array([ns for _, ns in self._received], np.int64), counts)
        stamp = np.array(self.stamp, np.float64)
        batch = SampleBatch(
            slot=np.array(self.slot, np.int32),
            value=np.array(self.value, np.float64),
            observed_ns=received.copy(),
            received_ns=received,
            quality=np.zeros(n, np.uint8),
            flags=np.array(self.flags, np.uint8),
            stamp_ns=_nanoseconds(stamp),
            packet=np.array(self.packet, np.uint16),
        )
        if self.stamp_ns:
            batch.stamp_ns[list(self.stamp_ns)] = list(self.stamp_ns.values())
        if self.exact:
            batch.exact = np.zeros(n, np.int64)
            batch.exact[list(self.exact)] = list(self.exact.values())
            batch.flags[list(self.exact)] |= _EXACT
        unreadable = ~np.isnan(stamp) & (batch.stamp_ns == 0)
        quality_gate(batch, registry, future_ns=future_ns, past_ns=past_ns, unreadable=unreadable)
        if self.quality:
            rows = np.array(list(self.quality))
            batch.quality[rows] = np.maximum(batch.quality[rows], np.array(list(self.quality.values()), np.uint8))
        self.clear()
        return batch


def _nanoseconds(stamp: NDArray[np.float64]) -> NDArray[np.int64]:
    """Epochs of s, ms or us by their magnitude (see `stamps`), rounded to the microsecond that a double holds."""
    microseconds = np.where(stamp < 1e11, stamp * 1e6, np.where(stamp < 1e14, stamp * 1e3, stamp))
    with np.errstate(invalid="ignore"):
        usable = (microseconds > 0) & (microseconds < MOST_MICROSECONDS)
    return np.where(usable, np.round(np.where(usable, microseconds, 0.0)), 0).astype(np.int64) * 1000

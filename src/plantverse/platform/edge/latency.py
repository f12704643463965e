"""How old values are when they come into the plane, by group: read from the plane once a second, nothing on the way."""

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from plantverse.twins.registry import Registry
from plantverse.twins.samples import SampleBatch
from plantverse.twins.telemetry import TelemetryPlane

WINDOW = 10
"""Measurements of a second each that the quantiles are taken from."""


class Latencies:
    """Seconds from the device's stamp to the plane, of the newest value of each signal, and rows by group.

    A signal without stamps counts from its arrival at the node or the server.

    Args:
        registry, telemetry: The planes.

    Attributes:
        rows: Rows by group since the start, derived ones left out.
    """

    def __init__(self, registry: Registry, telemetry: TelemetryPlane) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._names: list[str] = []
        self._group: NDArray[np.int64] = np.zeros(0, np.int64)
        self._windows: dict[str, deque[NDArray[np.float64]]] = {}
        self._last_ns = 0
        self._counted: NDArray[np.int64] = np.zeros(1, np.int64)
        self.rows: dict[str, int] = {}

    def rebuild(self, masks: Mapping[str, NDArray[np.bool_]]) -> None:
        """Take over which slots belong to which group; derived ones are left out."""
        self._settle()
        self._names = list(masks)
        count = self._registry.slot_count
        self._group = np.zeros(count, np.int64)
        for number, mask in enumerate(masks.values(), 1):
            self._group[: len(mask)][mask] = number
        self._group[[s for s in range(count) if self._registry.specs[s].derived]] = 0
        self._counted = np.zeros(len(self._names) + 1, np.int64)
        self._windows = {name: self._windows.get(name, deque(maxlen=WINDOW)) for name in self._names}
        self.rows = {name: self.rows.get(name, 0) for name in self._names}

    def count(self, batch: SampleBatch) -> None:
        """Count committed rows by group."""
        slots = batch.slot
        if len(slots) and int(slots.max()) < len(self._group):
            self._counted += np.bincount(self._group[slots], minlength=len(self._counted))

    def measure(self, now_ns: int) -> None:
        """Look at the values that came since the last call."""
        self._settle()
        plane, count = self._telemetry, len(self._group)
        committed = plane.committed_ns[:count]
        fresh = np.flatnonzero((committed > self._last_ns) & (plane.observed_ns[:count] > 0))
        self._last_ns = now_ns
        if not len(fresh):
            return
        latency = (committed[fresh] - plane.observed_ns[:count][fresh]) / 1e9
        group = self._group[fresh]
        for number in np.unique(group):
            if number:
                self._windows[self._names[number - 1]].append(latency[group == number])

    def of(self, group: str) -> tuple[float, float] | None:
        """Return (median, 99th percentile) in seconds over the last ten seconds, None where nothing came."""
        window = self._windows.get(group)
        if not window:
            return None
        p50, p99 = np.quantile(np.concatenate(window), (0.5, 0.99))
        return float(p50), float(p99)

    def forget(self, group: str) -> None:
        """Begin anew, because the group moved."""
        if group in self._windows:
            self._windows[group].clear()

    def _settle(self) -> None:
        for number, name in enumerate(self._names, 1):
            self.rows[name] += int(self._counted[number])
        self._counted[:] = 0

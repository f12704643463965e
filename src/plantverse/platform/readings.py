"""The newest value of a signal as people and programs outside the sync protocol read it."""

import math
from typing import Any

from plantverse._clock import Clock
from plantverse.twins import quality as q
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.selectors import Selector
from plantverse.twins.telemetry import TelemetryPlane


class Readings:
    """Reads the telemetry plane by signal name."""

    def __init__(self, registry: Registry, telemetry: TelemetryPlane, clock: Clock) -> None:
        self._registry = registry
        self._telemetry = telemetry
        self._clock = clock

    def value(self, slot: int) -> float | int | bool | None:
        """Return the value in the kind of its signal; None where there never was one."""
        telemetry = self._telemetry
        number = float(telemetry.value[slot])
        if math.isnan(number):
            return None
        exact = int(telemetry.exact[slot]) if telemetry.exact_set[slot] else None
        return plain(number, self._registry.specs[slot].kind, exact)

    def reading(self, slot: int) -> dict[str, Any]:
        """Return value, unit, times, age and quality.

        `observed_us` and `age_s` are None while the time of observation is not known; `synthetic` is there and true
        where no plant has measured the value.
        """
        self._telemetry.ensure()
        telemetry, spec = self._telemetry, self._registry.specs[slot]
        value = self.value(slot)
        observed_ns = int(telemetry.observed_ns[slot])
        known = value is not None and observed_ns > 0
        reading: dict[str, Any] = {
            "value": value,
            "unit": spec.unit,
            "observed_us": observed_ns / 1e3 if known else None,
            "received_us": int(telemetry.received_ns[slot]) / 1e3 or None,
            "age_s": round((self._clock.time_ns() - observed_ns) / 1e9, 3) if known else None,
            "quality": q.describe(int(telemetry.quality[slot])),
        }
        if spec.codes and value is not None:
            reading["label"] = spec.codes.get(int(value), "")
        if self._registry.at(int(self._registry.twin_index[slot])).spec.synthetic is not None:
            reading["synthetic"] = True
        return reading

    def of_twin(self, entry: TwinEntry) -> dict[str, dict[str, Any]]:
        """Return a reading per signal path."""
        return {path: self.reading(slot) for path, slot in entry.slots.items()}

    def select(self, selector: Selector) -> list[dict[str, Any]]:
        """Return a reading with the key `signal` for everything that a selector names."""
        return [{"signal": name} | self.reading(self._registry.slot(name)) for name in self.names(selector)]

    def names(self, selector: Selector) -> list[str]:
        """Return the names of the signals that a selector names."""
        return [
            self._registry.names[entry.slots[path]]
            for entry in self._registry
            if selector.matches(entry.spec)
            for path in selector.signals(entry.spec)
            if path in entry.slots
        ]


def plain(number: float, kind: str, exact: int | None = None) -> float | int | bool:
    """Return a stored number as the Python type of its kind."""
    if kind == "bool":
        return bool(number)
    if kind in {"int", "enum"}:
        return int(number if exact is None else exact)
    return number

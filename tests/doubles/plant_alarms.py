"""Which alarms a simulated plant would raise: limits, rules and delays held against samples of its payloads."""

from collections import defaultdict
from typing import Any

import numpy as np

from plantverse.sim.bottling.plant import plant
from plantverse.sim.bottling.world import BottlingWorld
from plantverse.twins.formulas import Columns

TWINS = {twin.id: twin for twin in plant.spec().twins}


def flat(payload: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Return members by dotted path."""
    found: dict[str, Any] = {}
    for name, value in payload.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return found


class AlarmWatch:
    """Takes samples of a world at even times, then says which alarms came up.

    Args:
        world: What to watch.
        every_s: Simulated seconds from sample to sample.
    """

    def __init__(self, world: BottlingWorld, every_s: float = 1.0) -> None:
        self.world, self.every_s = world, every_s
        self.columns: dict[str, dict[str, list[float]]] = {}
        self._codes = {
            (twin.id, s.path): {word: float(code) for code, word in s.codes.items()}
            for twin in TWINS.values()
            for s in twin.signals()
            if s.codes
        }

    def run(self, seconds: float) -> None:
        """Let the world go on and look."""
        for _ in range(round(seconds / self.every_s)):
            self.world.run(self.every_s)
            for twin_id in self.world.units:
                columns = self.columns.setdefault(twin_id, defaultdict(list))
                for path, value in flat(self.world.payload(twin_id)).items():
                    codes = self._codes.get((twin_id, path), {})
                    if not isinstance(value, str) or value in codes:
                        columns[path].append(float(codes.get(value, value)))

    def of(self, twin_id: str) -> dict[str, Any]:
        """Return the samples of a twin by path, derived signals included."""
        columns = {path: np.array(values) for path, values in self.columns[twin_id].items()}
        for derived in TWINS[twin_id].type.derived:
            columns[derived.signal.path] = np.asarray(derived.compute(Columns(columns)), dtype=float)
        return columns

    def alarms(self) -> dict[str, float]:
        """Return the moment in seconds at which each alarm first came up, by `twin:signal:limit` or `twin:rule`."""
        found: dict[str, float] = {}
        for twin_id in self.columns:
            twin, columns = TWINS[twin_id], self.of(twin_id)
            for rule in twin.type.rules:
                self._note(found, f"{twin_id}:{rule.name}", rule.condition(Columns(columns)), rule.on_delay_s)
            for signal in twin.signals():
                if signal.limits is None:
                    continue
                values, delay_s = columns[signal.path], signal.limits.on_delay_s
                for name in ("ll", "l", "h", "hh"):
                    limit = getattr(signal.limits, name)
                    if limit is not None:
                        beyond = values < limit if name in {"ll", "l"} else values > limit
                        self._note(found, f"{twin_id}:{signal.path}:{name}", beyond, delay_s)
        return dict(sorted(found.items(), key=lambda item: item[1]))

    def _note(self, found: dict[str, float], name: str, beyond: Any, delay_s: float) -> None:
        length = 0
        for i, hit in enumerate(np.asarray(beyond)):
            length = length + 1 if hit else 0
            if length and (length - 1) * self.every_s >= delay_s:
                found[name] = (i + 1) * self.every_s
                return

"""Which fault begins when and where: the same number of each kind and severity, places and order drawn by seed."""

from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.plant import plant
from plantverse.sim.bottling.world import BottlingWorld

HOURS: Final = 8.0
SLOT_S: Final = 1200.0
LEAD_S: Final = 300.0
"""From the beginning of a slot to the fault."""
STANDS_S: Final = 600.0
"""How long a fault stands; as long has the plant to recover before the next one."""
ONSET_S: Final = 60.0
SLOTS: Final = int(HOURS * 3600.0 / SLOT_S)
SEVERITIES: Final = (0.25, 0.5, 0.75, 1.0)
NOTHING: Final = "nothing"
"""A slot in which nothing is injected: what is found there is found by chance, or left over from the slot before."""

_GRADUAL: Final = frozenset(KINDS) - {"jam", "sensor_stuck", "sensor_spikes", "network_dropout"}
_SPOILT: Final = ("temperature", "level", "pressure", "flow", "vibration", "current", "drop", "supply", "torque")
"""Last part of the signals whose sensors fail."""
_IDLE: Final = "process/cip-"
"""The cleaning loop stands still outside cleaning, so that a fault there shows nothing in most slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One fault of a run.

    Attributes:
        begin_s: Since the start of the run; it stands for `STANDS_S`.
    """

    seed: int
    slot: int
    kind: str
    severity: float
    twin: str
    signal: str
    begin_s: float
    onset_s: float

    @property
    def place(self) -> str:
        """What a simulation is told."""
        return f"{self.twin}:{self.signal}" if self.signal else self.twin

    def plain(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


def start_hour(seed: int) -> float:
    """Return the time of day, UTC, at which a run begins: five runs in a row cover the whole day."""
    return (seed * 4.8 + 1.3) % 24.0


def episodes(seed: int) -> list[Episode]:
    """Return the faults of a run; 20 runs from seed 0 on hold each kind and severity, and nothing, eight times."""
    cells = [(kind, severity) for kind in (*KINDS, NOTHING) for severity in SEVERITIES]
    places = _places()
    found = []
    for slot in range(SLOTS):
        block, at = divmod(seed * SLOTS + slot, len(cells))
        kind, severity = Random(block).sample(cells, len(cells))[at]
        twin, _, signal = Random(f"{seed}/{slot}").choice(places[kind]).partition(":")
        onset_s = ONSET_S if kind in _GRADUAL else 0.0
        found.append(
            Episode(
                seed=seed,
                slot=slot,
                kind=kind,
                severity=severity,
                twin=twin,
                signal=signal,
                begin_s=slot * SLOT_S + LEAD_S,
                onset_s=onset_s,
            )
        )
    return found


def _places() -> dict[str, list[str]]:
    """Return where each kind of fault can be and can show."""
    world = BottlingWorld(start_s=0.0)
    found: dict[str, list[str]] = {NOTHING: [""]}
    for kind in KINDS:
        places = _signals(world) if kind.startswith("sensor_") else world.faults.places(kind)
        found[kind] = [place for place in places if not place.startswith(_IDLE)]
    return found


def _signals(world: BottlingWorld) -> list[str]:
    found = []
    for twin in plant.spec().twins:
        for signal in twin.signals():
            if twin.id not in world.units or signal.derived:
                continue
            if signal.kind == "float" and signal.path.rpartition(".")[2] in _SPOILT:
                found.append(f"{twin.id}:{signal.path}")
    return found

"""Faults with severity and onset: which there are, where they can be, and what is true of them now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.parts import Refused, Unit

LONGEST_ONSET_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes:
        text: What it is.
        part: Component and attribute (`motor.fault_bearing`) that it sets to its level; "" for faults of sensors and of
            the network, which change what is published and not what is.
        usual: Where it is put when nobody says, for a sensor with its signal.
    """

    text: str
    part: str
    usual: str


KINDS: Final[dict[str, Kind]] = {
    "bearing_wear": Kind("a bearing wears: vibration and heat", "motor.fault_bearing", "process/product-pump"),
    "cavitation": Kind("the suction is choked until the pump cavitates", "fault_suction", "process/water-pump"),
    "leak": Kind("liquid or air escapes", "fault_leak", "process/blend-tank"),
    "stuck_valve": Kind("a valve sticks and creeps shut", "fault_stuck", "process/product-valve"),
    "clogged_filter": Kind("a filter clogs", "fault_clogged", "process/water-filter"),
    "overheating": Kind("a motor loses its cooling", "motor.fault_cooling", "line/packer"),
    "worn_belt": Kind("a belt slips on its drive", "fault_slip", "line/conveyor-2"),
    "jam": Kind("a machine jams; it needs a reset afterwards", "fault_jam", "line/labeller"),
    "dirty_condenser": Kind("the chiller gets rid of less heat", "fault_cooling", "utilities/chiller-1"),
    "battery_wear": Kind("a vehicle's battery runs down fast", "fault_battery", "logistics/agv-2"),
    "sensor_drift": Kind("a reading drifts away", "", "process/product-tank:temperature"),
    "sensor_stuck": Kind("a reading hangs", "", "process/product-tank:level"),
    "sensor_spikes": Kind("a reading jumps now and then", "", "process/syrup-tank:level"),
    "network_dropout": Kind("messages of a device are lost", "", "utilities/boiler-1"),
}


@dataclass(slots=True)
class Fault:
    """One fault as it stands."""

    kind: str
    target: str
    severity: float
    onset_s: float
    began_s: float
    signal: str = ""

    @property
    def place(self) -> str:
        """Twin, for sensors `twin:signal`."""
        return f"{self.target}:{self.signal}" if self.signal else self.target

    @property
    def key(self) -> tuple[str, str]:
        """What there is one of: kind and place."""
        return self.kind, self.place

    def level(self, now_s: float) -> float:
        """Return how bad it is now: a ramp to the severity over the onset."""
        grown = 1.0 if self.onset_s <= 0 else min(1.0, max(0.0, (now_s - self.began_s) / self.onset_s))
        return self.severity * grown

    def truth(self, now_s: float) -> dict[str, Any]:
        """Return what is true of it."""
        return {
            "target": self.place,
            "severity": self.severity,
            "onset_s": self.onset_s,
            "level": round(self.level(now_s), 3),
            "began_sim_s": round(self.began_s, 1),
        }


class Faults:
    """All faults of a plant; sets them in its machines and spoils readings.

    Args:
        units: Machines by twin id.
        signals: Whether a twin has a signal.
        rng: Of spikes and lost messages.
    """

    def __init__(self, units: Mapping[str, Unit], signals: Callable[[str, str], bool], rng: Random) -> None:
        self._units, self._signals, self._rng = units, signals, rng
        self.standing: dict[tuple[str, str], Fault] = {}
        self._spoils: dict[str, list[Fault]] = {}
        self._held: dict[tuple[str, str], float] = {}
        self._now_s = 0.0

    def inject(self, kind: str, target: str, severity: float, onset_s: float) -> Fault:
        """Let a fault begin, or change one that stands at the same place.

        Args:
            kind: One of `KINDS`.
            target: Twin id, for sensors `twin:signal`; "" takes the usual place.
            severity: 0 to 1.
            onset_s: Seconds until it is as bad as that.

        Raises:
            Refused: It cannot be.
        """
        if kind not in KINDS:
            raise Refused(f"unknown fault {kind}; known: {', '.join(KINDS)}")
        if not 0.0 < severity <= 1.0 or not 0.0 <= onset_s <= LONGEST_ONSET_S:
            raise Refused("severity must be above 0 and at most 1, onset 0 to 86400 s")
        twin_id, _, signal = (target or KINDS[kind].usual).partition(":")
        if twin_id not in self._units:
            raise Refused(f"no device {twin_id}")
        sensor = kind.startswith("sensor_")
        if sensor and not self._signals(twin_id, signal):
            raise Refused(f"{twin_id} has no signal {signal or '(none given)'}; expected TWIN:SIGNAL")
        if not sensor:
            signal = ""
            if twin_id not in self.places(kind):
                raise Refused(f"{twin_id} cannot have this fault")
        fault = Fault(kind, twin_id, severity, onset_s, self._now_s, signal)
        self.standing[fault.key] = fault
        self._sort()
        return fault

    def places(self, kind: str) -> list[str]:
        """Return the twins where a kind of fault does something; for sensors all, each with its own signals."""
        part, usual = KINDS[kind].part, self._units[KINDS[kind].usual.partition(":")[0]]
        if not part:
            return list(self._units)
        return [twin_id for twin_id, unit in self._units.items() if _can(unit, kind, part, usual)]

    def clear(self, kind: str = "", target: str = "") -> list[Fault]:
        """End all faults of a kind and at a place; "" is any. Returns those that ended."""
        twin_id, _, signal = target.partition(":")
        ended = [
            fault
            for fault in self.standing.values()
            if kind in {"", fault.kind} and twin_id in {"", fault.target} and signal in {"", fault.signal}
        ]
        for fault in ended:
            del self.standing[fault.key]
            if KINDS[fault.kind].part:
                self._set(fault, 0.0)
            self._held.pop(fault.key, None)
        self._sort()
        return ended

    def step(self, now_s: float) -> None:
        """Set every fault to its level."""
        self._now_s = now_s
        for fault in self.standing.values():
            if KINDS[fault.kind].part:
                self._set(fault, fault.level(now_s))

    def level(self, kind: str) -> float:
        """Return how bad the worst fault of a kind is."""
        return max((f.level(self._now_s) for f in self.standing.values() if f.kind == kind), default=0.0)

    def truth(self, kind: str) -> dict[str, Any]:
        """Return what is true of a kind of fault, for its topic."""
        standing = [fault.truth(self._now_s) for fault in self.standing.values() if fault.kind == kind]
        return {"level": round(self.level(kind), 3), "faults": standing}

    def reading(self, twin_id: str, path: str, value: float, span: float) -> float:
        """Return what a sensor says of a value; `span` is the width of its range."""
        for fault in self._spoils.get(twin_id, ()):
            if fault.signal != path:
                continue
            level = fault.level(self._now_s)
            if fault.kind == "sensor_drift":
                value += 0.5 * level * span
            elif fault.kind == "sensor_stuck":
                held = self._held.setdefault(fault.key, value)
                value = held if level > 0.05 else value
            elif self._rng.random() < 0.05 + 0.1 * level:
                value += self._rng.choice((-1.0, 1.0)) * 0.4 * level * span
        return value

    def spoiled(self, twin_id: str) -> list[str]:
        """Return the signals of a twin whose sensors are at fault."""
        return [fault.signal for fault in self._spoils.get(twin_id, ()) if fault.signal]

    def lost(self, twin_id: str) -> bool:
        """Return whether a message of a device is lost now."""
        faults = self._spoils.get(twin_id, ())
        return any(f.kind == "network_dropout" and self._rng.random() < f.level(self._now_s) for f in faults)

    def _sort(self) -> None:
        self._spoils = {}
        for fault in self.standing.values():
            if not KINDS[fault.kind].part:
                self._spoils.setdefault(fault.target, []).append(fault)

    def _set(self, fault: Fault, level: float) -> None:
        owner, name = self._part(fault.target, KINDS[fault.kind].part)
        setattr(owner, name, level)

    def _part(self, twin_id: str, part: str) -> tuple[object, str]:
        return _owner(self._units[twin_id], part), part.rpartition(".")[2]


def _owner(unit: Unit, part: str) -> object:
    # A robot has no single motor; its gears wear and heat the same way.
    first = part.rpartition(".")[0]
    return getattr(unit, first) if first and hasattr(unit, first) else unit


def _can(unit: Unit, kind: str, part: str, usual: Unit) -> bool:
    """Whether a fault shows in a device; some attributes are there where nothing reads them."""
    if kind == "jam":
        return hasattr(unit, "jammed")
    if kind in {"dirty_condenser", "battery_wear"}:
        return type(unit) is type(usual)
    return hasattr(_owner(unit, part), part.rpartition(".")[2])


STORY: Final = (
    ("jam", "", 1.0, 0.0, 25.0),
    ("bearing_wear", "", 0.8, 20.0, 120.0),
    ("clogged_filter", "", 0.8, 20.0, 110.0),
    ("leak", "utilities/compressor-1", 0.9, 5.0, 100.0),
    ("overheating", "", 1.0, 10.0, 240.0),
    ("worn_belt", "", 0.8, 15.0, 90.0),
    ("sensor_spikes", "", 0.8, 0.0, 60.0),
    ("cavitation", "", 0.9, 15.0, 100.0),
    ("network_dropout", "", 0.9, 0.0, 60.0),
)
"""What breaks by itself in a demonstration: kind, place, severity, onset and duration in s."""

FIRST_FAULT_S: Final = 45.0


def story(rng: Random) -> Iterator[tuple[float, tuple[str, str, float, float, float]]]:
    """Yield (seconds since the start, fault): each once, then again and again in a random order."""
    at_s = FIRST_FAULT_S
    faults = list(STORY)
    while True:
        for fault in faults:
            yield at_s, fault
            at_s += fault[4] + rng.uniform(60.0, 150.0)
        rng.shuffle(faults)

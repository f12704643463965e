"""From alarms and the truth to figures: probability of detection, false alarms with their bound, who was named."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.demo_faults.plan import NOTHING, SEVERITIES, STANDS_S, Episode
from benchmarks.demo_faults.running import SPECS, Recorded
from benchmarks.demo_faults.watchers import Alarm
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.plant import GATEWAY_ID
from plantverse.sim.bottling.schedule import Phase

DELAYS_S: Final = (60.0, 120.0, 300.0, 600.0)
_BEGINNING_S: Final = 600.0
"""The plant starts cold: tanks, motors and the hall settle."""

SHOWS_IN: Final[dict[str, frozenset[str]]] = {
    "bearing_wear": frozenset({"motor.vibration", "vibration", "motor.temperature", "gear_temperature"}),
    "cavitation": frozenset({"suction", "npsh_margin", "pressure", "flow", "efficiency", "motor.vibration"}),
    "leak": frozenset(
        {"imbalance", "level", "volume", "pressure", "delivery", "loaded", "power", "specific_energy"}
        | {"motor.speed", "motor.current"}
    ),
    "stuck_valve": frozenset({"position", "deviation", "setpoint", "flow", "drop"}),
    "clogged_filter": frozenset({"drop", "flow"}),
    "overheating": frozenset(
        {"motor.temperature", "gear_temperature", "oil_temperature", "condensing", "capacity", "power", "cop"}
    ),
    "worn_belt": frozenset({"belt_speed", "drive_speed", "slip", "pieces", "waiting", "fill"}),
    "jam": frozenset({"state", "speed", "motor.speed", "motor.current", "motor.vibration"}),
    "dirty_condenser": frozenset({"condensing", "capacity", "power", "cop", "supply"}),
    "battery_wear": frozenset({"current", "voltage", "battery"}),
    "network_dropout": frozenset({"loss"}),
}
"""Last parts of the signals that a fault acts on by the equations of the plant; for a sensor it is the sensor alone."""
_FROM_LEVEL: Final = frozenset({"level", "level_spread", "volume", "imbalance"})
"""What a tank's transmitter makes of one reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one fault.

    Attributes:
        any_s: From the beginning to the first alarm anywhere; None where there was none while the fault stood.
        right_s: To the first alarm of the right machine.
        first: Whether the first alarm named the right machine first, and among three.
        signal: Whether the right machine's alarm named the right signal first, and among three.
    """

    episode: Episode
    any_s: float | None
    right_s: float | None
    first: tuple[bool, bool]
    signal: tuple[bool, bool]


def outcome(episode: Episode, alarms: Sequence[Alarm]) -> Outcome:
    """Judge one fault by the alarms that came while it stood."""
    end_s = episode.begin_s + STANDS_S
    came = [a for a in alarms if episode.begin_s <= a.at_s < end_s]
    # Who finds the gap at the gateway, which counts what is lost and from whom, has found it.
    right = {episode.twin, GATEWAY_ID} if episode.kind == "network_dropout" else {episode.twin}
    own = [a for a in came if a.machine in right]
    named = came[0].machines if came else ()
    good = _signals(episode)
    signals = own[0].signals if own else ()
    return Outcome(
        episode=episode,
        any_s=came[0].at_s - episode.begin_s if came else None,
        right_s=own[0].at_s - episode.begin_s if own else None,
        first=(bool(named) and named[0] in right, any(m in right for m in named)),
        signal=(bool(signals) and good(signals[0]), any(good(s) for s in signals)),
    )


def _signals(episode: Episode) -> Callable[[str], bool]:
    if not episode.signal:
        wanted = SHOWS_IN.get(episode.kind, frozenset())
        return lambda name: name.partition(":")[2] in wanted
    same = {episode.signal} | (
        _FROM_LEVEL if episode.signal == "level" and "level_spread" in _paths(episode.twin) else set()
    )
    return lambda name: name.partition(":")[0] == episode.twin and name.partition(":")[2] in same


def _paths(twin: str) -> set[str]:
    return {signal.path for signal in SPECS[twin].signals()}


def detection(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return probability of detection by severity and delay, by kind, and who was named; for what was injected."""
    every = list(outcomes)
    real = [o for o in every if o.episode.kind != NOTHING]
    return {
        "by_severity": {str(s): _pod([o for o in real if o.episode.severity == s]) for s in SEVERITIES},
        "all": _pod(real),
        NOTHING: _pod([o for o in every if o.episode.kind == NOTHING]),
        "by_kind": {
            kind: {
                "all": _pod([o for o in real if o.episode.kind == kind]),
                "right_by_severity": {
                    str(s): _share(
                        [o.right_s is not None for o in real if (o.episode.kind, o.episode.severity) == (kind, s)]
                    )
                    for s in SEVERITIES
                },
            }
            for kind in KINDS
        },
    }


def _pod(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    found = [o for o in outcomes if o.any_s is not None]
    right = [o for o in outcomes if o.right_s is not None]
    delays = sorted(o.right_s for o in right if o.right_s is not None)
    return {
        "faults": len(outcomes),
        "any": _share([o.any_s is not None for o in outcomes]),
        "right": _share([o.right_s is not None for o in outcomes]),
        "right_95": wilson(len(right), len(outcomes)),
        "right_within": {
            f"{s:g}": _share([o.right_s is not None and o.right_s <= s for o in outcomes]) for s in DELAYS_S
        },
        "median_delay_s": delays[len(delays) // 2] if delays else None,
        "machine_top1": _share([o.first[0] for o in found]),
        "machine_top3": _share([o.first[1] for o in found]),
        "signal_top1": _share([o.signal[0] for o in right]),
        "signal_top3": _share([o.signal[1] for o in right]),
    }


def false_alarms(runs: Sequence[tuple[Recorded, Sequence[Alarm]]]) -> dict[str, Any]:
    """Return the alarms of runs without faults: how many, an hour, the 95 % upper bound, and when they came."""
    hours = sum(float(run.time_s[-1]) for run, _ in runs) / 3600.0
    count = sum(len(alarms) for _, alarms in runs)
    when: dict[str, list[float]] = {}
    for run, alarms in runs:
        every_h = (run.time_s[1] - run.time_s[0]) / 3600.0
        for at_s, code in zip(run.time_s, run.phase, strict=True):
            when.setdefault(_when(at_s, code), [0.0, 0.0])[1] += every_h
        for alarm in alarms:
            row = min(int(run.time_s.searchsorted(alarm.at_s)), len(run.phase) - 1)
            when[_when(alarm.at_s, run.phase[row])][0] += 1
    return {
        "hours": round(hours, 1),
        "alarms": count,
        "per_hour": round(count / hours, 4),
        "per_hour_upper_95": round(poisson_upper(count) / hours, 4),
        "when": {
            name: {"alarms": int(n), "hours": round(h, 2), "per_hour": round(n / h, 3)} for name, (n, h) in when.items()
        },
    }


def _when(at_s: float, code: int) -> str:
    return "beginning" if at_s < _BEGINNING_S else Phase(int(code)).name.lower()


def poisson_upper(count: int, level: float = 0.95) -> float:
    """Return the largest expected number under which `count` or fewer still come with probability 1 - level.

    Source:
        Garwood 1936, the one-sided exact limit.
    """
    low, high = float(count), count + 10.0 + 6.0 * math.sqrt(count + 1.0)
    for _ in range(60):
        middle = (low + high) / 2
        terms = (k * math.log(middle) - middle - math.lgamma(k + 1) for k in range(count + 1))
        if sum(math.exp(t) for t in terms) > 1 - level:
            low = middle
        else:
            high = middle
    return high


def wilson(found: int, of: int) -> list[float]:
    """Return the 95 % interval of a share.

    Source:
        Wilson 1927.
    """
    if not of:
        return [0.0, 1.0]
    z = 1.96
    share = found / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return [round(max(0.0, middle - half), 3), round(min(1.0, middle + half), 3)]


def _share(found: Sequence[bool]) -> float | None:
    return round(sum(found) / len(found), 3) if found else None

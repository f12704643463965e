"""How soon each fault of the demo plant raises an alarm of the machine that has it: what a stranger has to go by.

    python -m benchmarks.first_alarm [--processes 2] [--write] --json

In plants in full production (the demo as it has just started, and later hours of other days) each fault begins at each
place, for sensors at each reading that the viewer offers, as *Surprise me* lets it begin: severity 0.75 and 1, grown
within 10 s. The devices' messages go the live way: ingestion, derived values, limits and rules of the twins' types with
their delays. Detectors, which may be earlier, are left out. A place shows where in every plant and at both severities
the first alarm anywhere is one of its machine, within a minute. `--write` puts the places that show into the package.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from multiprocessing import get_context
from random import Random
from typing import Any, Final

import numpy as np

from benchmarks.processes import machine
from plantverse._clock import ManualClock
from plantverse.ingest.engine import IngestEngine
from plantverse.ingest.session_state import MessageBatch
from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.config import AlarmSettings
from plantverse.platform.derived import DerivedEngine
from plantverse.platform.rules import RuleEngine
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.parts import Refused
from plantverse.sim.bottling.plant import plant
from plantverse.sim.bottling.showing import FILE, ONSET_S, SEVERITY, WITHIN_S
from plantverse.sim.bottling.telegrams import Telegrams
from plantverse.sim.bottling.world import BottlingWorld
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.telemetry import TelemetryPlane

SPECS: Final = {twin.id: twin for twin in plant.spec().twins}

Case = tuple[str, str]
Trial = tuple[str, str, float]
"""Kind, place, severity."""
Moment = tuple[int, float, float]
Result = tuple[float | None, str]
"""Seconds to the first alarm where that is one of the machine itself, and which alarm was the first of all."""

NOTHING: Final[Result] = (None, "")

SEVERITIES: Final = (SEVERITY, 1.0)
TICK_S: Final = 0.1
"""Ten messages a second of what moves, as the demo sends them."""
LOOK_S: Final = 0.5
"""How often the server ends delays of alarms; here messages come in as seldom too, which makes nothing earlier."""
SETTLE_S: Final = 60.0
"""Live before the fault; an alarm in that time would be a false one."""
PRODUCTION_S: Final = 2400.0
MIDNIGHT_S: Final = 1_764_028_800.0
"""25 November 2025, 0 h UTC."""
MOMENTS: Final[tuple[Moment, ...]] = (
    (7, 9.0, 90.0),
    (1, 2.5, 700.0),
    (2, 15.0, 1500.0),
    (3, 11.0, 2100.0),
    (4, 18.0, 3700.0),
)
"""Seed, hour, and seconds since the start, of which the first 2,400 are production, and 2,760 to 5,160 again."""


class LivePlant:
    """The demo plant with what the server makes of its messages, as fast as it goes."""

    def __init__(self, seed: int, hour: float, elapsed_s: float) -> None:
        self.world = BottlingWorld(start_s=MIDNIGHT_S + hour * 3600.0, seed=seed)
        self.world.run(elapsed_s)
        self._telegrams = Telegrams(self.world, TICK_S)
        self._clock = ManualClock(start_ns=round(self.world.now_s * 1e9))
        revision = Revision()
        registry = Registry(revision)
        for twin in SPECS.values():
            registry.add(twin)
        state, self._events = StatePlane(revision), EventLog(revision)
        self._plane = TelemetryPlane(registry, revision)
        self._plane.ensure()
        self._engine = IngestEngine(
            registry, state=state, events=self._events, clock=self._clock, on_presence=lambda *_, **__: None
        )
        self._engine.compile()
        self._derived = DerivedEngine(registry, self._plane, self._events, self._clock)
        self._alarms = AlarmEngine(registry, self._plane, state, self._events, self._clock, AlarmSettings())
        self._alarms.rebuild()
        self._rules = RuleEngine(registry, self._plane, self._alarms)

    def raised(self, seconds: float) -> Iterator[tuple[float, list[tuple[str, str]]]]:
        """Go on for so long and yield seconds from now with the alarms (twin, alarm) that were raised at once."""
        position = self._events.position
        for look in range(1, round(seconds / LOOK_S) + 1):
            self._go_on()
            news, position, _ = self._events.read(position, 1000)
            alarms = [(e.twin, e.body["alarm"]) for e in news if e.kind == "alarm" and e.body["action"] == "raised"]
            if alarms:
                yield look * LOOK_S, alarms

    def _go_on(self) -> None:
        told: list[tuple[str, str]] = []
        for _ in range(round(LOOK_S / TICK_S)):
            self.world.run(TICK_S)
            self._clock.advance(TICK_S)
            told += self._telegrams.take(self._clock.time_ns() // 1_000_000)
        now_ns = self._clock.time_ns()
        self._engine.feed(
            MessageBatch(
                generation=1,
                received_ns=now_ns,
                topics=[topic.encode() for topic, _ in told],
                payloads=[text.encode() for _, text in told],
                packets=[0] * len(told),
                flags=[0] * len(told),
            )
        )
        batch = self._engine.drain()
        while batch is not None and len(batch):
            batch = self._plane.commit(batch, now_ns)
            self._alarms.process(batch, now_ns)
            self._rules.process(batch, now_ns)
            batch = self._derived.process(batch)
        self._alarms.tick(now_ns)


def cases() -> Iterator[Case]:
    """Yield (kind, place) of everything that can be injected by the viewer."""
    world = BottlingWorld(start_s=MIDNIGHT_S)
    for kind in KINDS:
        for twin in world.faults.places(kind):
            signals = SPECS[twin].signals() if kind.startswith("sensor_") else ()
            readings = [f"{twin}:{s.path}" for s in signals if s.kind == "float" and not s.derived]
            for place in readings if kind.startswith("sensor_") else [twin]:
                try:
                    world.faults.inject(kind, place, SEVERITY, ONSET_S)
                except Refused:
                    continue
                yield kind, place


def twin_of(place: str) -> str:
    return place.partition(":")[0]


def can_show(kind: str, place: str) -> bool:
    """Return False for a sensor that no limit and no rule of its twin depends on: it needs no trial."""
    if not kind.startswith("sensor_"):
        return True
    twin_id, _, path = place.partition(":")
    twin = SPECS[twin_id]
    watched = {s.path for s in twin.signals() if twin.limits.get(s.path, s.limits) is not None}
    watched.update(*(rule.inputs for rule in twin.type.rules))
    for derived in (*twin.type.derived,) * len(twin.type.derived):
        if derived.signal.path in watched:
            watched.update(derived.inputs)
    # What a tank's transmitter says of itself follows from its level.
    return path in watched or path == "level"


_warm: list[LivePlant] = []
"""What a forked process starts from, so that a plant is warmed up once for everything that is tried on it."""


def _try(trials: Sequence[Trial]) -> list[Result]:
    """Return what a fault alone does to a plant, or each of several faults of sensors of different machines."""
    live = _warm[0]
    for kind, place, severity in trials:
        live.world.faults.inject(kind, place, severity, ONSET_S)
    if len(trials) > 1:
        return _apart(live, [twin_of(place) for _, place, _ in trials])
    for at_s, alarms in live.raised(WITHIN_S):
        own = all(twin == twin_of(trials[0][1]) for twin, _ in alarms)
        return [(at_s if own else None, ", ".join(alarm for _, alarm in alarms))]
    return [NOTHING]


def _apart(live: LivePlant, machines: Sequence[str]) -> list[Result]:
    found: dict[str, Result] = {}
    for at_s, alarms in live.raised(WITHIN_S):
        for twin, alarm in alarms:
            if twin not in machines:
                raise AssertionError(f"{alarm}: a wrong reading of another machine is seen here")
            found.setdefault(twin, (at_s, alarm))
        if len(found) == len(machines):
            break
    return [found.get(twin, NOTHING) for twin in machines]


def _together(trials: Iterable[Trial]) -> Iterator[list[Trial]]:
    """Yield trials that go together: readings that no control follows change nothing but what their machine says."""
    by_twin: dict[str, list[Trial]] = {}
    for trial in trials:
        kind, place, _ = trial
        if kind.startswith("sensor_") and not place.endswith(":level"):
            by_twin.setdefault(twin_of(place), []).append(trial)
        else:
            yield [trial]
    for group in zip_longest(*by_twin.values()):
        yield [trial for trial in group if trial is not None]


def _tried(moment: Moment, groups: Iterable[Sequence[Trial]], processes: int) -> dict[Trial, Result]:
    """Return what came of each trial, each group in a plant of its own."""
    live = LivePlant(*moment)
    if false := list(live.raised(SETTLE_S)):
        raise AssertionError(f"an alarm without a fault at {moment}: {false}")
    _warm[:] = [live]
    every = list(groups)
    with get_context("fork").Pool(processes, maxtasksperchild=1) as pool:
        results = pool.map(_try, every, chunksize=1)
    return {t: r for group, found in zip(every, results, strict=True) for t, r in zip(group, found, strict=True)}


def measured(processes: int) -> dict[str, Any]:
    """Return for every place what came at each moment and severity that was tried; a place that failed once is done."""
    every = list(cases())
    tried: dict[Case, list[Result]] = {case: [] for case in every if can_show(*case)}
    for moment in MOMENTS:
        for severity in SEVERITIES:
            left = [case for case, results in tried.items() if all(s is not None for s, _ in results)]
            results = _tried(moment, _together((*case, severity) for case in left), processes)
            for kind, place in left:
                tried[kind, place].append(results[kind, place, severity])
            print(f"{moment} severity {severity:g}: {len(left)} tried", file=sys.stderr)
    shows = {case: results for case, results in tried.items() if all(s is not None for s, _ in results)}
    return {
        "severities": SEVERITIES,
        "onset_s": ONSET_S,
        "within_s": WITHIN_S,
        "moments": MOMENTS,
        "places": len(every),
        "tried": len(tried),
        "show": len(shows),
        "machines_that_show": len({twin_of(place) for _, place in shows}),
        "seconds_to_alarm": _spread([s for results in shows.values() for s, _ in results if s is not None]),
        "by_kind": {
            kind: {"places": sum(k == kind for k, _ in every), "show": sum(k == kind for k, _ in shows)}
            for kind in KINDS
        },
        "alarm_s": {f"{kind} {place}": results for (kind, place), results in tried.items()},
    }


def drawn(places: Mapping[str, Sequence[str]], plants: int, draws: int, processes: int) -> dict[str, Any]:
    """Return how often places show in plants that had no part in their choice, drawn as the viewer draws."""
    dice = Random(20)
    found: list[tuple[str, Result]] = []
    for seed in range(100, 100 + plants):
        moment = (seed, round(dice.uniform(0, 24), 1), round(dice.uniform(90.0, PRODUCTION_S - SETTLE_S - WITHIN_S)))
        trials: list[Trial] = []
        for _ in range(draws):
            kind = dice.choice(list(places))
            trials.append((kind, dice.choice(places[kind]), round(dice.uniform(SEVERITY, 1.0), 2)))
        results = _tried(moment, ([trial] for trial in trials), processes)
        found += [(f"{moment} {trial}", results[trial]) for trial in trials]
    return {
        "plants": plants,
        "draws": len(found),
        "shown": sum(s is not None for _, (s, _) in found),
        "seconds_to_alarm": _spread([s for _, (s, _) in found if s is not None]),
        "not_shown": {trial: alarms for trial, (s, alarms) in found if s is None},
    }


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{q}": round(float(np.percentile(seconds, q)), 1) for q in (50, 95, 100)} if seconds else {}


def shown(found: dict[str, Any]) -> dict[str, list[str]]:
    """Return the places that show by kind, as the package keeps them."""
    places: dict[str, list[str]] = {}
    for case, results in found["alarm_s"].items():
        kind, place = case.split(" ")
        if all(s is not None for s, _ in results):
            places.setdefault(kind, []).append(place)
    return places


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--plants", type=int, default=10, help="on which what shows is checked")
    parser.add_argument("--draws", type=int, default=30, help="in each of them")
    parser.add_argument("--write", action="store_true", help="put the places that show into the package")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    given = parser.parse_args()
    began = time.monotonic()
    found = measured(given.processes)
    places = shown(found)
    found["drawn"] = drawn(places, given.plants, given.draws, given.processes)
    if given.write:
        FILE.write_text(json.dumps(places, indent=1) + "\n")
    if given.json:
        print(json.dumps({**machine(), "seconds": round(time.monotonic() - began), **found}, indent=1))
        return
    for kind, counts in found["by_kind"].items():
        print(f"{kind:>16}  {counts['show']:3} of {counts['places']}")
    check = found["drawn"]
    print(f"{found['show']} of {found['places']} show; seconds to the alarm {found['seconds_to_alarm']}")
    print(f"{check['shown']} of {check['draws']} draws in other plants: {check['seconds_to_alarm']}")


if __name__ == "__main__":
    main()

"""What the demo's devices publish passes ingestion whole: no message rejected, no signal left without a value."""

import json
from typing import Any

import numpy as np

from plantverse._clock import ManualClock
from plantverse.ingest.engine import IngestEngine
from plantverse.ingest.session import MessageBatch
from plantverse.sim.small_plant import STATUS_TOPIC, plant
from plantverse.sim.small_world import SmallWorld
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.formulas import Columns
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision

START = 1_764_064_800.0


def _world() -> tuple[SmallWorld, dict[str, dict[str, Any]]]:
    world = SmallWorld(start_s=START, faults=False)
    for tick in range(1, 300):
        world.step(START + tick / 10)
    return world, world.payloads()


def test_every_message_is_accepted_and_every_measured_signal_gets_its_value() -> None:
    _, payloads = _world()
    revision, clock = Revision(), ManualClock(start_ns=round(START * 1e9))
    registry, seen = Registry(revision), list[str]()
    spec = plant.spec()
    for twin in spec.twins:
        registry.add(twin)
    state, events = StatePlane(revision), EventLog(revision)
    engine = IngestEngine(
        registry,
        state=state,
        events=events,
        clock=clock,
        on_presence=lambda twin, *, online, now_ns: seen.append(twin) if online else None,
    )
    engine.compile()
    messages = {t.topic: json.dumps({"ts": round(START * 1000), **payloads[t.id]}).encode() for t in spec.twins}
    messages[STATUS_TOPIC] = b"online"
    engine.feed(
        MessageBatch(
            topics=[topic.encode() for topic in messages],
            payloads=list(messages.values()),
            packets=[0] * len(messages),
            flags=[0] * len(messages),
            received_ns=round(START * 1e9),
            generation=1,
        )
    )
    received, accepted, rejected = engine.counts()
    assert (received, accepted, {c: n for c, n in rejected.items() if n}) == (len(messages), len(messages), {})
    rows = engine.drain()
    assert rows is not None
    got = {registry.names[slot]: value for slot, value in zip(rows.slot, rows.value, strict=True)}
    wanted = {f"{t.id}:{s.path}" for t in spec.twins for s in t.signals() if not s.derived}
    assert got.keys() == wanted
    assert all(quality == 0 for quality in rows.quality)
    assert got["line/filler:state"] == 1.0
    assert got["process/pump-1:motor.speed"] == payloads["process/pump-1"]["motor"]["speed"]
    assert sorted(seen) == sorted(t.id for t in spec.twins)


def test_formulas_give_plausible_values_and_no_alarm_stands_in_normal_running() -> None:
    _, payloads = _world()

    def column(value: Any) -> np.ndarray[Any, Any]:
        return np.array([float(value)])

    found: dict[str, float] = {}
    for twin in plant.spec().twins:
        payload = payloads[twin.id]
        flat = {k: v for k, v in payload.items() if not isinstance(v, dict | str)}
        flat |= {f"motor.{k}": v for k, v in payload.get("motor", {}).items()}
        flat |= {"state": 1} if "state" in payload else {}
        columns = {path: column(value) for path, value in flat.items()}
        for derived in twin.type.derived:
            columns[derived.signal.path] = derived.compute(Columns(columns))
            value = float(columns[derived.signal.path][0])
            found[f"{twin.id}:{derived.signal.path}"] = value
            if derived.signal.range is not None:
                assert derived.signal.range[0] <= value <= derived.signal.range[1], (twin.id, derived.signal.path)
        for rule in twin.type.rules:
            assert not rule.condition(Columns(columns)).any(), (twin.id, rule.name)
        for signal in twin.signals():
            if signal.limits is not None and signal.path in columns:
                value = float(columns[signal.path][0])
                low = [v for v in (signal.limits.ll, signal.limits.l) if v is not None]
                high = [v for v in (signal.limits.h, signal.limits.hh) if v is not None]
                assert max(low, default=-np.inf) < value < min(high, default=np.inf), (twin.id, signal.path, value)
    assert 30 < found["process/pump-1:efficiency"] < 90
    assert 2 < found["utilities/chiller-1:cop"] < 6
    assert (
        0.09 < found["utilities/compressor-1:specific_energy"] < 0.15
        or not payloads["utilities/compressor-1"]["loaded"]
    )
    assert 5 < found["hall/climate-1:dew_point"] < 20

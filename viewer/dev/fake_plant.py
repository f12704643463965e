# ruff: noqa: INP001  a script on its own
"""A small plant that exists only for work on the viewer: real sync sessions over invented values, a few REST answers.

Run `python viewer/dev/fake_plant.py [port] [twins]` and open http://127.0.0.1:<port>/. Not shipped.
"""

import asyncio
import math
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from plantverse._clock import SystemClock
from plantverse.platform.access import User
from plantverse.platform.users import Role
from plantverse.platform.websocket import SyncHub
from plantverse.twins import quality as q
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import (
    CommandSpec,
    Geometry,
    Limits,
    ParameterSpec,
    Placement,
    PropertySpec,
    SignalSpec,
    TwinSpec,
    TwinType,
    VisualRule,
)
from plantverse.twins.sync.messages import AlarmAction, Invoke, Reply, SetDesired
from plantverse.twins.sync.publisher import SyncPublisher
from plantverse.twins.telemetry import TelemetryPlane

RNG = np.random.default_rng(7)
STATIC = Path(__file__).resolve().parents[2] / "src" / "plantverse" / "viewer" / "static"

PUMP = TwinType(
    name="Pump",
    signals=(
        SignalSpec(path="flow", unit="m3/h", name="Flow", range=(0, 120), limits=Limits(ll=5, l=10, h=95, hh=110)),
        SignalSpec(path="motor.speed", unit="rpm", name="Speed", range=(0, 3000), decimals=0),
        SignalSpec(path="motor.temperature", unit="Cel", name="Motor temperature", limits=Limits(h=80, hh=95)),
        SignalSpec(path="motor.vibration", unit="mm/s", name="Vibration", decimals=2, limits=Limits(h=7.1, hh=11.2)),
        SignalSpec(path="running", kind="bool", name="Running", codes={0: "stopped", 1: "running"}),
        SignalSpec(path="mode", kind="enum", name="Mode", codes={0: "off", 1: "manual", 2: "automatic"}),
        SignalSpec(path="efficiency", unit="%", name="Efficiency", derived=True),
    ),
    properties=(
        PropertySpec(path="setpoint", kind="float", unit="m3/h", name="Flow set-point", range=(0, 120), writable=True),
        PropertySpec(path="mode", kind="enum", name="Mode", choices=("off", "manual", "automatic"), writable=True),
        PropertySpec(path="serial", name="Serial number"),
    ),
    commands=(
        CommandSpec(name="start", title="Start", description="Start the pump on its ramp."),
        CommandSpec(
            name="stop", title="Stop", description="Stop the pump and close the discharge valve.", confirm=True
        ),
        CommandSpec(
            name="ramp",
            title="Ramp to speed",
            parameters=(
                ParameterSpec(name="speed", unit="rpm", range=(0, 3000)),
                ParameterSpec(name="profile", kind="enum", choices=("soft", "normal", "fast"), required=False),
            ),
            timeout_s=20,
        ),
    ),
    geometry=Geometry(shape="cylinder", size=(1.2, 1.4, 1.2)),
    visuals=(
        VisualRule(kind="spin", signal="motor.speed"),
        VisualRule(kind="color", signal="motor.temperature", stops=((20, "#4aa3df"), (90, "#e5533c"))),
        VisualRule(kind="label", signal="flow"),
    ),
)
TANK = TwinType(
    name="Tank",
    signals=(
        SignalSpec(path="level", unit="%", name="Level", range=(0, 100), limits=Limits(ll=5, l=15, h=90, hh=97)),
        SignalSpec(path="temperature", unit="Cel", name="Temperature"),
        SignalSpec(path="pressure", unit="bar", name="Head pressure", decimals=2, max_age_s=5),
    ),
    properties=(PropertySpec(path="product", name="Product"),),
    geometry=Geometry(shape="cylinder", size=(3, 5, 3)),
    visuals=(VisualRule(kind="level", signal="level", low=0, high=100),),
)


def plant(twins: int) -> list[TwinSpec]:
    """Return that many twins in a few areas; every fourth is a tank."""
    specs = []
    side = math.ceil(math.sqrt(twins))
    for i in range(twins):
        area = f"hall-{i * 4 // max(twins, 1) + 1}"
        kind, word = (TANK, "tank") if i % 4 == 3 else (PUMP, "pump")
        specs.append(
            TwinSpec(
                id=f"works/{area}/{word}-{i + 1}",
                type=kind,
                name=f"{word.title()} {i + 1}" + (" of the cold water circuit, north side" if i % 7 == 0 else ""),
                area=area,
                tags=("critical-path",) if i % 5 == 0 else (),
                topic=f"works/{area}/{word}{i + 1}",
                placement=None if i % 11 == 10 else Placement(position=(6.0 * (i % side), 0.0, 6.0 * (i // side))),
            )
        )
    return specs


class FakePlant:
    """Planes with invented values, and a desk that answers requests."""

    def __init__(self, twins: int) -> None:
        revision, clock = Revision(), SystemClock()
        self.registry = Registry(revision)
        for spec in plant(twins):
            self.registry.add(spec)
        self.registry.add(
            TwinSpec(id="discovered/dryer-9", type=TwinType(name="Discovered"), extra=(SignalSpec(path="rh"),)),
            discovered=True,
        )
        self.telemetry = TelemetryPlane(self.registry, revision)
        self.telemetry.ensure()
        self.state = StatePlane(revision)
        self.events = EventLog(revision)
        self.publisher = SyncPublisher(
            registry=self.registry,
            telemetry=self.telemetry,
            state=self.state,
            events=self.events,
            revision=revision,
            clock=clock,
            origin="fake",
            epoch=time.time_ns() // 1_000_000_000,
            plant="Fake waterworks",
        )
        self.hub = SyncHub(self.publisher, self, send_timeout_s=10, max_clients=100)
        self.frozen: set[int] = set()
        self._documents()

    def authenticate(self, token: str, websocket: WebSocket) -> User:  # noqa: ARG002
        return User(name="anna", role=Role.ENGINEER)

    def still_valid(self, user: User) -> bool:  # noqa: ARG002
        return True

    async def handle(self, session: Any, user: User, request: Invoke | SetDesired | AlarmAction) -> None:
        """Carry a request out after a second; `stop` always fails."""
        if isinstance(request, AlarmAction):
            self._act(request)
            session.reply(Reply(request=request.request, status="succeeded"))
            return
        session.reply(Reply(request=request.request, status="pending"))
        await asyncio.sleep(1.0)
        if isinstance(request, SetDesired):
            self.state.patch(request.twin, {"desired": request.patch})
            await asyncio.sleep(1.5)
            self.state.patch(request.twin, {"reported": request.patch})
            session.reply(Reply(request=request.request, status="succeeded"))
        elif request.command == "stop":
            text = "the discharge valve is locked by maintenance"
            session.reply(Reply(request=request.request, status="failed", code="device_refused", message=text))
        else:
            session.reply(Reply(request=request.request, status="succeeded", message="done in 1.0 s"))
        body = {"request": request.request, "user": user.name, "status": "succeeded"}
        kind = "command" if isinstance(request, Invoke) else "desired"
        if isinstance(request, Invoke):
            body |= {"command": request.command, "message": request.reason}
        self.events.append(kind, request.twin, time.time_ns(), body)

    def step(self) -> None:
        """Write a sample of every signal of some twins."""
        now = time.time_ns()
        t = now / 1e9
        slots, values = [], []
        for entry in self.registry:
            if entry.index in self.frozen or RNG.random() < 0.6:
                continue
            for path, slot in entry.slots.items():
                slots.append(slot)
                values.append(_value(path, entry.index, t))
        n = len(slots)
        observed = now - RNG.integers(1_000_000, 40_000_000, n)
        quality = np.zeros(n, np.uint8)
        quality[np.array(slots) % 97 == 5] = q.pack(q.Severity.UNCERTAIN, q.Cause.OUT_OF_RANGE)
        quality[np.array(slots) % 131 == 7] = q.pack(q.Severity.BAD, q.Cause.NO_READING)
        self.telemetry.commit(
            SampleBatch(
                slot=np.array(slots, np.int32),
                value=np.array(values),
                observed_ns=observed,
                received_ns=np.full(n, now - 500_000, np.int64),
                quality=quality,
                flags=np.ones(n, np.uint8),
                stamp_ns=observed,
                packet=np.zeros(n, np.uint16),
            ),
            now,
        )
        self.telemetry.mark_stale(now)

    def _documents(self) -> None:
        now = time.time() * 1e6
        texts = {
            "critical": ("flow", "ll", "flow below 5 m3/h: the circuit is starved", 3.2),
            "high": ("motor.temperature", "hh", "motor temperature above 95 Cel", 97.4),
            "medium": ("motor.vibration", "h", "vibration above 7.1 mm/s", 7.6),
            "low": ("flow", "h", "flow above 95 m3/h", 96.1),
        }
        for i, entry in enumerate(self.registry):
            twin = entry.spec.id
            serial = f"KSB-{4000 + i}"
            self.state.patch(twin, {"reported": {"setpoint": 60.0, "mode": "automatic", "serial": serial}})
            self.state.patch(twin, {"connectivity": {"online": i % 13 != 12, "since_us": now - 3.6e9}})
            if i % 13 == 12:
                self.frozen.add(entry.index)
            if i % 6 == 1:
                priority = list(texts)[i // 6 % 4]
                signal, limit, message, value = texts[priority]
                state = ("unacknowledged", "acknowledged", "returned")[i // 6 % 3]
                alarm = f"{twin}:{signal}:{limit}"
                body = {
                    "state": state,
                    "priority": priority,
                    "message": message,
                    "signal": signal,
                    "limit": limit,
                    "value": value,
                    "since_us": now - i * 37e6,
                    "count": 1 + i % 3,
                }
                self.state.patch(twin, {"alarms": {alarm: body}})
                event = {"alarm": alarm, "action": "raised", "priority": priority, "message": message, "value": value}
                self.events.append("alarm", twin, time.time_ns() - i * 37_000_000_000, event)

    def _act(self, request: AlarmAction) -> None:
        twin = request.alarm.split(":")[0]
        change: dict[str, Any] = {
            "acknowledge": {"state": "acknowledged", "comment": request.comment or None, "by": "anna"},
            "shelve": {"shelved_until_us": time.time() * 1e6 + (request.duration_s or 3600) * 1e6, "by": "anna"},
            "unshelve": {"shelved_until_us": None},
            "suppress": {"suppressed": True},
            "unsuppress": {"suppressed": None},
        }[request.action]
        self.state.patch(twin, {"alarms": {request.alarm: change}})
        body = {"alarm": request.alarm, "action": request.action + "d", "user": "anna", "comment": request.comment}
        self.events.append("alarm", twin, time.time_ns(), body)


def _value(path: str, index: int, t: float) -> float:
    phase = index * 0.7
    wave = math.sin(t / 7 + phase)
    return {
        "flow": 60 + 25 * wave + RNG.normal(0, 0.8),
        "motor.speed": 1480 + 60 * wave,
        "motor.temperature": 62 + 9 * math.sin(t / 40 + phase),
        "motor.vibration": 3.1 + 0.6 * wave + RNG.normal(0, 0.15),
        "running": 1.0,
        "mode": 2.0,
        "efficiency": 71 + 4 * wave,
        "level": 50 + 35 * math.sin(t / 30 + phase),
        "temperature": 14 + wave,
        "pressure": 1.8 + 0.2 * wave,
    }.get(path, RNG.random())


def build_app(fake: FakePlant) -> FastAPI:
    """Return the server."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> Any:
        async def steps() -> None:
            while True:
                fake.step()
                await asyncio.sleep(0.2)

        tasks = [asyncio.create_task(steps()), asyncio.create_task(fake.hub.run())]
        yield
        await fake.hub.close("restart", "the server restarts")
        for task in tasks:
            task.cancel()

    app = FastAPI(lifespan=life)

    @app.websocket("/api/v1/sync")
    async def sync(websocket: WebSocket) -> None:
        await fake.hub.serve(websocket)

    @app.get("/api/v1/health")
    def health() -> dict[str, Any]:
        return {"status": "ok", "viewers": len(fake.hub), "rate": 1234.0, "ingest": {"rejected": {"no_mapping": 3}}}

    @app.get("/api/v1/history/buckets")
    def buckets(signal: str, start: str = "-10m", width: str = "10s") -> Any:
        slot = fake.registry.slot(signal)
        entry = fake.registry.at(int(fake.registry.twin_index[slot]))
        span, step = float(start.strip("-ms").rstrip("h")) * (60 if start.endswith("m") else 3600), float(width[:-1])
        step *= {"s": 1, "m": 60}[width[-1]]
        now = time.time()
        at = np.arange(now - span, now - 5, step)
        mean = [_value(signal.split(":")[1], entry.index, t) for t in at]
        return {
            "signal": signal,
            "unit": "",
            "start_us": list(at * 1e6),
            "min": [m - 1.5 for m in mean],
            "max": [m + 1.5 for m in mean],
            "mean": mean,
            "count": [10] * len(mean),
            "worst": [0] * len(mean),
        }

    @app.get("/api/v1/hops")
    def hops(signal: str) -> dict[str, Any]:
        slot = fake.registry.slot(signal)
        t = fake.telemetry
        return {
            "signal": signal,
            "observed_us": t.observed_ns[slot] / 1e3,
            "received_us": t.received_ns[slot] / 1e3,
            "committed_us": t.committed_ns[slot] / 1e3,
            "revision": int(t.revision[slot]),
            "stamped": True,
            "source": "works/hall-1/pump1",
        }

    @app.get("/api/v1/events")
    def events() -> dict[str, Any]:
        return {"events": []}

    @app.get("/api/v1/topics")
    def topics() -> dict[str, Any]:
        now = time.time() * 1e6
        signals = [{"path": "rh", "key": "rh", "kind": "float", "value": 41.2}]
        dryer = {"topic": "works/hall-2/dryer-9/state", "first_us": now - 9e8, "last_us": now - 1e6, "count": 812}
        dryer |= {"sample": '{"rh": 41.2, "t": 71.9}', "suggestion": {"twin": "hall-2/dryer-9", "signals": signals}}
        return {"topics": [dryer]}

    @app.get("/api/v1/dead-letters")
    def letters() -> dict[str, Any]:
        letter = {"at_us": time.time() * 1e6 - 4e6, "topic": "works/hall-1/pump1", "cause": "not_a_number"}
        letter |= {
            "reason": "flow is the text 'n/a'",
            "hint": 'map the word: words = {"n/a" = 0}',
            "payload": '{"flow":"n/a"}',
        }
        return {"dead_letters": [letter] * 3, "counts": {"not_a_number": 3}}

    @app.post("/api/v1/mapping/bind")
    def bind() -> Any:
        return JSONResponse(
            {"code": "not_allowed", "message": "the plant file is read-only", "hint": "start with --edit"}, 403
        )

    app.mount("/", StaticFiles(directory=STATIC, html=True))
    return app


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8421
    fake_plant = FakePlant(int(sys.argv[2]) if len(sys.argv) > 2 else 60)
    uvicorn.run(build_app(fake_plant), host="127.0.0.1", port=port, ws="websockets-sansio", log_level="warning")

"""Wires a server, and says in which order its parts start and end.

The only file of the platform that imports `plantverse.ingest`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from plantverse._clock import Clock
from plantverse.errors import BrokerUnavailable, PlantverseError
from plantverse.ingest.broker import EmbeddedBroker
from plantverse.ingest.engine import IngestEngine, IngestOptions
from plantverse.ingest.session import MessageBatch, MqttSession, Phase, SessionOptions, SessionState
from plantverse.platform.access import Access, log_changes
from plantverse.platform.alarm_desk import AlarmDesk
from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.audit import AuditLog, newest
from plantverse.platform.commands import CommandService
from plantverse.platform.config import Settings
from plantverse.platform.config_file import mqtt_password
from plantverse.platform.core import Core
from plantverse.platform.derived import DerivedEngine
from plantverse.platform.desired import DesiredService
from plantverse.platform.desk import RequestDesk
from plantverse.platform.detection import DETECT_EVERY_S, Detection
from plantverse.platform.discovery import Discovery
from plantverse.platform.edge.serving import EdgePart
from plantverse.platform.freshness import RATE_EVERY_S, Freshness
from plantverse.platform.history.opening import open_store
from plantverse.platform.history.writer import HistoryWriter
from plantverse.platform.http import build_http, viewer_bundle
from plantverse.platform.late import LateNews
from plantverse.platform.mqtt_options import client_id, session_arguments, topic_filters
from plantverse.platform.persistence import Persistence
from plantverse.platform.pipeline import Pipeline
from plantverse.platform.private_topics import PrivateTopics
from plantverse.platform.requests import Requests
from plantverse.platform.rules import RuleEngine
from plantverse.platform.server_metrics import server_metrics
from plantverse.platform.services import Services, Status
from plantverse.platform.ticker import Ticker
from plantverse.platform.unfinished import LOOK_BACK, end_unfinished
from plantverse.platform.users import UsersFile
from plantverse.platform.websocket import SyncHub
from plantverse.twins.interop.plant_toml import LoadedPlant

MQTT_TASK = "mqtt"
"""Name of the task that lives until `Server.close`."""
STALE_EVERY_S = 0.5
"""A value is grey at most half a second late."""
DISCOVERY_EVERY_S = 0.25
"""An unknown topic shows well within the two seconds that a person at the machine waits for it."""
REQUESTS_EVERY_S = 0.1
PERSIST_EVERY_S = 0.5
REVOKED_EVERY_S = 5.0
RELOAD_EVERY_S = 1.0


class Server:
    """One plant, running in the present event loop.

    Args:
        settings: Checked already (`security.check_bind`).
        loaded: The plant file.
        path: Where it lies, or will lie once something is bound.
        users: Named users.
        clock: Time.

    Attributes:
        http: The ASGI application.

    Raises:
        HistoryUnavailable: Another server has the history open, or its files are damaged.
        AuditUnavailable: The audit log cannot be opened.
        PlantInvalid: A binding of the plant cannot be compiled.
    """

    def __init__(
        self, settings: Settings, loaded: LoadedPlant, path: Path | None, *, users: UsersFile, clock: Clock
    ) -> None:
        self._settings = settings
        self._clock = clock
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._core = core = Core.build(settings, path, clock)
        self._store = open_store(settings)
        self._audit = AuditLog(settings.audit_path, clock, is_synthetic=core.registry.is_synthetic)
        self._writer = HistoryWriter(
            self._store,
            clock=clock,
            commit_interval_s=settings.history.commit_ms / 1e3,
            retention_s=settings.history.retention_days * 86_400 or None,
        )
        self._broker = self._embedded_broker()
        self._session: MqttSession | None = None
        self._status = Status()
        self._freshness = Freshness(core, self._status)
        self._subscribing: asyncio.Future[None] | None = None
        self._engine = self._make_engine()
        self._derived = DerivedEngine(core.registry, core.telemetry, core.events, clock)
        self._alarms = AlarmEngine(core.registry, core.telemetry, core.state, core.events, clock, settings.alarms)
        self._rules = RuleEngine(core.registry, core.telemetry, self._alarms)
        self._late = LateNews(core.registry, core.events)
        self._pipeline: Pipeline[MessageBatch] = Pipeline(
            decoder=self._engine,
            registry=core.registry,
            telemetry=core.telemetry,
            derivation=self._derived,
            watches=[self._alarms, self._rules, self._late],
            recorder=self._writer,
            clock=clock,
            source=self,
            durable=settings.mqtt.durability == "history",
        )
        self._detection = self._make_detection()
        epoch = self._store.next_epoch()
        self._persistence = Persistence(
            store=self._store,
            writer=self._writer,
            sink=self._pipeline,
            registry=core.registry,
            telemetry=core.telemetry,
            state=core.state,
            events=core.events,
            epoch=epoch,
        )
        self._desk = RequestDesk()
        self._hub = self._make_hub(loaded.spec.title or loaded.spec.name, epoch)
        self._edge = self._make_edge(epoch, client_id(settings.mqtt, loaded.spec.name, settings.state_dir))
        self._pipeline.watch(self._edge.desk, sieve=self._edge.desk.sieve)
        self._commands = CommandService(core.registry, self._requests("command"))
        self._desired = DesiredService(core.registry, core.state, self._requests("desired"), clock)
        self._private = PrivateTopics(self._answered)
        self._discovery = Discovery(unknown=self._engine, host=core.host, registry=core.registry, state=core.state)
        self._access = Access(settings, users, clock, on_change=log_changes)
        self._desk.services = services = self._make_services()
        self.http = build_http(services, self._hub, self._edge.link, viewer_bundle())
        self._load(loaded)

    def _make_engine(self) -> IngestEngine:
        core, settings = self._core, self._settings
        return IngestEngine(
            core.registry,
            state=core.state,
            events=core.events,
            clock=self._clock,
            on_presence=self._freshness.presence,
            options=IngestOptions(
                clock_tolerance_s=settings.time.clock_tolerance_s,
                past_limit_s=settings.time.past_limit_days * 86_400,
                dead_letters=settings.limits.dead_letters,
                unknown_topics=settings.limits.discovery_topics,
            ),
        )

    def _make_edge(self, epoch: int, name: str) -> EdgePart:
        return EdgePart(
            self._core, self._settings, way=self._pipeline, reads=self._engine.reads, make=self._group_session,
            main=lambda: self._session, take=self._pipeline.receive, broker_url=lambda: self._status.broker_url,
            lag_s=lambda: self._hub.lag_s, epoch=epoch, origin=self._store.origin(), client_id=name,
            detection=self._detection,
        )  # fmt: skip

    def _make_hub(self, plant: str, epoch: int) -> SyncHub:
        sync = self._settings.sync
        publisher = self._core.publisher(sync, origin=self._store.origin(), epoch=epoch, plant=plant)
        return SyncHub(publisher, self._desk, send_timeout_s=sync.send_timeout_s, max_clients=sync.max_clients)

    def _make_detection(self) -> Detection:
        """Return what runs detectors; their worker starts with the first of them."""
        from plantverse.ai.watching import Detection as Watching

        host, models = self._core.host, self._settings.models_path
        host.equipment = made = Watching(self._core, commit=self._pipeline.commit, refresh=host.refresh, models=models)
        return made

    def _make_services(self) -> Services:
        core, settings = self._core, self._settings
        return Services(
            settings=settings,
            clock=self._clock,
            revision=core.revision,
            registry=core.registry,
            telemetry=core.telemetry,
            state=core.state,
            events=core.events,
            readings=core.readings,
            host=core.host,
            ghosts=core.ghosts,
            access=self._access,
            alarms=self._alarms,
            alarm_desk=AlarmDesk(self._alarms, self._audit, max_shelve_s=settings.alarms.max_shelve_s),
            commands=self._commands,
            desired=self._desired,
            detection=self._detection,
            store=self._store,
            publisher=self._hub.publisher,
            ingest=self._engine,
            metrics=server_metrics(
                stats=self._engine.stats,
                hub=self._hub,
                writer=self._writer,
                requests=self._commands.requests,
                status=self._status,
                detection=self._detection,
                revision=core.revision,
                edge=self._edge.desk,
            ),
            audit=self._audit,
            edge=self._edge.desk,
            history_state=self._writer.report,
            viewers=lambda: len(self._hub),
            status=self._status,
        )

    @property
    def broker_message(self) -> str:
        """What people should know about the broker."""
        return self._broker.message if self._broker is not None else f"broker {self._status.broker_url}"

    @property
    def broker_url(self) -> str:
        """The broker's address, without a password."""
        return self._status.broker_url

    async def start(self) -> list[asyncio.Task[None]]:
        """Start everything but HTTP, and return the tasks; when one ends, so must the server.

        Raises:
            BrokerUnavailable: The embedded broker does not start.
            ConfigInvalid: The broker's address or a certificate is wrong.
        """
        if self._broker is not None:
            await self._broker.start()
        self._session = session = MqttSession(
            self._session_options(), on_messages=self._receive, on_state=self._session_state, clock=self._clock
        )
        await self._writer.start()
        await session.subscribe(self._filters())
        return [
            asyncio.create_task(session.run(), name=MQTT_TASK),
            asyncio.create_task(self._hub.run(self._pipeline.tick), name="sync"),
            asyncio.create_task(self._ticker().run(), name="ticker"),
            asyncio.create_task(self._detection.run(), name="detection"),
        ]

    async def say_goodbye(self) -> None:
        """Tell viewers that they may come back shortly."""
        self._edge.link.close()
        await self._hub.close("restart", "the server is going down")

    async def close(self) -> None:
        """Stop taking messages, write what is there, confirm it, and let go of everything."""
        if self._session is not None:
            self._session.pause()
        self._core.host.shelf.close()
        self._pipeline.flush()
        self._commands.requests.stop()
        self._desired.stop()
        self._persistence.tick()
        await self._writer.close()
        await self._commands.requests.close()
        await self._desired.requests.close()
        await self._edge.close()
        if self._session is not None:
            await self._session.close()
        if self._broker is not None:
            await self._broker.stop()
        self._audit.close()
        await asyncio.to_thread(self._store.close)

    def acknowledge(self, generation: int, packets: Any) -> None:
        """Part of `pipeline.Source`."""
        if not self._edge.acknowledge(generation, packets) and self._session is not None:
            self._session.acknowledge(generation, packets)

    def pause(self) -> None:
        """Part of `pipeline.Source`."""
        self._edge.pause()
        if self._session is not None:
            self._session.pause()

    def resume(self) -> None:
        """Part of `pipeline.Source`."""
        self._edge.resume()
        if self._session is not None:
            self._session.resume()

    def _load(self, loaded: LoadedPlant) -> None:
        host = self._core.host
        host.on_change += [
            self._engine.compile,
            self._persistence.tie,
            self._derived.rebuild,
            self._alarms.rebuild,
            self._rules.rebuild,
            self._topics_changed,
            self._edge.desk.rebuild,
        ]
        host.on_rename += [self._persistence.rename, self._alarms.rename]
        host.on_rename += [self._commands.requests.rename, self._desired.requests.rename]
        host.load(loaded)
        self._persistence.restore_documents()
        self._alarms.restore()
        self._desired.restore()
        left = newest(self._audit.path, LOOK_BACK)
        end_unfinished(left, audit=self._audit, events=self._core.events, clock=self._clock)

    def _receive(self, batch: MessageBatch) -> None:
        batch, private = self._private.split(batch)
        batch, elsewhere = self._edge.sift(batch)
        if packets := [p for p in (*private, *elsewhere) if p]:
            self.acknowledge(batch.generation, packets)
        self._pipeline.receive(batch)

    def _answered(self, topic: str, payload: bytes) -> None:
        self._commands.answer(topic, payload, self._clock.time_ns())

    def _session_state(self, state: SessionState) -> None:
        was, connected = self._status.broker == Phase.CONNECTED, state.phase is Phase.CONNECTED
        self._freshness.broker(str(state.phase), state.message, connected=connected, was_connected=was)

    def _check_ages(self) -> None:
        now_ns = self._clock.time_ns()
        self._freshness.check_ages()
        self._alarms.tick(now_ns)
        self._late.tick(now_ns)

    def _check_requests(self) -> None:
        now_ns = self._clock.time_ns()
        self._commands.requests.expire(now_ns)
        self._desired.tick(now_ns)

    def _topics_changed(self) -> None:
        self._private.set(
            answers=self._commands.answer_topics(), own=[*self._commands.own_topics(), *self._desired.own_topics()]
        )
        if self._session is not None:
            self._subscribing = asyncio.ensure_future(self._subscribe(self._session))

    async def _subscribe(self, session: MqttSession) -> None:
        with suppress(PlantverseError):  # asked for again after the reconnect that such an error brings
            await session.subscribe(self._filters())

    def _filters(self) -> list[str]:
        needed = [f for f in self._engine.filters() if f not in self._edge.elsewhere] + self._commands.answer_topics()
        needed += [pattern.filter() for pattern in self._core.host.plant.patterns]
        return topic_filters(self._settings.mqtt, needed)

    def _ticker(self) -> Ticker:
        ticker = Ticker()
        ticker.every(STALE_EVERY_S, self._check_ages)
        ticker.every(DISCOVERY_EVERY_S, self._discovery.tick)
        ticker.every(REQUESTS_EVERY_S, self._check_requests)
        ticker.every(DETECT_EVERY_S, self._detection.tick)
        ticker.every(PERSIST_EVERY_S, self._persistence.tick)
        ticker.every(REVOKED_EVERY_S, self._hub.drop_revoked)
        ticker.every(RELOAD_EVERY_S, self._core.host.reload_if_changed)
        ticker.every(RATE_EVERY_S, self._freshness.measure_rate)
        self._edge.pace(ticker, self._access.still_valid)
        return ticker

    def _embedded_broker(self) -> EmbeddedBroker | None:
        mqtt = self._settings.mqtt
        if mqtt.url:
            return None
        return EmbeddedBroker(
            mqtt.port,
            mqtt.host,
            folder=self._settings.state_dir / "broker",
            user=mqtt.user,
            password=mqtt_password(mqtt) or "",
        )

    def _session_options(self, name: str = "", **others: object) -> SessionOptions:
        mqtt, own = self._settings.mqtt, self._broker
        name = name or client_id(mqtt, self._core.host.plant.spec.name, self._settings.state_dir)
        arguments = session_arguments(mqtt, client_id=name, own_protocol=own.protocol if own is not None else "")
        options = SessionOptions.from_url(own.url if own is not None else mqtt.url, **(arguments | others))  # type: ignore[arg-type]
        self._status.broker_url = options.address
        return options

    def _group_session(
        self, name: str, *, on_messages: Callable[[Any], None], on_connected: Callable[[], None], clean: bool
    ) -> MqttSession:
        """Return a further session; a clean one makes the broker forget what it kept under the client id."""
        options = self._session_options(name, **({"clean": True, "session_expiry_s": 0} if clean else {}))
        told = lambda state: on_connected() if state.phase is Phase.CONNECTED else None  # noqa: E731 -- one condition
        return MqttSession(options, on_messages=on_messages, on_state=told, clock=self._clock)

    def _requests(self, kind: str) -> Requests:
        limit = self._settings.limits.pending_commands
        return self._core.requests(kind, audit=self._audit, publish=self._publish, limit=limit)

    async def _publish(self, topic: str, payload: bytes, expiry_s: int) -> None:
        if self._session is None:
            raise BrokerUnavailable("the server is starting")
        await self._session.publish(topic, payload, qos=1, expiry_s=expiry_s)

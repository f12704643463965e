"""Wires a server, and says in which order its parts start and end.

The only file of the platform that imports `plantverse.ingest`.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from plantverse._clock import Clock
from plantverse.errors import PlantverseError, ViewerBundleMissing
from plantverse.ingest.broker import EmbeddedBroker
from plantverse.ingest.engine import IngestEngine, IngestOptions
from plantverse.ingest.session import MessageBatch, MqttSession, Phase, SessionOptions, SessionState
from plantverse.platform.access import Access
from plantverse.platform.alarm_desk import AlarmDesk
from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.audit import AuditLog
from plantverse.platform.commands import CommandService
from plantverse.platform.config import Settings
from plantverse.platform.config_file import mqtt_password
from plantverse.platform.core import Core
from plantverse.platform.derived import DerivedEngine
from plantverse.platform.desired import DesiredService
from plantverse.platform.desk import RequestDesk
from plantverse.platform.discovery import Discovery
from plantverse.platform.history.opening import open_store
from plantverse.platform.history.writer import HistoryWriter
from plantverse.platform.http import build_http
from plantverse.platform.late import LateNews
from plantverse.platform.metrics import Metrics
from plantverse.platform.metrics import Readings as MetricReadings
from plantverse.platform.mqtt_options import client_id, topic_filters
from plantverse.platform.persistence import Persistence
from plantverse.platform.pipeline import Pipeline
from plantverse.platform.private_topics import PrivateTopics
from plantverse.platform.requests import Requests
from plantverse.platform.rules import RuleEngine
from plantverse.platform.services import Services, Status
from plantverse.platform.ticker import Ticker
from plantverse.platform.users import UsersFile
from plantverse.platform.version import VERSION
from plantverse.platform.websocket import SyncHub
from plantverse.twins import quality as q
from plantverse.twins.interop.plant_toml import LoadedPlant
from plantverse.twins.sync.publisher import SyncOptions, SyncPublisher
from plantverse.viewer import bundle_dir

_log = logging.getLogger(__name__)

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
RATE_EVERY_S = 1.0
DISCONNECTED_AFTER_NS = 2_000_000_000
"""A broker that is back within two seconds was restarted; values are not made uncertain for it."""


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
        self._audit = AuditLog(settings.audit_path, clock)
        self._writer = HistoryWriter(
            self._store,
            clock=clock,
            commit_interval_s=settings.history.commit_ms / 1e3,
            retention_s=settings.history.retention_days * 86_400 or None,
        )
        self._broker = self._embedded_broker()
        self._session: MqttSession | None = None
        self._status = Status()
        self._lost_ns = 0
        self._counted = 0
        self._subscribing: asyncio.Future[None] | None = None
        self._engine = IngestEngine(
            core.registry,
            state=core.state,
            events=core.events,
            clock=clock,
            on_presence=self._presence,
            options=IngestOptions(
                clock_tolerance_s=settings.time.clock_tolerance_s,
                past_limit_s=settings.time.past_limit_days * 86_400,
                dead_letters=settings.limits.dead_letters,
                unknown_topics=settings.limits.discovery_topics,
            ),
        )
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
        self._publisher = SyncPublisher(
            registry=core.registry,
            telemetry=core.telemetry,
            state=core.state,
            events=core.events,
            revision=core.revision,
            clock=clock,
            origin=self._store.origin(),
            epoch=epoch,
            plant=loaded.spec.title or loaded.spec.name,
            options=SyncOptions(
                tick_ms=settings.sync.tick_ms,
                ack_window=settings.sync.max_unacked_frames,
                ack_timeout_s=settings.sync.ack_timeout_s,
                max_subscriptions=settings.sync.max_subscriptions_per_client,
            ),
        )
        self._desk = RequestDesk()
        self._hub = SyncHub(
            self._publisher,
            self._desk,
            send_timeout_s=settings.sync.send_timeout_s,
            max_clients=settings.sync.max_clients,
        )
        self._commands = CommandService(core.registry, self._requests("command"))
        self._desired = DesiredService(core.registry, core.state, self._requests("desired"), clock)
        self._private = PrivateTopics(self._answered)
        self._discovery = Discovery(unknown=self._engine, host=core.host, registry=core.registry, state=core.state)
        services = Services(
            settings=settings,
            clock=clock,
            revision=core.revision,
            registry=core.registry,
            telemetry=core.telemetry,
            state=core.state,
            events=core.events,
            readings=core.readings,
            host=core.host,
            access=Access(settings, users, clock, on_change=self._users_changed),
            alarms=self._alarms,
            alarm_desk=AlarmDesk(self._alarms, self._audit, max_shelve_s=settings.alarms.max_shelve_s),
            commands=self._commands,
            desired=self._desired,
            store=self._store,
            publisher=self._publisher,
            ingest=self._engine,
            metrics=self._metrics(),
            audit=self._audit,
            history_state=self._history_state,
            viewers=lambda: len(self._hub),
            status=self._status,
        )
        self._desk.services = services
        self.http = build_http(services, self._hub, _bundle())
        self._load(loaded)

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
        ticker = self._ticker()
        return [
            asyncio.create_task(session.run(), name=MQTT_TASK),
            asyncio.create_task(self._hub.run(self._pipeline.tick), name="sync"),
            asyncio.create_task(ticker.run(), name="ticker"),
        ]

    async def say_goodbye(self) -> None:
        """Tell viewers that they may come back shortly."""
        await self._hub.close("restart", "the server is going down")

    async def close(self) -> None:
        """Stop taking messages, write what is there, confirm it, and let go of everything."""
        if self._session is not None:
            self._session.pause()
        self._pipeline.flush()
        self._persistence.tick()
        await self._writer.close()
        await self._commands.requests.close()
        await self._desired.requests.close()
        if self._session is not None:
            await self._session.close()
        if self._broker is not None:
            await self._broker.stop()
        self._audit.close()
        await asyncio.to_thread(self._store.close)

    def acknowledge(self, generation: int, packets: Any) -> None:
        """Part of `pipeline.Source`."""
        if self._session is not None:
            self._session.acknowledge(generation, packets)

    def pause(self) -> None:
        """Part of `pipeline.Source`."""
        if self._session is not None:
            self._session.pause()

    def resume(self) -> None:
        """Part of `pipeline.Source`."""
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
        ]
        host.on_rename += [self._persistence.rename, self._alarms.rename]
        host.load(loaded)
        self._persistence.restore_documents()
        self._alarms.restore()

    def _receive(self, batch: MessageBatch) -> None:
        batch, private = self._private.split(batch)
        packets = [p for p in private if p]
        if packets:
            self.acknowledge(batch.generation, packets)
        self._pipeline.receive(batch)

    def _answered(self, _topic: str, payload: bytes) -> None:
        self._commands.answer(payload, self._clock.time_ns())

    def _presence(self, twin: str, *, online: bool, now_ns: int) -> None:
        """A last-will topic spoke: a device that is gone makes its signals uncertain at once."""
        core = self._core
        known = core.state.get(twin).get("connectivity", {}).get("online")
        if not online:
            core.telemetry.ensure()
            slots = np.array(list(core.registry.get(twin).slots.values()), np.intp)
            seen = slots[core.telemetry.quality[slots] < q.pack(q.Severity.BAD)]
            core.telemetry.set_quality(seen, q.DISCONNECTED)
        if known is online:
            return
        core.state.patch(twin, {"connectivity": {"online": online, "since_us": now_ns / 1e3}})
        core.events.append("birth" if online else "death", twin, now_ns, {"reason": "availability topic"})

    def _session_state(self, state: SessionState) -> None:
        before = self._status.broker
        self._status.broker, self._status.broker_message = str(state.phase), state.message
        connected = state.phase is Phase.CONNECTED
        if connected == (before == Phase.CONNECTED):
            return
        now_ns = self._clock.time_ns()
        self._lost_ns = 0 if connected else now_ns
        level = "info" if connected else "warning"
        self._core.events.append("system", "", now_ns, {"level": level, "message": f"broker: {state.message}"})

    def _check_ages(self) -> None:
        core, now_ns = self._core, self._clock.time_ns()
        core.telemetry.ensure()
        if self._lost_ns and now_ns - self._lost_ns > DISCONNECTED_AFTER_NS:
            good = np.flatnonzero(core.telemetry.quality[: core.registry.slot_count] == q.GOOD)
            core.telemetry.set_quality(good, q.DISCONNECTED)
        core.telemetry.mark_stale(now_ns)
        self._alarms.tick(now_ns)
        self._late.tick(now_ns)

    def _check_requests(self) -> None:
        now_ns = self._clock.time_ns()
        self._commands.requests.expire(now_ns)
        self._desired.tick(now_ns)

    def _measure_rate(self) -> None:
        taken = self._core.telemetry.log.position
        self._status.rate += 0.5 * ((taken - self._counted) / RATE_EVERY_S - self._status.rate)
        self._counted = taken

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
        needed = [*self._engine.filters(), *self._commands.answer_topics()]
        needed += [pattern.filter() for pattern in self._core.host.plant.patterns]
        return topic_filters(self._settings.mqtt, needed)

    def _ticker(self) -> Ticker:
        ticker = Ticker()
        ticker.every(STALE_EVERY_S, self._check_ages)
        ticker.every(DISCOVERY_EVERY_S, self._discovery.tick)
        ticker.every(REQUESTS_EVERY_S, self._check_requests)
        ticker.every(PERSIST_EVERY_S, self._persistence.tick)
        ticker.every(REVOKED_EVERY_S, self._hub.drop_revoked)
        ticker.every(RELOAD_EVERY_S, self._core.host.reload_if_changed)
        ticker.every(RATE_EVERY_S, self._measure_rate)
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

    def _session_options(self) -> SessionOptions:
        settings, mqtt = self._settings, self._settings.mqtt
        own = self._broker
        others: dict[str, object] = {} if not mqtt.user else {"user": mqtt.user, "password": mqtt_password(mqtt)}
        options = SessionOptions.from_url(
            own.url if own is not None else mqtt.url,
            client_id=client_id(mqtt, self._core.host.plant.spec.name, settings.state_dir),
            protocol=own.protocol if own is not None else mqtt.protocol,
            qos=mqtt.qos,
            session_expiry_s=mqtt.session_expiry_s,
            keepalive_s=mqtt.keep_alive_s,
            receive_maximum=mqtt.receive_maximum,
            maximum_packet_size=mqtt.maximum_packet_size,
            allow_write=own is not None or mqtt.allow_write,
            tls_ca=mqtt.ca,
            tls_cert=mqtt.cert,
            tls_key=mqtt.key,
            **others,
        )
        self._status.broker_url = options.address
        return options

    def _requests(self, kind: str) -> Requests:
        core = self._core
        return Requests(
            kind=kind,
            registry=core.registry,
            telemetry=core.telemetry,
            state=core.state,
            events=core.events,
            audit=self._audit,
            publish=self._publish,
            clock=self._clock,
            limit=self._settings.limits.pending_commands,
        )

    async def _publish(self, topic: str, payload: bytes, expiry_s: int) -> None:
        if self._session is not None:
            await self._session.publish(topic, payload, qos=1, expiry_s=expiry_s)

    def _history_state(self) -> Mapping[str, Any]:
        writer = self._writer
        state, message = writer.state, writer.message
        if state == "ok" and (notice := self._store.notice()):
            return {"state": "spooling", "pending_rows": writer.pending_rows, "message": notice}
        return {"state": state, "pending_rows": writer.pending_rows, "message": message}

    def _users_changed(self, changes: Any) -> None:
        for change in changes:
            _log.info("users file: %s", change)

    def _metrics(self) -> Metrics:
        stats, hub = self._engine.stats, self._hub
        return Metrics(
            MetricReadings(
                received=lambda: stats.received,
                accepted=lambda: stats.accepted,
                rejected=lambda: stats.rejected,
                samples_per_second=lambda: self._status.rate,
                viewers=lambda: len(hub),
                frames_sent=lambda: hub.frames,
                bytes_sent=lambda: hub.bytes,
                slow_clients=lambda: hub.slow_clients,
                history_pending=lambda: self._writer.pending_rows,
                history_committed=lambda: self._writer.committed_rows,
                tick_lag_s=lambda: hub.lag_s,
                overruns=lambda: hub.overruns,
                commands=lambda: self._commands.requests.counts,
                broker_connected=lambda: self._status.broker == Phase.CONNECTED,
                revision=lambda: self._core.revision.value,
            ),
            version=VERSION,
        )


def _bundle() -> Path | None:
    try:
        return bundle_dir()
    except ViewerBundleMissing as exc:
        _log.warning("%s", exc)
        return None

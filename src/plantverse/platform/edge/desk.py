"""The server's desk for edge nodes: takes them in, hears their heart-beats, judges what they send.

Sans-I/O: bytes come in by `receive`, go out by `Peer.send`, time passes by `tick`. Without a node nothing here is done.
"""

import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from plantverse.errors import Conflict, NotFound, ProtocolViolation, RequestInvalid
from plantverse.offload.work import Tier
from plantverse.platform.core import Core
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.admission import Admission
from plantverse.platform.edge.around import Around, EdgeOptions
from plantverse.platform.edge.carrying import Line
from plantverse.platform.edge.columns import KIND, decode_batch
from plantverse.platform.edge.delegating import Delegating
from plantverse.platform.edge.groups import groups_of, masks_of, wire_twin
from plantverse.platform.edge.handover import HandOver
from plantverse.platform.edge.intake import Intake
from plantverse.platform.edge.latency import Latencies
from plantverse.platform.edge.leases import BEAT_S, SERVER, TTL_S, Lease, LeaseTable
from plantverse.platform.edge.lives import GroupBroker, Life
from plantverse.platform.edge.nodes import Node, Peer, node_of
from plantverse.platform.edge.placement import Place, Placement
from plantverse.platform.edge.scheduler import Scheduler
from plantverse.twins.samples import SampleBatch

_log = logging.getLogger(__name__)

TICK_S = 0.1
STOOD_STILL_S = 0.3
"""A tick that comes so late found the whole server standing still; that is no node's fault."""
GRACE_S = 2.0
"""After a restart: for nodes of before to come back, and for their leases to end."""
MEASURE_S = 1.0
NEVER_NS = 1 << 62
"""What the registry holds for a signal that never gets stale."""
MOST_TEXT = 300


class EdgeDesk:
    """All nodes and groups of a server.

    Attributes:
        active: Whether a node was ever here, or groups have sessions of their own from an earlier run.
        nodes: By name, also those that are gone.
    """

    def __init__(
        self, core: Core, *, placement: Placement, broker: GroupBroker, around: Around, options: EdgeOptions
    ) -> None:
        self._core = core
        self._around = around
        self._options = options
        self._leases = LeaseTable(epoch=options.epoch)
        self._server = Place(name=SERVER, tier=Tier.CLOUD, penalty_s=options.server_penalty_s)
        self._line = Line()
        self.nodes: dict[str, Node] = {}
        self._links: dict[int, Node] = {}
        self._last_link = 0
        self._kept = tuple(sorted(around.kept))
        self._inherited = self._kept
        self.active = bool(self._kept)
        self._begun_s = self._last_tick_s = self._measured_s = self._now_s()
        self.latencies = Latencies(core.registry, core.telemetry)
        self.handover = HandOver(
            leases=self._leases,
            broker=broker,
            events=core.events,
            clock=core.clock,
            qos=options.qos,
            client_id=options.client_id,
            assign=self._assign,
            revoke=lambda lease: self._send(lease.holder, m.Revoke(group=lease.group, token=lease.token)),
            kick=self.kick,
            on_holder=self._holds,
            on_split=self._keep,
            flush=around.flush,
        )
        self._delegating = Delegating(
            core,
            around.detection,
            leases=self._leases,
            lives=lambda: self.handover.lives,
            node=self.nodes.get,
            send=self._send,
        )
        self._intake = Intake(
            core,
            leases=self._leases,
            handover=self.handover,
            admission=Admission(core.registry, core.telemetry, future_ns=options.future_ns, past_ns=options.past_ns),
            commit=around.commit,
            node=self.nodes.get,
            delegating=self._delegating,
        )
        self.scheduler = Scheduler(
            placement=placement,
            leases=self._leases,
            handover=self.handover,
            latencies=self.latencies,
            places=self.places,
            known=self._place,
            offered=lambda holder, group: self.nodes[holder].offered.of(group) if holder in self.nodes else None,
            tell=self.tell,
            now_us=self._now_us,
        )
        if self.active:
            self._server.speed = around.speed()

    def lease(self, group: str) -> Lease | None:
        """Return the lease of a group."""
        return self._leases.get(group)

    def places(self) -> list[Place]:
        """Return the nodes whose clock is known, and the server at the end."""
        return [self.nodes[name].place for name in sorted(self.nodes) if self.nodes[name].beaten] + [self._server]

    def rebuild(self) -> None:
        """Take over a changed plant."""
        if not self.active:
            return
        topics, stay = self._around.topics()
        inherited, self._inherited = self._inherited, ()
        self.handover.rebuild(
            groups_of(topics, stay=stay), lambda group: masks_of(group, self._core.registry), inherited=inherited
        )
        for life in self.handover.lives.values():
            ages = self._core.registry.max_age_ns[: len(life.own)][life.own & ~life.derived]
            life.budget_s = float(ages.min(initial=NEVER_NS)) / 1e9 if len(ages) else float("inf")
        self.latencies.rebuild({name: life.own for name, life in self.handover.lives.items()})
        self.scheduler.hurry()

    def sieve(self, batch: SampleBatch) -> SampleBatch:
        """Return rows that the server decoded itself, without what it has had by another session."""
        return self.handover.sieve(batch) if self.active and self.handover.sieving else batch

    def process(self, batch: SampleBatch, now_ns: int) -> None:  # noqa: ARG002 -- part of `pipeline.Watch`
        """Count committed rows, and take note of those that a cut may bring again."""
        if self.active:
            self.latencies.count(batch)
            if self.handover.preparing:
                self.handover.note(batch)

    def join(self, hello: m.Hello, peer: Peer, *, user: str) -> Node:
        """Take a node in.

        Raises:
            Conflict: Another living node has that name, or there are too many.
            RequestInvalid: The hello asks for what there is not.
        """
        if m.PROTOCOL not in hello.versions:
            raise RequestInvalid("versions", expected=m.PROTOCOL, got=", ".join(hello.versions)[:MOST_TEXT])
        if not m.is_name(hello.name):
            raise RequestInvalid("name", expected="1-64 of A-Z a-z 0-9 _ . -", got=hello.name[:MOST_TEXT])
        if len(self.nodes) >= self._options.max_nodes and hello.name not in self.nodes:
            raise Conflict(f"{self._options.max_nodes} nodes are known", hint="raise edge.max_nodes")
        had = self._leases.join(hello.name, hello.boot, self._now_s())
        if not self.active:
            self._activate()
        self.handover.dead(hello.name, had)
        old = self.nodes.get(hello.name)
        if old is not None and old.peer is not None:
            old.peer.close()
            self.lost(old)
        self._last_link += 1
        node = node_of(hello, old, number=self._last_link, peer=peer, since_us=self._now_us())
        self.nodes[hello.name] = self._links[node.number] = node
        peer.send(
            m.encode(
                m.Welcome(
                    protocol=m.PROTOCOL,
                    origin=self._options.origin,
                    broker=self._around.broker_url(),
                    beat_s=BEAT_S,
                    ttl_s=TTL_S,
                    user=user,
                )
            )
        )
        _log.info("node joins: node=%s speed=%d rows/s", node.name, node.place.speed)
        self._around.show(node)
        self.tell("node up", node=node.name)
        return node

    def receive(self, node: Node, data: bytes) -> None:
        """Take a message of a node.

        Raises:
            ProtocolViolation: It cannot be read; the connection should end.
        """
        if self._links.get(node.number) is not node:
            return
        if len(data) > m.MOST_BYTES:
            raise ProtocolViolation("edge message", f"{len(data)} bytes, at most {m.MOST_BYTES} are taken")
        if data[:1] == bytes((KIND,)):
            self._intake.take(node, decode_batch(data))
            return
        match m.decode_node(data):
            case m.Beat() as beat:
                self._beat(node, beat)
            case m.Ready() as ready:
                self._ready(node, ready)
            case m.Released() as released:
                lease = self._leases.get(released.group)
                if lease is not None and lease.holder == node.name:
                    self.handover.released(released.group, released.token, released.reason[:MOST_TEXT])
                    self.scheduler.hurry()
            case m.Facts() as facts:
                self._intake.facts(node, facts)
            case m.Goodbye():
                self._gone(node, "left", self._leases.leave(node.name))
            case m.Hello():
                raise ProtocolViolation("edge message", "a second hello")

    def lost(self, node: Node) -> None:
        """The connection of a node is gone. The node may be alive: its groups wait for the end of its lease."""
        if self._links.get(node.number) is node:
            del self._links[node.number]
            self._delegating.forget(node)
        node.peer = None

    def acknowledged(self, link: int, numbers: Sequence[int]) -> None:
        """Batches of a connection are safe."""
        node = self._links.get(link)
        if node is not None and node.peer is not None:
            for number in numbers:
                node.unsafe.pop(number, None)
            node.peer.send(m.encode(m.Ack(numbers=list(numbers))))

    def drain(self, name: str, *, on: bool) -> None:
        """Empty a node and give it nothing, or let it work again.

        Raises:
            NotFound: No such node.
        """
        node = self._node(name)
        node.place.drained = on
        if node.place.alive:
            node.phase = "draining" if on else "up"
        self.tell("drain" if on else "undrain", node=name)
        self._around.show(node)
        self.scheduler.hurry()

    def fault(self, name: str, fault: m.Fault) -> None:
        """Do something bad to a node that allows it.

        Raises:
            NotFound: No such node.
            Conflict: It does not allow it, or is not connected.
        """
        node = self._node(name)
        if not node.hello.faults:
            raise Conflict(
                f"{name} was not started with --faults", hint="`plantverse edge demo` starts nodes that allow it"
            )
        if node.peer is None:
            raise Conflict(f"{name} is not connected")
        self.tell("fault", node=name, fault=msgspec.to_builtins(fault))
        node.peer.send(m.encode(fault))

    def kick(self, name: str, reason: str) -> None:
        """End a node's connection; it may come back with nothing in its hands."""
        node = self.nodes.get(name)
        if node is None or node.peer is None:
            return
        _log.warning("node is sent away: node=%s reason=%s", name, reason)
        self.tell("node sent away", node=name, reason=reason)
        node.peer.send(m.encode(m.Bye(code="sent_away", message=reason)))
        node.peer.close()
        self.lost(node)

    def tick(self) -> None:
        """Look at leases, then at places; call it every `TICK_S`."""
        now_s = self._now_s()
        gap_s, self._last_tick_s = now_s - self._last_tick_s, now_s
        if not self.active:
            return
        if gap_s > TICK_S + STOOD_STILL_S:
            self._leases.excuse(gap_s - TICK_S)
        for name, groups in self._leases.expire(now_s).items():
            self._gone(self.nodes[name], "lost", groups)
        self.handover.tick(self._intake.release)
        self._delegating.tick(now_s, lambda lease: self._assign(lease, self.handover.lives[lease.group]))
        passed_s = now_s - self._measured_s
        if passed_s >= MEASURE_S:
            self._measured_s = now_s
            around, place = self._around, self._server
            place.load, place.lag_s, place.rtt_s = around.load(), around.lag_s(), around.rtt_s()
            self.latencies.measure(self._core.clock.time_ns())
            self.scheduler.measure(now_s, passed_s)
            brought = self.scheduler.brought.get(SERVER, 0)
            place.carries, place.late = self._line.note(now_s, delivered=brought, rtt_s=place.rtt_s)
        if now_s - self._begun_s >= GRACE_S or any(node.beaten for node in self.nodes.values()):
            self.scheduler.tick(now_s)

    def tell(self, change: str, **body: Any) -> None:
        """Write into the event log."""
        twin = self.nodes[body["node"]].twin if body.get("node") in self.nodes else ""
        self._core.events.append("edge", twin, self._core.clock.time_ns(), {"change": change, **body})

    def _activate(self) -> None:
        self.active = True
        self._begun_s = self._now_s()
        self._server.speed = self._around.speed()
        self.rebuild()

    def _beat(self, node: Node, beat: m.Beat) -> None:
        if not self._leases.beat(node.name, self._now_s()):
            self.kick(node.name, "its lease has ended")
            return
        first, was_late = not node.beaten, node.place.late
        node.beat(beat, self._core.clock.time_ns(), self._now_s())
        self._send(node.name, m.BeatAnswer(number=beat.number))
        if first or (node.place.late and not was_late):
            self.scheduler.hurry()

    def _ready(self, node: Node, ready: m.Ready) -> None:
        lease = self._leases.get(ready.group)
        if lease is None or lease.holder != node.name or lease.token != ready.token:
            node.counts.stale += 1
            return
        if ready.refused:
            self.tell(
                "filters refused", node=node.name, group=ready.group, refused=dict(list(ready.refused.items())[:5])
            )
        self._delegating.ready(ready.group, ready.detects)
        self.handover.ready(ready.group, ready.token, derives=ready.derives)

    def _gone(self, node: Node, phase: str, groups: Sequence[str]) -> None:
        node.phase, node.place.alive, node.since_us = phase, False, self._now_us()
        if node.peer is not None:
            node.peer.close()
        self.lost(node)
        (_log.warning if phase == "lost" else _log.info)("node %s: node=%s groups=%d", phase, node.name, len(groups))
        self.tell(f"node {phase}", node=node.name, groups=list(groups))
        self.handover.dead(node.name, groups)
        if phase == "lost":
            self.scheduler.lost(node.name, groups)
        self._around.show(node)
        self.scheduler.hurry()

    def _holds(self, life: Life, holder: str) -> None:
        runs_on = {"node": holder, "group": life.group.name, "since_us": self._now_us()}
        for twin in life.group.twins:
            if twin in self._core.registry:
                self._core.state.patch(twin, {"runs_on": runs_on})
        self.tell("runs", group=life.group.name, place=holder)

    def _assign(self, lease: Lease, life: Life) -> None:
        registry, detectors = self._core.registry, self._delegating.equip(life, lease)
        self._send(
            lease.holder,
            m.Assign(
                group=lease.group,
                token=lease.token,
                client_id=self.handover.client_id_of(lease.group),
                qos=self._options.qos,
                session_expiry_s=self._options.session_expiry_s,
                twins=[wire_twin(registry.get(t)) for t in life.group.twins if t in registry],
                detectors=detectors,
            ),
        )

    def _send(self, name: str, message: m.ServerMessage) -> None:
        node = self.nodes.get(name)
        if node is not None and node.peer is not None:
            node.peer.send(m.encode(message))

    def _keep(self) -> None:
        names = tuple(sorted(n for n, life in self.handover.lives.items() if life.split and self._options.qos))
        if names != self._kept:
            self._kept = names
            self._around.keep(names)

    def _node(self, name: str) -> Node:
        if name not in self.nodes:
            raise NotFound(f"no node {name}", hint="`plantverse edge nodes` lists them")
        return self.nodes[name]

    def _place(self, name: str) -> Place | None:
        if name == SERVER:
            return self._server
        return self.nodes[name].place if name in self.nodes else None

    def _now_s(self) -> float:
        return self._core.clock.monotonic_ns() / 1e9

    def _now_us(self) -> float:
        return self._core.clock.time_ns() / 1e3

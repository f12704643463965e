"""What nodes send for their groups: discarded under an old token, judged, freed of copies, and passed on."""

from collections.abc import Callable

from plantverse.platform.core import Core
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.admission import Admission
from plantverse.platform.edge.around import Commit
from plantverse.platform.edge.columns import NodeBatch
from plantverse.platform.edge.delegating import Delegating
from plantverse.platform.edge.handover import HandOver
from plantverse.platform.edge.hearsay import Hearsay
from plantverse.platform.edge.leases import LeaseTable
from plantverse.platform.edge.lives import Life
from plantverse.platform.edge.nodes import Node

COUNTER_RESET = "counter_reset"


class Intake:
    """The way from a node's messages to the planes.

    Args:
        commit: Takes what counts.
        node: Finds a node by name.
        delegating: Knows which detectors nodes run.
    """

    def __init__(
        self,
        core: Core,
        *,
        leases: LeaseTable,
        handover: HandOver,
        admission: Admission,
        commit: Commit,
        node: Callable[[str], Node | None],
        delegating: Delegating,
    ) -> None:
        self._core = core
        self._leases = leases
        self._handover = handover
        self._admission = admission
        self._pass_on = commit
        self._node = node
        self._delegating = delegating

    def take(self, node: Node, batch: NodeBatch) -> None:
        """Take a batch; one with an old token is refused, so that the node does not confirm its messages."""
        life = self._handover.admit(node.name, batch)
        if life is None:
            node.counts.stale += 1
            if node.peer is not None:
                node.peer.send(m.encode(m.Refuse(number=batch.number, reason="stale_token")))
            return
        node.take(batch.number, len(batch.rows), self._core.clock.monotonic_ns() / 1e9)
        if not self._handover.waits(life, node.name, batch):
            self._commit(life, node, batch)

    def release(self, life: Life, holder: str, batch: NodeBatch) -> None:
        """Take a batch that waited for its group's cut."""
        node = self._node(holder)
        if node is not None and self._leases.accepts(life.group.name, holder, batch.token):
            self._commit(life, node, batch)

    def facts(self, node: Node, facts: m.Facts) -> None:
        """Take properties and events, of the node's own twins and as these declare them."""
        life = self._handover.lives.get(facts.group)
        if life is None or not self._leases.accepts(facts.group, node.name, facts.token):
            node.counts.stale += 1
            return
        hearsay = Hearsay(
            lambda signal: self._speaks_of(life, signal),
            offset_ns=node.offset_ns,
            now_ns=self._core.clock.time_ns(),
        )
        for twin, reported in facts.reported.items():
            if twin not in life.group.twins:
                node.counts.foreign += 1
                continue
            declared = [p.path for p in self._core.registry.get(twin).spec.type.properties]
            if known := hearsay.reported(reported, declared):
                self._core.state.patch(twin, {"reported": known})
        for kind, twin, at_us, body in hearsay.newest(facts.events):
            reset = hearsay.counter_reset(body) if kind == COUNTER_RESET and twin in life.group.twins else None
            if reset is not None:
                self._core.events.append(kind, twin, hearsay.at_ns(at_us), reset)
        if facts.detectors or facts.anomalies:
            self._delegating.hear(life, node, facts, hearsay)
        node.counts.implausible += hearsay.odd

    def _speaks_of(self, life: Life, signal: str) -> bool:
        twin, _, path = signal.partition(":")
        return twin in life.group.twins and path in self._core.registry.get(twin).slots

    def _commit(self, life: Life, node: Node, batch: NodeBatch) -> None:
        counts, now_ns = node.counts, self._core.clock.time_ns()
        own = self._delegating.own(life, life.own if life.derives else life.own & ~life.derived)
        rows = self._admission.admit(batch.rows, own=own, offset_ns=node.offset_ns, now_ns=now_ns, counts=counts)
        taken = self._handover.fresh(life, rows)
        counts.repeated += len(rows) - len(taken)
        counts.batches += 1
        counts.rows += len(taken)
        if len(taken):
            life.last_us = int(taken.received_ns.max()) / 1e3
        self._pass_on(taken, link=node.number, number=batch.number, derive=not life.derives)

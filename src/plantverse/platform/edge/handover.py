"""The life of each group: given, read, cut over, asked back, given to the next, without a message lost or taken twice.

A group that was once on a node has a session of its own at the broker, under a client id that belongs to the group. Who
holds the group connects under that id and so inherits what the broker kept: with QoS 1 that is every message that was
not acknowledged. Docs: docs/explanation/edge.md.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.platform.edge.columns import NodeBatch, group_check
from plantverse.platform.edge.groups import TwinGroup
from plantverse.platform.edge.leases import SERVER, Lease, LeaseTable, Phase
from plantverse.platform.edge.lives import GroupBroker, Life
from plantverse.platform.edge.overlap import Overlap
from plantverse.twins.events import EventLog
from plantverse.twins.samples import SampleBatch

_log = logging.getLogger(__name__)

START_LIMIT_S = 6.0
"""For connecting to the broker and subscribing; a node that needs longer cannot reach it."""
STOP_LIMIT_S = 3.0
"""For sending the rest and hearing that it is safe."""
OVERLAP_S = 30.0
"""How long after a cut a node's row may still be one that the server took itself."""
AVOID_S = 30.0
"""How long a place is not asked again for a group that it could not start."""


class HandOver:
    """All groups of a server.

    Args:
        leases: Who may speak.
        broker: The server's sessions.
        events: Told of moves and gaps.
        clock: Time.
        qos: Of subscriptions. With 0 the broker keeps nothing, so the server reads by its main session whenever no node
            does, and a group has no session to inherit.
        client_id: Of the main session; those of groups begin with it.
        assign: Sends a node its group.
        revoke: Asks a node for it.
        kick: Ends the connection of a node that does not do as it should.
        on_holder: Told (group, holder) when a holder reads.
        on_split: Told when the set of groups with own sessions changes; it has to outlast a restart.
        flush: Commits what was decoded, so that an overlap is complete.
    """

    def __init__(
        self,
        *,
        leases: LeaseTable,
        broker: GroupBroker,
        events: EventLog,
        clock: Clock,
        qos: int,
        client_id: str,
        assign: Callable[[Lease, Life], None],
        revoke: Callable[[Lease], None],
        kick: Callable[[str, str], None],
        on_holder: Callable[[Life, str], None],
        on_split: Callable[[], None],
        flush: Callable[[], None],
    ) -> None:
        self._leases = leases
        self._broker = broker
        self._events = events
        self._clock = clock
        self._qos = qos
        self._client_id = client_id
        self._assign = assign
        self._revoke = revoke
        self._kick = kick
        self._on_holder = on_holder
        self._on_split = on_split
        self._flush = flush
        self.lives: dict[str, Life] = {}
        self._by_check: dict[int, str] = {}

    def client_id_of(self, group: str) -> str:
        """Return the client id of a group's session."""
        return f"{self._client_id[:180]}-g{hashlib.sha256(group.encode()).hexdigest()[:12]}"

    def rebuild(
        self,
        groups: Mapping[str, TwinGroup],
        masks: Callable[[TwinGroup], tuple[NDArray[np.bool_], NDArray[np.bool_]]],
        *,
        inherited: Iterable[str] = (),
    ) -> None:
        """Take over a changed plant; holders are told what their group is now.

        Args:
            groups: By name.
            masks: Returns (own, derived) of a group.
            inherited: Groups that had a session before a restart.
        """
        for name in [n for n in self.lives if n not in groups]:
            self._drop(name)
        had = set(inherited)
        for name, group in groups.items():
            own, derived = masks(group)
            life = self.lives.get(name)
            if life is None:
                self.lives[name] = life = Life(group, own, derived)
                if name in had and self._qos:
                    life.split = group.topics
                continue
            changed = (
                life.group != group or not np.array_equal(life.own, own[: len(life.own)]) or own[len(life.own) :].any()
            )
            life.group, life.own, life.derived = group, own, derived
            life.split &= group.topics
            lease = self._leases.get(name)
            if changed and lease is not None and lease.phase is not Phase.STOPPING:
                self._begin(lease, life)
        self._by_check = {group_check(name): name for name in self.lives}
        self._tell_split()

    def named(self, check: int) -> str:
        """Return the group behind the number in a batch, "" for none."""
        return self._by_check.get(check, "")

    def give(self, name: str, holder: str) -> Lease:
        """Give a group that nobody holds."""
        life = self.lives[name]
        now_s = self._now_s()
        lease = self._leases.grant(name, holder, now_s)
        life.moves += 1
        life.changed_s = now_s
        self._begin(lease, life)
        return lease

    def take_back(self, name: str) -> None:
        """Ask the holder for a group."""
        lease = self._leases.get(name)
        if lease is None or lease.phase is Phase.STOPPING:
            return
        lease = self._leases.revoke(name, self._now_s())
        life = self.lives[name]
        if lease.holder != SERVER:
            self._revoke(lease)
        elif self._own_session(life):
            token = lease.token
            self._broker.close(name, lambda: self._closed(name, token))
        else:
            self.released(name, lease.token)

    def ready(self, name: str, token: int, *, derives: bool = False) -> bool:
        """The holder reads from now on; False if it is not the holder."""
        if not self._leases.ready(name, token, self._now_s()):
            return False
        life = self.lives[name]
        lease = self._leases.get(name)
        assert lease is not None
        life.derives = derives and lease.holder != SERVER
        if lease.holder != SERVER and life.group.topics - life.split:
            self._cut(life, token)
        else:
            self._end_gap(life, lease.holder)
        self._on_holder(life, lease.holder)
        return True

    def released(self, name: str, token: int, reason: str = "") -> bool:
        """The holder has given a group back; False if it did not hold it."""
        lease = self._leases.get(name)
        if lease is None or not self._leases.released(name, token):
            return False
        life = self.lives.get(name)
        if life is None:
            return True
        if reason:
            life.avoid[lease.holder] = self._now_s() + AVOID_S
            self._tell(life, "given back", node=lease.holder, reason=reason)
        self._unread(life, lease.holder, since_us=self._now_us())
        return True

    def dead(self, holder: str, groups: Iterable[str]) -> None:
        """A holder is dead; its groups are free already."""
        for name in groups:
            life = self.lives.get(name)
            if life is not None:
                life.held.clear()
                self._unread(life, holder, since_us=life.last_us or self._now_us())

    def admit(self, holder: str, batch: NodeBatch) -> Life | None:
        """Return the group that a batch is for; None if it has to be discarded: its token is old."""
        name = self.named(batch.group)
        lease = self._leases.get(name)
        if lease is None or lease.phase is Phase.STARTING or not self._leases.accepts(name, holder, batch.token):
            return None
        return self.lives[name]

    def waits(self, life: Life, holder: str, batch: NodeBatch) -> bool:
        """Hold a batch back if the cut is not done yet."""
        if not life.cutting:
            return False
        life.held.append((holder, batch))
        return True

    def fresh(self, life: Life, rows: SampleBatch) -> SampleBatch:
        """Return the rows that the server had not taken itself."""
        if life.overlap is None:
            return rows
        if self._now_s() > life.overlap_until_s:
            life.overlap = None
            return rows
        return life.overlap.fresh(rows)

    def sieve(self, batch: SampleBatch) -> SampleBatch:
        """Return what the server decoded itself without what it had taken before a cut.

        A node that dies right after its first cut leaves those copies to the server, which opens the session itself.
        """
        for life in self.lives.values():
            if life.overlap is not None and life.overlap_until_s != float("inf"):
                batch = self.fresh(life, batch)
        return batch

    def note(self, batch: SampleBatch) -> None:
        """Take note of rows that the server decoded, while a cut is being prepared."""
        for life in self.lives.values():
            if life.overlap is not None and life.overlap_until_s == float("inf"):
                life.overlap.note(batch)

    @property
    def sieving(self) -> bool:
        """Whether a cut was made so lately that copies may come."""
        return any(life.overlap is not None for life in self.lives.values())

    @property
    def preparing(self) -> bool:
        """Whether rows have to be noted."""
        return any(life.overlap_until_s == float("inf") for life in self.lives.values())

    def tick(self, release: Callable[[Life, str, NodeBatch], None]) -> None:
        """Look after those that take too long, and hand on what waited for a cut."""
        now_s = self._now_s()
        for name, life in list(self.lives.items()):
            lease = self._leases.get(name)
            if life.held and not life.cutting:
                held, life.held = life.held, []
                for holder, batch in held:
                    release(life, holder, batch)
            if lease is None or lease.holder == SERVER:
                continue
            if lease.phase is Phase.STARTING and now_s - lease.since_s > START_LIMIT_S:
                life.avoid[lease.holder] = now_s + AVOID_S
                self._tell(life, "not started", node=lease.holder, reason=f"not reading after {START_LIMIT_S:g} s")
                self.take_back(name)
            elif lease.phase is Phase.STOPPING and now_s - lease.since_s > STOP_LIMIT_S:
                self._kick(lease.holder, f"group {name} was not given back within {STOP_LIMIT_S:g} s")

    def _begin(self, lease: Lease, life: Life) -> None:
        fresh = life.group.topics - life.split
        if lease.holder == SERVER:
            if self._own_session(life):
                name, token = life.group.name, lease.token
                self._broker.open(
                    name,
                    self.client_id_of(name),
                    sorted(life.group.topics),
                    lambda: self._opened(name, token),
                )
            else:
                self.ready(life.group.name, lease.token)
            return
        if fresh and life.overlap_until_s != float("inf"):
            life.overlap, life.overlap_until_s = Overlap(life.own), float("inf")
        self._assign(lease, life)

    def _opened(self, name: str, token: int) -> None:
        if name in self.lives:
            self.ready(name, token)

    def _closed(self, name: str, token: int) -> None:
        self.released(name, token)

    def _own_session(self, life: Life) -> bool:
        return bool(self._qos and life.split)

    def _cut(self, life: Life, token: int) -> None:
        life.cutting = token
        self._broker.cut(lambda: self._cut_done(life, token))

    def _cut_done(self, life: Life, token: int) -> None:
        if life.cutting != token:
            return
        lease = self._leases.get(life.group.name)
        if lease is None or lease.token != token:
            life.cutting = 0
            return
        self._flush()
        life.cutting = 0
        life.split = life.group.topics
        life.overlap_until_s = self._now_s() + OVERLAP_S
        self._tell_split()
        self._end_gap(life, lease.holder)

    def _unread(self, life: Life, holder: str, *, since_us: float) -> None:
        """Nobody reads the group; with QoS 0 the server does at once, by its main session."""
        life.cutting, life.derives, life.changed_s = 0, False, self._now_s()
        if life.overlap_until_s == float("inf"):
            self._abandon(life)
        if holder == SERVER and not self._own_session(life):
            return
        if not life.gap_from_us:
            life.gap_from_us, life.gap_holder = since_us, holder
        if not self._qos and life.split:
            life.split = frozenset()
            self._tell_split()
            self._end_gap(life, SERVER)

    def _end_gap(self, life: Life, holder: str) -> None:
        if not life.gap_from_us:
            return
        start, life.gap_from_us = life.gap_from_us, 0.0
        now = self._now_us()
        body = {"from": life.gap_holder, "to": holder, "start_us": start, "end_us": now}
        kept = (
            "messages published with QoS 1 are kept by the broker" if self._qos else "QoS 0: the broker keeps nothing"
        )
        self._tell(life, "gap", **body, seconds=round(max(0.0, now - start) / 1e6, 3), qos=self._qos, reason=kept)

    def _abandon(self, life: Life) -> None:
        """A start that never came to its cut: what the broker keeps for the session, the server has read itself."""
        life.overlap, life.overlap_until_s, life.busy = None, 0.0, True

        def done() -> None:
            life.busy = False

        self._broker.forget(self.client_id_of(life.group.name), done)

    def _drop(self, name: str) -> None:
        lease = self._leases.get(name)
        life = self.lives[name]
        if lease is not None:
            self.take_back(name)
            self._leases.released(name, lease.token)
        del self.lives[name]
        if life.split and self._qos:
            self._broker.forget(self.client_id_of(name), lambda: None)

    def _tell_split(self) -> None:
        self._broker.split(frozenset(topic for life in self.lives.values() for topic in life.split))
        self._on_split()

    def _tell(self, life: Life, change: str, **body: Any) -> None:
        self._events.append("edge", "", self._clock.time_ns(), {"change": change, "group": life.group.name, **body})

    def _now_s(self) -> float:
        return self._clock.monotonic_ns() / 1e9

    def _now_us(self) -> float:
        return self._clock.time_ns() / 1e3

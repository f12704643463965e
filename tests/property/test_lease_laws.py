"""Laws L1-L4 of leases: whatever happens in whatever order, one holder speaks for a group, and old tokens stay old."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from plantverse.errors import PlantverseError
from plantverse.platform.edge.leases import BEAT_S, SERVER, TTL_S, LeaseTable, NodeLease, Phase

NODES = ("a", "b", "c")
GROUPS = ("g1", "g2")
STEPS = st.sampled_from((0.0, 0.01, BEAT_S, TTL_S - 0.001, TTL_S, 2 * TTL_S))


class Node:
    """A node with a monotonic clock of its own, which may run at another offset and be frozen."""

    def __init__(self, skew_s: float) -> None:
        self.skew_s = skew_s
        self.boot = 0
        self.lease = NodeLease()
        self.held: dict[str, int] = {}
        self.beats: list[tuple[int, float]] = []

    def now(self, true_s: float) -> float:
        return true_s + self.skew_s

    def speaks(self, true_s: float) -> dict[str, int]:
        return self.held if self.lease.valid(self.now(true_s)) else {}


class Leases(RuleBasedStateMachine):
    """Messages between server and nodes arrive late or never, nodes freeze and return, the server restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.epoch = 1
        self.table = LeaseTable(epoch=self.epoch)
        self.nodes = {name: Node(skew) for name, skew in zip(NODES, (0.0, 1e6, -1e6), strict=True)}
        self.newest = dict.fromkeys(GROUPS, 0)
        self.old: set[tuple[str, str, int]] = set()

    @rule(step=STEPS)
    def time_passes(self, step: float) -> None:
        self.now += step

    @rule(name=st.sampled_from(NODES), anew=st.booleans())
    def joins(self, name: str, anew: bool) -> None:
        node = self.nodes[name]
        node.boot += anew
        try:
            had = self.table.join(name, str(node.boot), self.now)
        except PlantverseError:
            return
        self.old |= {(group, name, token) for group, token in node.held.items() if group in had}
        node.held = {}
        node.lease = NodeLease()
        node.lease.begin(node.now(self.now))

    @rule(name=st.sampled_from(NODES))
    def sends_a_beat(self, name: str) -> None:
        node = self.nodes[name]
        number = node.lease.sent(node.now(self.now))
        node.beats.append((number, self.now))

    @rule(name=st.sampled_from(NODES), lost=st.booleans())
    def a_beat_arrives_and_is_answered(self, name: str, lost: bool) -> None:
        node = self.nodes[name]
        if node.beats:
            number, _ = node.beats.pop(0)
            if self.table.beat(name, self.now) and not lost:
                node.lease.answered(number, node.now(self.now))

    @rule()
    def the_server_looks(self) -> None:
        for name, groups in self.table.expire(self.now).items():
            # L4: what the server gives away, nobody speaks for by their own clock.
            assert not set(self.nodes[name].speaks(self.now)) & set(groups)
            assert not self.nodes[name].lease.valid(self.nodes[name].now(self.now))

    @rule(group=st.sampled_from(GROUPS), holder=st.sampled_from((*NODES, SERVER)))
    def gives(self, group: str, holder: str) -> None:
        before = self.table.get(group)
        try:
            lease = self.table.grant(group, holder, self.now)
        except PlantverseError:
            return
        assert before is None  # L3
        assert lease.token > self.newest[group]  # L2
        self.newest[group] = lease.token
        if holder != SERVER:
            self.nodes[holder].held[group] = lease.token

    @rule(group=st.sampled_from(GROUPS))
    def becomes_ready(self, group: str) -> None:
        lease = self.table.get(group)
        if lease is not None:
            assert self.table.ready(group, lease.token, self.now)
            assert not self.table.ready(group, lease.token - 1, self.now)

    @rule(group=st.sampled_from(GROUPS))
    def is_asked_back(self, group: str) -> None:
        if self.table.get(group) is not None:
            assert self.table.revoke(group, self.now).phase is Phase.STOPPING

    @rule(name=st.sampled_from(NODES), group=st.sampled_from(GROUPS))
    def a_node_gives_back(self, name: str, group: str) -> None:
        token = self.nodes[name].held.pop(group, None)
        if token is not None:
            self.table.released(group, token)
            self.old.add((group, name, token))

    @rule(group=st.sampled_from(GROUPS))
    def the_server_gives_back(self, group: str) -> None:
        lease = self.table.get(group)
        if lease is not None and lease.holder == SERVER:
            assert self.table.released(group, lease.token)

    @precondition(lambda self: self.epoch < 5)
    @rule()
    def the_server_restarts(self) -> None:
        self.epoch += 1
        for name, node in self.nodes.items():
            self.old |= {(group, name, token) for group, token in node.held.items()}
        self.table = LeaseTable(epoch=self.epoch)

    @invariant()
    def one_speaks(self) -> None:
        for group in GROUPS:
            candidates = [
                (name, token)
                for name, node in self.nodes.items()
                for token in {*node.held.values(), *(t for g, n, t in self.old if g == group)}
                if self.table.accepts(group, name, token)
            ]
            assert len(candidates) <= 1, candidates  # L1
        assert not [o for o in self.old if self.table.accepts(*o)]


Leases.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestLeases = Leases.TestCase

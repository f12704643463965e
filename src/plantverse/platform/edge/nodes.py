"""What the server knows of each node: its connection, its clock, its load, what it sent."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

from plantverse.errors import ProtocolViolation
from plantverse.offload.work import Tier
from plantverse.platform.edge.admission import Counts
from plantverse.platform.edge.carrying import LOOKS, Carrying
from plantverse.platform.edge.messages import Beat, GroupCount, Hello
from plantverse.platform.edge.offered import Offered
from plantverse.platform.edge.placement import Place

RTT_BEATS = 5
"""Heart-beats of which the median counts: one that was held up somewhere moves no group."""
CLOCK_BEATS = 8
"""Heart-beats of which the quickest tells the offset: 4 s, so that a clock that is set is believed soon."""
OURS_S = 0.5
"""Rows that the server has had for so long without having them safe hold the node up; that is not its link's fault."""

LATEST_US = 1e16
"""In the year 2286; with a later time, the offset of a clock would not fit in 64 bits of nanoseconds."""
MOST = 1e12
"""Eleven days in microseconds, and a load that no machine has."""
GIVEN_UP_S = 30.0
"""A batch that is not safe by then was discarded with a lease that ended."""


class Peer(Protocol):
    """The connection of a node."""

    def send(self, data: bytes) -> None:
        """Send a message soon; never waits."""

    def close(self) -> None:
        """End the connection once everything is sent."""


@dataclass(slots=True, kw_only=True)
class Node:
    """A node since its last hello.

    Attributes:
        number: Of this connection; counts all connections of this run.
        phase: `up`, `draining`, `lost` (dead by its lease), `left` (said goodbye).
        offset_ns: The server's wall clock minus the node's.
        beaten: Whether a heart-beat has come; before, the offset is a guess and nothing is given to it.
        at_groups: What it said of its groups, by name.
        offered: Rows per second that come to its groups, sent or not.
        carrying: What its link carries.
        arrived: Rows that came, whatever became of them.
        unsafe: When each batch came that is not safe yet, by number.
    """

    name: str
    number: int
    hello: Hello
    peer: Peer | None
    place: Place
    since_us: float
    phase: str = "up"
    offset_ns: int = 0
    beaten: bool = False
    queue: int = 0
    fault: str = ""
    counts: Counts = field(default_factory=Counts)
    at_groups: dict[str, GroupCount] = field(default_factory=dict)
    offered: Offered = field(default_factory=Offered)
    carrying: Carrying = field(default_factory=Carrying)
    arrived: int = 0
    unsafe: dict[int, float] = field(default_factory=dict)
    _rtts: deque[float] = field(default_factory=lambda: deque(maxlen=RTT_BEATS))
    _lags: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS))
    _offsets: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=CLOCK_BEATS))

    @property
    def twin(self) -> str:
        """Id of the twin that stands for it."""
        return f"edge/{self.name}"

    def take(self, number: int, rows: int, now_s: float) -> None:
        """A batch came."""
        self.arrived += rows
        self.unsafe[number] = now_s

    def beat(self, beat: Beat, now_ns: int, now_s: float) -> None:
        """Take what a heart-beat says.

        Raises:
            ProtocolViolation: One of its numbers cannot be.
        """
        spans = (beat.rtt_us, beat.way_us, beat.lag_us, beat.load)
        if not (0 <= beat.time_us < LATEST_US and all(abs(number) < MOST for number in spans)):
            raise ProtocolViolation("edge message", "a heart-beat with a number that cannot be")
        rtt_us = max(0.0, beat.rtt_us)
        first = now_ns - round((beat.time_us + rtt_us / 2) * 1e3)
        self._offsets.append((rtt_us if self.beaten else 1e12, first))
        self.offset_ns = min(self._offsets)[1]
        self.beaten = True
        if rtt_us:
            self._rtts.append((beat.way_us if beat.way_us > 0 else rtt_us) / 1e6)
        self._lags.append(max(0.0, beat.lag_us) / 1e6)
        self.place.rtt_s = median(self._rtts) if self._rtts else 0.0
        self.place.lag_s = min(self._lags)
        self.place.load = max(0.0, beat.load)
        self.queue = beat.queue
        self.fault = beat.fault[:200]
        self.at_groups = {count.group: count for count in beat.groups}
        while self.unsafe and now_s - next(iter(self.unsafe.values())) > GIVEN_UP_S:
            del self.unsafe[next(iter(self.unsafe))]
        self.offered.note(beat.time_us / 1e6, beat.groups)
        if now_s - next(iter(self.unsafe.values()), now_s) > OURS_S:
            self.carrying.overlook()
        else:
            self.carrying.note(now_s, delivered=self.arrived, lag_s=max(0.0, beat.lag_us) / 1e6)
        self.place.carries, self.place.late = self.carrying.rows_s, self.carrying.late


def node_of(hello: Hello, before: Node | None, *, number: int, peer: Peer, since_us: float) -> Node:
    """Return a node that has just said hello; what was learned of one of that name stays."""
    speed = hello.speed if 1.0 <= hello.speed <= 1e9 else 1.0
    drained = before is not None and before.place.drained
    node = Node(
        name=hello.name,
        number=number,
        hello=hello,
        peer=peer,
        place=Place(name=hello.name, tier=Tier.EDGE, speed=speed, drained=drained),
        since_us=since_us,
        phase="draining" if drained else "up",
    )
    if before is not None:
        node.counts, node.carrying, node.arrived = before.counts, before.carrying, before.arrived
        node.place.carries = node.carrying.rows_s
    return node

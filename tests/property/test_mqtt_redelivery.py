"""A model of a broker, cuts at any place, any order of commits: once to the sink, and the broker's queue gets empty."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.ingest.mqtt import DUP, Columns, RedeliveryMemory


class Broker:
    """Keeps messages until their PUBACK has arrived; each direction of the wire is a queue that a cut shortens."""

    def __init__(self, *, says_dup: bool) -> None:
        self._says_dup = says_dup
        self._next = 0
        self._packet = 0
        self.kept: dict[int, int] = {}
        self.to_client: deque[tuple[int, int, bool] | None] = deque()
        self.to_broker: deque[int | None] = deque()

    def publish(self) -> None:
        self._packet = self._packet % 65_535 + 1
        self.kept[self._packet] = self._next
        self.to_client.append((self._packet, self._next, False))
        self._next += 1

    def read(self, count: int) -> None:
        for _ in range(min(count, len(self.to_broker))):
            packet = self.to_broker.popleft()
            if packet is None:
                self.to_client.append(None)
            else:
                self.kept.pop(packet, None)

    def reconnect(self) -> None:
        self.to_broker.clear()
        self.to_client.clear()
        self.to_client.extend((packet, number, self._says_dup) for packet, number in self.kept.items())

    @property
    def published(self) -> int:
        return self._next


class Client:
    """The session's use of the memory, with a sink that commits late and in any order."""

    def __init__(self, broker: Broker) -> None:
        self.memory = RedeliveryMemory()
        self.memory.connected(session_present=False, now_ns=0)
        self.broker = broker
        self.handed: list[int] = []
        self.open: list[tuple[int, int]] = []
        self._pinging = False

    def read(self, count: int) -> None:
        columns = Columns()
        for _ in range(min(count, len(self.broker.to_client))):
            item = self.broker.to_client.popleft()
            if item is None:
                self._admit(columns)
                columns = Columns()
                self.memory.ping_answered()
                self._pinging = False
                continue
            packet, number, dup = item
            columns.topics.append(b"t")
            columns.payloads.append(b"%d" % number)
            columns.packets.append(packet)
            columns.flags.append(DUP if dup else 0)
        self._admit(columns)

    def _admit(self, columns: Columns) -> None:
        admission = self.memory.admit(columns, 0)
        columns.leave_out(admission.dropped)
        self._send(admission.acknowledge)
        self.handed += map(int, columns.payloads)
        self.open += [(self.memory.generation, packet) for packet in columns.packets]

    def commit(self, position: int) -> None:
        if self.open:
            generation, packet = self.open.pop(position % len(self.open))
            self._send(self.memory.acknowledge(generation, [packet]))

    def _send(self, packets: list[int]) -> None:
        self.broker.to_broker.extend(packets)
        if packets and not self._pinging:
            self.broker.to_broker.append(None)
            self.memory.ping_sent()
            self._pinging = True

    def cut(self, *, arrived: int) -> None:
        self.broker.read(arrived)
        self.memory.cut()
        self.memory.connected(session_present=True, now_ns=0)
        self._pinging = False
        self.broker.reconnect()


steps = st.lists(
    st.tuples(st.sampled_from(["publish", "publish", "read", "commit", "commit", "serve", "cut"]), st.integers(0, 9)),
    max_size=80,
)


@pytest.mark.parametrize("says_dup", [True, False])
@settings(max_examples=100, deadline=None)
@given(steps)
def test_once_to_the_sink_and_nothing_left_at_the_broker(says_dup: bool, steps: list[tuple[str, int]]) -> None:
    broker = Broker(says_dup=says_dup)
    client = Client(broker)
    for name, number in steps:
        if name == "publish":
            broker.publish()
        elif name == "read":
            client.read(number)
        elif name == "commit":
            client.commit(number)
        elif name == "serve":
            broker.read(number)
        else:
            client.cut(arrived=number)
        assert len(client.handed) == len(set(client.handed)), "handed on twice"
    while broker.to_client or broker.to_broker or client.open:
        client.read(100)
        client.commit(0)
        broker.read(100)
    assert sorted(client.handed) == list(range(broker.published))
    assert not broker.kept, "never confirmed"
    assert client.memory.open_messages == 0
    assert client.memory.stale == 0

"""Which QoS 1 messages were here before: each is handed on once per process and acknowledged in the end.

A message is acknowledged only when its history is committed, so a cut leaves up to 65,535 messages that the broker
sends again under the same packet ids. `RedeliveryMemory` keeps per packet id a digest of topic and payload:

- *open*: handed on, not committed. The broker cannot have released the id, so the same id with the same digest is the
  same message, with or without DUP; its acknowledgement goes out when the original's commit comes.
- *in doubt*: committed and acknowledged, but no PINGRESP has shown yet that the broker knows. The same id with the same
  digest is dropped and acknowledged at once. Without DUP this holds only until the first message that is not known,
  because a broker redelivers in order before it sends anything new.

Anything else is handed on. It is marked `REDELIVERED`, so that the history store looks it up first, where the broker
says DUP, and where an earlier process may have stored it: among the first 65,535 messages, for at most 30 s, after the
first connect of this process if a session was present.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from plantverse.ingest.mqtt.receiver import DUP, REDELIVERED, Columns

# No more than this can have been in flight when the connection before was cut.
WINDOW_MESSAGES = 65_535
WINDOW_NS = 30_000_000_000


@dataclass(slots=True)
class Admission:
    """What became of a chunk of messages.

    Attributes:
        dropped: Positions in the columns that were handed on before, ascending.
        acknowledge: Packet ids among them whose original is committed: acknowledge now.
        suspects: How many messages were marked `REDELIVERED`.
    """

    dropped: list[int] = field(default_factory=list)
    acknowledge: list[int] = field(default_factory=list)
    suspects: int = 0


class RedeliveryMemory:
    """The memory of one client id across its connections; pure, time is passed in.

    Attributes:
        generation: Number of the present or last connection.
        stale: Acknowledgements from the sink that belong to no open message.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.stale = 0
        self._connected = False
        self._open: dict[int, dict[int, int]] = {}
        self._doubt: dict[int, int] = {}
        self._fresh: dict[int, int] = {}
        self._asked: dict[int, int] = {}
        self._again: dict[int, int] = {}
        self._extra: dict[int, int] = {}
        self._redelivering = False
        self._window_left = 0
        self._window_ends_ns = 0

    @property
    def open_messages(self) -> int:
        """Messages that were handed on and are not committed."""
        return sum(map(len, self._open.values()))

    def connected(self, *, session_present: bool, now_ns: int) -> int:
        """Begin the next generation; return how many open messages the broker has forgotten.

        Args:
            session_present: From CONNACK. False empties the memory.
            now_ns: Monotonic time.
        """
        forgotten = 0
        if not session_present:
            forgotten = self.open_messages
            self._open.clear()
            self._doubt.clear()
        self._redelivering = session_present
        self._window_left = WINDOW_MESSAGES if session_present else 0
        self._window_ends_ns = now_ns + WINDOW_NS
        self.generation += 1
        self._open = {generation: ids for generation, ids in self._open.items() if ids}
        self._open[self.generation] = {}
        self._connected = True
        return forgotten

    def cut(self) -> None:
        """End the generation: acknowledgements since the last answered ping may not have arrived."""
        self._connected = False
        self._doubt |= self._asked | self._fresh
        for table in (self._asked, self._fresh, self._again, self._extra):
            table.clear()

    def ping_sent(self) -> None:
        """Note a PINGREQ; only one may be on its way."""
        self._asked, self._fresh = self._fresh, {}

    def ping_answered(self) -> None:
        """The broker has handled every acknowledgement from before the ping."""
        self._asked = {}

    def admit(self, columns: Columns, now_ns: int) -> Admission:
        """Sort out what was here before; flags of suspects are set in place.

        Args:
            columns: Messages of the present generation, any QoS.
            now_ns: Monotonic time.
        """
        if not any(columns.packets):
            return Admission()
        ours = self._open[self.generation]
        if self._window_left and now_ns >= self._window_ends_ns:
            self._window_left = 0
            self._doubt.clear()
        if not (self._window_left or len(self._open) > 1 or any(columns.flags)):
            hashes = map(hash, zip(columns.topics, columns.payloads, strict=True))
            digests = dict(zip(columns.packets, hashes, strict=True))
            if 0 not in digests and len(digests) == len(columns.packets) and ours.keys().isdisjoint(digests):
                ours.update(digests)
                return Admission()
        return self._admit_one_by_one(columns)

    def _admit_one_by_one(self, columns: Columns) -> Admission:
        result = Admission()
        for position, packet in enumerate(columns.packets):
            if not packet:
                continue
            digest = hash((columns.topics[position], columns.payloads[position]))
            again = bool(columns.flags[position] & DUP)
            if self._is_open(packet, digest):
                result.dropped.append(position)
            elif self._is_committed(packet, digest, again=again):
                result.dropped.append(position)
                result.acknowledge.append(packet)
                self._fresh[packet] = digest
            else:
                self._hand_on(packet, digest, again=again)
                if again or (self.generation == 1 and self._window_left):
                    columns.flags[position] |= REDELIVERED
                    result.suspects += 1
            self._window_left = max(0, self._window_left - 1)
        if not self._window_left:
            self._doubt.clear()
        return result

    def _hand_on(self, packet: int, digest: int, *, again: bool) -> None:
        ours = self._open[self.generation]
        if packet in ours:
            # The broker uses an id twice; it may hear of it only when both messages are committed.
            self._extra[packet] = self._extra.get(packet, 0) + 1
        ours[packet] = digest
        self._again.pop(packet, None)
        self._doubt.pop(packet, None)
        self._redelivering = self._redelivering and again

    def _is_open(self, packet: int, digest: int) -> bool:
        for generation in reversed(self._open):
            if self._open[generation].get(packet) == digest:
                if generation != self.generation:
                    self._again[packet] = generation
                return True
        return False

    def _is_committed(self, packet: int, digest: int, *, again: bool) -> bool:
        if (again or self._redelivering) and self._doubt.get(packet) == digest:
            del self._doubt[packet]
            return True
        return again and digest in (self._fresh.get(packet), self._asked.get(packet))

    def acknowledge(self, generation: int, packets: Sequence[int]) -> list[int]:
        """Take the sink's word that messages are committed; return the packet ids to acknowledge now.

        Args:
            generation: The generation under which they were handed on.
            packets: Their packet ids; 0 (QoS 0) is passed over.
        """
        ids = [packet for packet in packets if packet]
        waiting = self._open.get(generation)
        if waiting is None:
            self.stale += len(ids)
            return []
        if generation == self.generation and self._connected and not self._extra:
            committed = {packet: waiting.pop(packet) for packet in ids if packet in waiting}
            self.stale += len(ids) - len(committed)
            self._fresh |= committed
            return list(committed)
        return [packet for packet in ids if self._commit(generation, waiting, packet)]

    def _commit(self, generation: int, waiting: dict[int, int], packet: int) -> bool:
        current = self._connected and generation == self.generation
        if current and packet in self._extra:
            self._extra[packet] -= 1
            if not self._extra[packet]:
                del self._extra[packet]
            return False
        digest = waiting.pop(packet, None)
        if digest is None:
            self.stale += 1
            return False
        if not waiting and generation != self.generation:
            del self._open[generation]
        if current or self._again.get(packet) == generation:
            self._again.pop(packet, None)
            self._fresh[packet] = digest
            return True
        self._doubt[packet] = digest
        return False

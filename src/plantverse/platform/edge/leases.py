"""Who may speak for a group of twins: leases with fencing tokens. Pure; the time is passed in.

Laws (tests/property/test_lease_laws.py):
- L1 Of one group at most one (holder, token) is accepted at any moment.
- L2 Tokens of a group only grow, also over restarts of the server, because the epoch is their upper half.
- L3 A group goes to another holder only after the present one gave it back, or is dead.
- L4 A node that goes by its own clock ends before the server gives its groups away: it counts from when it *sent* the
  last answered heart-beat, the server from when that came in.
"""

from dataclasses import dataclass
from enum import StrEnum

from plantverse.errors import Conflict, NotFound

SERVER = "server"
"""The server itself as a holder; it is always alive."""
BEAT_S = 0.5
"""Seconds between two heart-beats."""
MISSED = 3
"""A node is dead after so many missed heart-beats."""
TTL_S = BEAT_S * MISSED


class Phase(StrEnum):
    """Where a lease stands."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass(slots=True, kw_only=True)
class Lease:
    """The right to speak for a group.

    Attributes:
        group: Name of the group.
        holder: Name of the node, or `SERVER`.
        token: Fencing token; larger than every earlier one of this group.
        phase: STARTING until the holder says that it reads, STOPPING once it was asked to give it back.
        since_s: When the phase began, on the clock of the caller.
    """

    group: str
    holder: str
    token: int
    phase: Phase
    since_s: float


@dataclass(slots=True, kw_only=True)
class _Member:
    boot: str
    beat_s: float


class LeaseTable:
    """The server's book of leases.

    Args:
        epoch: Number of this run of the server, growing from run to run, below 2^31.
        ttl_s: A node that was not heard for so long is dead.
    """

    def __init__(self, *, epoch: int, ttl_s: float = TTL_S) -> None:
        self._next = epoch << 32
        self._ttl_s = ttl_s
        self._members: dict[str, _Member] = {}
        self._leases: dict[str, Lease] = {}

    def join(self, node: str, boot: str, now_s: float) -> list[str]:
        """Take a node in, or the same process of it again, which holds nothing any more; return what it had.

        Raises:
            Conflict: Another living process has this name.
        """
        known = self._members.get(node)
        if node == SERVER or (known is not None and known.boot != boot):
            raise Conflict(
                f"the name {node} is taken", hint="choose another --name, or wait until the other one is dead"
            )
        had = self._free(node)
        self._members[node] = _Member(boot=boot, beat_s=now_s)
        return had

    def beat(self, node: str, now_s: float) -> bool:
        """Note a sign of life; False if the node is not a member (any more)."""
        member = self._members.get(node)
        if member is None:
            return False
        member.beat_s = max(member.beat_s, now_s)
        return True

    def excuse(self, seconds: float) -> None:
        """Forgive everybody a stretch in which the server itself heard nothing because it stood still."""
        for member in self._members.values():
            member.beat_s += seconds

    def leave(self, node: str) -> list[str]:
        """Let a node go that said it holds nothing any more; return the groups that it had."""
        self._members.pop(node, None)
        return self._free(node)

    def expire(self, now_s: float) -> dict[str, list[str]]:
        """Drop the nodes that are dead; return them with the groups that they had."""
        dead = [name for name, member in self._members.items() if now_s - member.beat_s >= self._ttl_s]
        return {name: self.leave(name) for name in dead}

    def alive(self, holder: str) -> bool:
        """Return whether a holder could be given a group."""
        return holder == SERVER or holder in self._members

    def silent_s(self, node: str, now_s: float) -> float:
        """Return how long nothing was heard of a member."""
        return now_s - self._members[node].beat_s

    def get(self, group: str) -> Lease | None:
        """Return the lease of a group, None where nobody holds it."""
        return self._leases.get(group)

    def of(self, holder: str) -> list[Lease]:
        """Return the leases of a holder."""
        return [lease for lease in self._leases.values() if lease.holder == holder]

    def grant(self, group: str, holder: str, now_s: float) -> Lease:
        """Give a free group to a living holder.

        Raises:
            Conflict: Somebody holds it.
            NotFound: The holder is not alive.
        """
        if group in self._leases:
            raise Conflict(f"group {group} is held by {self._leases[group].holder}")
        if not self.alive(holder):
            raise NotFound(f"no living node {holder}")
        self._next += 1
        lease = Lease(group=group, holder=holder, token=self._next, phase=Phase.STARTING, since_s=now_s)
        self._leases[group] = lease
        return lease

    def ready(self, group: str, token: int, now_s: float) -> bool:
        """Note that the holder reads; False where it is not its lease."""
        lease = self._leases.get(group)
        if lease is None or lease.token != token:
            return False
        if lease.phase is Phase.STARTING:
            lease.phase, lease.since_s = Phase.RUNNING, now_s
        return True

    def revoke(self, group: str, now_s: float) -> Lease:
        """Ask for a group back; the holder speaks for it until it has `released`.

        Raises:
            NotFound: Nobody holds it.
        """
        lease = self._leases.get(group)
        if lease is None:
            raise NotFound(f"group {group} is held by nobody")
        if lease.phase is not Phase.STOPPING:
            lease.phase, lease.since_s = Phase.STOPPING, now_s
        return lease

    def released(self, group: str, token: int) -> bool:
        """Take a group back; False where the token is not that of its lease."""
        lease = self._leases.get(group)
        if lease is None or lease.token != token:
            return False
        del self._leases[group]
        return True

    def accepts(self, group: str, holder: str, token: int) -> bool:
        """Return whether what a holder sends for a group counts."""
        lease = self._leases.get(group)
        return lease is not None and lease.token == token and lease.holder == holder and self.alive(holder)

    def _free(self, holder: str) -> list[str]:
        groups = [lease.group for lease in self.of(holder)]
        for group in groups:
            del self._leases[group]
        return groups


class NodeLease:
    """How long a node may speak, by its own monotonic clock.

    Args:
        ttl_s: From the sending of the last answered heart-beat.
    """

    def __init__(self, *, ttl_s: float = TTL_S) -> None:
        self._ttl_s = ttl_s
        self._sent: dict[int, float] = {}
        self._number = 0
        self._until_s = float("-inf")
        self.rtt_s = 0.0
        """Of the last answered heart-beat."""

    def begin(self, now_s: float) -> None:
        """A server let us in; its welcome answers a hello that was sent at `now_s`."""
        self._sent.clear()
        self._until_s = now_s + self._ttl_s

    def sent(self, now_s: float) -> int:
        """Note a heart-beat that goes out now; return its number."""
        self._number += 1
        self._sent[self._number] = now_s
        return self._number

    def unanswered_s(self, now_s: float) -> float:
        """Return how long the oldest heart-beat without an answer has waited, 0 for none."""
        return now_s - min(self._sent.values(), default=now_s)

    def answered(self, number: int, now_s: float) -> bool:
        """Note the answer to a heart-beat; False where nothing waits for one."""
        sent_s = self._sent.get(number)
        if sent_s is None:
            return False
        self._sent = {n: at for n, at in self._sent.items() if n > number}
        self._until_s = max(self._until_s, sent_s + self._ttl_s)
        self.rtt_s = now_s - sent_s
        return True

    def valid(self, now_s: float) -> bool:
        """Return whether the node still holds what it was given."""
        return now_s < self._until_s

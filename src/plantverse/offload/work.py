"""What a decision is about: the work that is asked for, and the places that could do it.

A request and the routes to its candidate targets are all that a policy sees. The live placement service fills targets
from heart-beats, the simulator from its stations, so that the same policy object runs in both.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from heapq import heapify, heapreplace

REJECT = -1
"""The action of not doing the work at all; the asker is told at once."""

DEFER = -2
"""The action of asking again later, when the targets have changed."""


class Tier(IntEnum):
    """How far away a target is."""

    DEVICE = 0
    EDGE = 1
    CLOUD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One piece of work of one twin.

    Args:
        kind: Class of work, for example `anomaly`; policies that learn keep classes apart.
        twin: Id of the twin whose work it is.
        generated_s: When the data was measured, in seconds on the clock of the asker; age counts from here.
        work: Cycles needed; a target of `speed` does that many per second.
        demand: Units of a target's capacity that it occupies from its arrival to its end, > 0.
        input_bits: Bits sent to the target.
        output_bits: Bits sent back.
        deadline_s: Seconds after `generated_s` until which the result is of use.
        model: Id of the model it needs in memory; empty for none.
    """

    kind: str
    twin: str
    generated_s: float
    work: float
    demand: float = 1.0
    input_bits: float = 0.0
    output_bits: float = 0.0
    deadline_s: float = float("inf")
    model: str = ""


@dataclass(slots=True, kw_only=True)
class Target:
    """A place that does work, as it was last heard of; its owner mutates it.

    Args:
        name: Unique name of the node.
        tier: Device, edge or cloud.
        capacity: Units of `Request.demand` that fit; inf where nothing overflows.
        used: Units in use.
        speed: Cycles per second of one server, > 0.
        servers: How many requests run at once at full speed, >= 1.
        sharing: True where all running requests share the servers evenly (processor sharing), False for first come,
            first served.
        running: Requests present; counts for sharing targets only.
        alive: False after missed heart-beats; a dead target is never chosen.
        load_s: Seconds to load each model that is known there but not resident.
    """

    name: str
    tier: Tier = Tier.EDGE
    capacity: float = float("inf")
    used: float = 0.0
    speed: float = 1.0
    servers: int = 1
    sharing: bool = False
    running: int = 0
    alive: bool = True
    load_s: dict[str, float] = field(default_factory=dict)
    free_at_s: list[float] = field(init=False)
    """When each server is free, as a heap: the first entry is the earliest."""

    def __post_init__(self) -> None:
        self.free_at_s = [float("-inf")] * self.servers

    def service_s(self, request: Request) -> float:
        """Return the seconds that the request takes alone, with the load of its model where that is not resident."""
        return request.work / self.speed + (self.load_s.get(request.model, 0.0) if self.load_s else 0.0)

    def finish_s(self, request: Request, reach_s: float) -> float:
        """Return when a request that reaches the target at `reach_s` is done, as far as is known now."""
        service_s = self.service_s(request)
        if self.sharing:
            return reach_s + service_s * max(1.0, (self.running + 1) / self.servers)
        free_s = self.free_at_s[0]
        return (max(reach_s, free_s)) + service_s

    def commit(self, request: Request, reach_s: float) -> float:
        """Count a request as being there and return when it will be done; called by who places it, after a decision."""
        finish_s = self.finish_s(request, reach_s)
        if self.sharing:
            self.running += 1
        else:
            heapreplace(self.free_at_s, finish_s)
        self.used += request.demand
        return finish_s

    def observe(self, *, used: float, running: int, free_at_s: list[float]) -> None:
        """Replace what is known of the load by what a heart-beat says.

        Args:
            used: Units of capacity in use.
            running: Requests present.
            free_at_s: When each server will be free, in any order, one entry per server.
        """
        self.used, self.running = used, running
        self.free_at_s = list(free_at_s)
        heapify(self.free_at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The way to a target and back; the defaults are no way at all, as for the device itself.

    Args:
        up_bit_s: Bits per second towards the target.
        down_bit_s: Bits per second back.
        delay_s: Seconds one way that do not depend on size.
    """

    up_bit_s: float = float("inf")
    down_bit_s: float = float("inf")
    delay_s: float = 0.0

    def up_s(self, request: Request) -> float:
        """Return the seconds until the whole input is there."""
        return request.input_bits / self.up_bit_s + self.delay_s

    def down_s(self, request: Request) -> float:
        """Return the seconds until the whole output is back."""
        return request.output_bits / self.down_bit_s + self.delay_s


@dataclass(frozen=True, slots=True)
class Route:
    """A candidate of one asker: a target and the link to it."""

    target: Target
    link: Link = field(default_factory=Link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a placed request.

    Args:
        target: Name of the target.
        latency_s: From `generated_s` to the result; inf where it was lost.
        utility: Worth of the result, in [0, 1]; higher is better.
        lost: True where the target overflowed, crashed or died with it.
    """

    target: str
    latency_s: float
    utility: float
    lost: bool = False

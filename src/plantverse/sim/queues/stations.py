"""Stations that do work in simulated time: first come, first served, and processor sharing.

A station answers an arrival with the next moment at which something may finish there, and a token to give back then.
"""

from heapq import heappop, heappush, heapreplace
from typing import Protocol

Event = tuple[float, int]
"""When a job may finish, in seconds, and the token that `finish` wants."""


class Station(Protocol):
    """What the engine asks of a station; `present` is the number of jobs waiting or running."""

    present: int

    def arrive(self, now_s: float, job: int, work: float) -> Event | None:
        """Take a job of so many cycles; return a new event, if one arises."""
        ...

    def finish(self, now_s: float, token: int) -> tuple[int, Event | None]:
        """Return the job that is done, or -1 where the event is outdated, and the next event, if one arises."""
        ...

    def free_at_s(self, now_s: float) -> list[float]:
        """Return when each server is free as things stand, as a heart-beat would say."""
        ...


class Fifo:
    """First come, first served by equal servers. The end of a job is known when it arrives.

    Args:
        servers: How many.
        speed: Cycles per second of each.
    """

    def __init__(self, servers: int, speed: float) -> None:
        self.present = 0
        self._speed = speed
        self._free_at_s = [float("-inf")] * servers

    def arrive(self, now_s: float, job: int, work: float) -> Event:
        """Queue the job behind all others."""
        free_s = self._free_at_s[0]
        end_s = (max(now_s, free_s)) + work / self._speed
        heapreplace(self._free_at_s, end_s)
        self.present += 1
        return end_s, job

    def finish(self, now_s: float, token: int) -> tuple[int, Event | None]:  # noqa: ARG002 -- as the Protocol
        """Return the job."""
        self.present -= 1
        return token, None

    def free_at_s(self, now_s: float) -> list[float]:  # noqa: ARG002 -- as the Protocol
        """Return the ends of what is queued on each server."""
        return list(self._free_at_s)


class Sharing:
    """All jobs run at once; where they are more than the servers, each gets an even share.

    Every running job has had the same service since it came, so one counter of service per job (`_attained`) and a
    heap of the counts at which jobs end are enough; a job's arrival or end costs the logarithm of the jobs present.

    Args:
        servers: How many.
        speed: Cycles per second of each.
    """

    def __init__(self, servers: int, speed: float) -> None:
        self.present = 0
        self._servers = servers
        self._speed = speed
        self._attained = 0.0
        self._at_s = 0.0
        self._ends: list[tuple[float, int]] = []
        self._version = 0

    def arrive(self, now_s: float, job: int, work: float) -> Event | None:
        """Start the job at once, and slow the others down."""
        self._advance(now_s)
        heappush(self._ends, (self._attained + work, job))
        self.present += 1
        return self._next()

    def finish(self, now_s: float, token: int) -> tuple[int, Event | None]:
        """Return the job whose service is complete, and when the next one's will be."""
        if token != self._version:
            return -1, None
        self._advance(now_s)
        self._attained, job = heappop(self._ends)
        self.present -= 1
        return job, self._next()

    def free_at_s(self, now_s: float) -> list[float]:
        """Return that every server takes a job at once; the number of jobs present tells how slowly."""
        return [now_s] * self._servers

    def _rate(self) -> float:
        return self._speed * min(1.0, self._servers / self.present)

    def _advance(self, now_s: float) -> None:
        if self.present:
            self._attained += (now_s - self._at_s) * self._rate()
        self._at_s = now_s

    def _next(self) -> Event | None:
        self._version += 1
        if not self._ends:
            return None
        return self._at_s + max(0.0, self._ends[0][0] - self._attained) / self._rate(), self._version

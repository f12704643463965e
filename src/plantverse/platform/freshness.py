"""How old everything is: last wills, a lost broker, age limits; nothing looks younger than it is."""

import logging

import numpy as np

from plantverse.platform.core import Core
from plantverse.platform.services import Status
from plantverse.twins import quality as q

_log = logging.getLogger(__name__)

DISCONNECTED_AFTER_NS = 2_000_000_000
"""A broker that is back within two seconds was restarted; values are not made uncertain for it."""
CLOCK_JUMP_NS = 1_000_000_000
"""NTP slews smaller corrections; a larger one was set by hand, or by NTP at its first answer."""
RATE_EVERY_S = 1.0


class Freshness:
    """Makes values uncertain when their source is gone, and says so.

    Args:
        core: The planes.
        status: What is told of the broker and the rate.
    """

    def __init__(self, core: Core, status: Status) -> None:
        self._core = core
        self._status = status
        self._lost_ns = 0
        self._counted = 0
        self._offset_ns = core.clock.time_ns() - core.clock.monotonic_ns()

    def presence(self, twin: str, *, online: bool, now_ns: int) -> None:
        """A last-will topic spoke: a device that is gone makes its signals uncertain at once."""
        core = self._core
        known = core.state.get(twin).get("connectivity", {}).get("online")
        if not online:
            core.telemetry.ensure()
            slots = np.array(list(core.registry.get(twin).slots.values()), np.intp)
            seen = slots[core.telemetry.quality[slots] < q.pack(q.Severity.BAD)]
            core.telemetry.set_quality(seen, q.DISCONNECTED)
        if known is online:
            return
        core.state.patch(twin, {"connectivity": {"online": online, "since_us": now_ns / 1e3}})
        core.events.append("birth" if online else "death", twin, now_ns, {"reason": "availability topic"})

    def broker(self, phase: str, message: str, *, connected: bool, was_connected: bool) -> None:
        """The session with the broker changed."""
        self._status.broker, self._status.broker_message = phase, message
        if connected == was_connected:
            return
        now_ns = self._core.clock.time_ns()
        self._lost_ns = 0 if connected else now_ns
        level = "info" if connected else "warning"
        self._core.events.append("system", "", now_ns, {"level": level, "message": f"broker: {message}"})

    def check_ages(self) -> None:
        """Grey what has been without a broker for a while, and what is older than its limit."""
        core, now_ns = self._core, self._core.clock.time_ns()
        core.telemetry.ensure()
        self._follow_clock(now_ns)
        if self._lost_ns and now_ns - self._lost_ns > DISCONNECTED_AFTER_NS:
            good = np.flatnonzero(core.telemetry.quality[: core.registry.slot_count] == q.GOOD)
            core.telemetry.set_quality(good, q.DISCONNECTED)
        core.telemetry.mark_stale(now_ns)

    def _follow_clock(self, now_ns: int) -> None:
        offset_ns = now_ns - self._core.clock.monotonic_ns()
        jump_ns, self._offset_ns = offset_ns - self._offset_ns, offset_ns
        if abs(jump_ns) < CLOCK_JUMP_NS:
            return
        if self._lost_ns:
            self._lost_ns += jump_ns
        moved = self._core.telemetry.clock_set_back(now_ns, -jump_ns) if jump_ns < 0 else 0
        message = f"the clock of this machine was set by {jump_ns / 1e9:+.1f} s"
        _log.warning("%s, the ages of %d signals follow", message, moved)
        self._core.events.append("system", "", now_ns, {"level": "warning", "message": message})

    def measure_rate(self) -> None:
        """Take the samples of the last second into the smoothed rate; called every `RATE_EVERY_S`."""
        taken = self._core.telemetry.log.position
        self._status.rate += 0.5 * ((taken - self._counted) / RATE_EVERY_S - self._status.rate)
        self._counted = taken

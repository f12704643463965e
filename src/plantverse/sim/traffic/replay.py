"""Replay: the messages of a captured log again, faster or slower, for as long as wanted."""

from dataclasses import dataclass, replace

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import F64, I32, MOST_EVENTS, Traffic, positive


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replay:
    """A captured log as a law of arrivals; nothing is drawn at random.

    Gaps, topics and sizes are those of the log. At `factor` 2 every gap is half as long. A run longer than the log
    begins it again after one mean gap, so that the seam adds neither a burst nor a pause.

    Args:
        log: What was captured, at least two messages.
        factor: Speed, above 0.
    """

    log: Traffic
    factor: float = 1.0

    def __post_init__(self) -> None:
        positive("factor", self.factor)
        if len(self.log) < 2 or self.log.at_s[-1] <= self.log.at_s[0]:
            raise RequestInvalid("log", expected="at least two messages at different times", got=len(self.log))

    @property
    def loop_s(self) -> float:
        """Seconds after which the log begins again."""
        span_s = float(self.log.at_s[-1] - self.log.at_s[0])
        return span_s * len(self.log) / (len(self.log) - 1) / self.factor

    @property
    def rate_per_s(self) -> float:
        """Messages per second."""
        return len(self.log) / self.loop_s

    @property
    def topic_count(self) -> int:
        """Topics of the log."""
        return len(self.log.topics)

    def arrivals(self, seconds: float, rng: np.random.Generator) -> tuple[F64, I32]:  # noqa: ARG002 -- as the Protocol
        """Return ascending times in [0, seconds) and a topic number for each."""
        at_s, row = self._rows(seconds)
        return at_s, self.log.topic[row]

    def play(self, seconds: float | None = None, prefix: str = "") -> Traffic:
        """Return the messages with their own sizes, topics and payloads.

        Args:
            seconds: Length of the run; None plays the log once.
            prefix: Put before every topic, with a slash.

        Raises:
            RequestInvalid: More than `MOST_EVENTS` messages.
        """
        length_s = self.loop_s if seconds is None else seconds
        positive("seconds", length_s)
        if self.rate_per_s * length_s > MOST_EVENTS:
            raise RequestInvalid("seconds", expected=f"at most {MOST_EVENTS} messages in one run", got=seconds)
        at_s, row = self._rows(length_s)
        payloads = self.log.payloads
        return replace(
            self.log,
            at_s=at_s,
            topic=self.log.topic[row],
            size=self.log.size[row],
            topics=tuple(f"{prefix}/{name}" if prefix else name for name in self.log.topics),
            seconds=length_s,
            origin=f"replay of {self.log.origin} factor={self.factor:g}",
            payloads=None if payloads is None else tuple(payloads[n] for n in row.tolist()),
        )

    def _rows(self, seconds: float) -> tuple[F64, I32]:
        own_s = (self.log.at_s - self.log.at_s[0]) / self.factor
        loops = int(np.ceil(seconds / self.loop_s))
        at_s = (np.arange(loops)[:, None] * self.loop_s + own_s).ravel()
        count = int(np.searchsorted(at_s, seconds))
        return at_s[:count], (np.arange(count) % len(own_s)).astype(np.int32)

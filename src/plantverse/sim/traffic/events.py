"""What a traffic model makes: messages as columns of arrival times, topics and sizes."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from plantverse.errors import RequestInvalid

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

MOST_EVENTS: Final = 50_000_000
"""Messages of one run in memory: 16 bytes each."""

_ARRIVALS, _SIZES = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """Messages in order of arrival.

    Attributes:
        at_s: float64, shape (n,), ascending, in [0, seconds).
        topic: int32, shape (n,), index into `topics`.
        size: int32, shape (n,), bytes of payload.
        topics: Topic names.
        seconds: Length of the run.
        origin: Which model, parameters and seed made it, in words that identify it.
        payloads: One per message where they were captured, else None.
    """

    at_s: F64
    topic: I32
    size: I32
    topics: tuple[str, ...]
    seconds: float
    origin: str
    payloads: tuple[bytes, ...] | None = None

    def __len__(self) -> int:
        return len(self.at_s)


class TrafficModel(Protocol):
    """A law of arrivals; `rate_per_s` is its long-run mean and `topic_count` the number of topics."""

    @property
    def rate_per_s(self) -> float:
        """Return messages per second in the long run."""
        ...

    @property
    def topic_count(self) -> int:
        """Return how many topics it uses."""
        ...

    def arrivals(self, seconds: float, rng: np.random.Generator) -> tuple[F64, I32]:
        """Return ascending times in [0, seconds) and a topic number for each."""
        ...


class Sizes(Protocol):
    """A law of payload sizes."""

    def draw(self, count: int, rng: np.random.Generator) -> I32:
        """Return `count` sizes in bytes."""
        ...


def generate(
    model: TrafficModel, sizes: Sizes, *, seconds: float, seed: int, prefix: str = "traffic", origin: str = ""
) -> Traffic:
    """Return the messages of one run.

    Arrivals and sizes draw from two counter-based streams (Philox) of the seed, so that another law of sizes leaves
    every arrival where it was, and the same seed gives the same bytes on every machine.

    Args:
        model: When messages arrive, and on which topic.
        sizes: How large they are.
        seconds: Length of the run, above 0.
        seed: 0 or more.
        prefix: Topics are `<prefix>/0`, `<prefix>/1` and so on.
        origin: Words for `Traffic.origin`.

    Raises:
        RequestInvalid: The run has no length or more than `MOST_EVENTS` messages are to be expected.
    """
    if not 0 < seconds < float("inf"):
        raise RequestInvalid("seconds", expected="more than 0", got=seconds)
    if seed < 0:
        raise RequestInvalid("seed", expected="0 or more", got=seed)
    expected = model.rate_per_s * seconds
    if expected > MOST_EVENTS:
        raise RequestInvalid(
            "seconds",
            expected=f"at most {MOST_EVENTS} messages in one run",
            got=round(expected),
            hint="fewer seconds or a lower rate",
        )
    at_s, topic = model.arrivals(seconds, stream(seed, _ARRIVALS))
    return Traffic(
        at_s=at_s,
        topic=topic,
        size=sizes.draw(len(at_s), stream(seed, _SIZES)),
        topics=tuple(f"{prefix}/{number}" for number in range(model.topic_count)),
        seconds=seconds,
        origin=origin,
    )


def stream(seed: int, number: int) -> np.random.Generator:
    """Return one of the independent streams of random numbers of a seed."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, number], np.uint64)))


def positive(name: str, value: float) -> None:
    """Pass if a parameter is finite and above 0.

    Raises:
        RequestInvalid: It is not.
    """
    if not 0 < value < float("inf"):
        raise RequestInvalid(name, expected="a number above 0", got=value)


def spread(count: int, topics: int, rng: np.random.Generator) -> I32:
    """Return a topic number for each of `count` messages, each topic equally likely."""
    return rng.integers(0, topics, count, dtype=np.int32)

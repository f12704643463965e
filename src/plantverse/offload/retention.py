"""What it is worth to keep a model in memory: the scores by which a model cache evicts and admits."""

from math import inf
from typing import Protocol

from plantverse.offload.context import LeakyContext


class Retention(Protocol):
    """Scores models, resident or not, by the requests it is told of; the lowest is evicted first."""

    name: str

    def note(self, model: str, now_s: float) -> None:
        """Take note of a request for a model, whether it is resident or not."""
        ...

    def loaded(self, model: str, now_s: float) -> None:
        """Take note that a model was loaded."""
        ...

    def evicted(self, model: str) -> None:
        """Take note that a model was evicted; what it held in memory is gone."""
        ...

    def score(self, model: str, now_s: float) -> float:
        """Return what keeping a resident model is worth; higher is better."""
        ...

    def claim(self, model: str, now_s: float) -> float:
        """Return what a model that is not resident would be worth in memory, on the same scale."""
        ...


class Fifo:
    """The model loaded first goes first."""

    name = "fifo"

    def __init__(self) -> None:
        self._loaded_s: dict[str, float] = {}

    def note(self, model: str, now_s: float) -> None:
        """Ignore it."""

    def loaded(self, model: str, now_s: float) -> None:
        """Keep the time."""
        self._loaded_s[model] = now_s

    def evicted(self, model: str) -> None:
        """Forget it."""
        self._loaded_s.pop(model, None)

    def score(self, model: str, now_s: float) -> float:  # noqa: ARG002 -- as the Protocol
        """Return when it was loaded."""
        return self._loaded_s.get(model, 0.0)

    def claim(self, model: str, now_s: float) -> float:  # noqa: ARG002 -- as the Protocol
        """Return inf: times of loading are no worths to compare, every newcomer is admitted."""
        return inf


class Lru(Fifo):
    """The model used longest ago goes first."""

    name = "lru"

    def note(self, model: str, now_s: float) -> None:
        """Keep the time."""
        self._loaded_s[model] = now_s


class Lfu:
    """The model asked for least often goes first; old requests count less.

    Args:
        half_life_s: After so many seconds a request counts half; inf counts all alike.
    """

    name = "lfu"

    def __init__(self, *, half_life_s: float = float("inf")) -> None:
        self._half_life_s = half_life_s
        self._counts: dict[str, tuple[float, float]] = {}

    def note(self, model: str, now_s: float) -> None:
        """Count it."""
        self._counts[model] = self.score(model, now_s) + 1, now_s

    def loaded(self, model: str, now_s: float) -> None:
        """Ignore it."""

    def evicted(self, model: str) -> None:
        """Ignore it; a count outlives memory."""

    def score(self, model: str, now_s: float) -> float:
        """Return the faded count of requests."""
        count, at_s = self._counts.get(model, (0.0, now_s))
        return float(count * 0.5 ** ((now_s - at_s) / self._half_life_s))

    def claim(self, model: str, now_s: float) -> float:
        """Return the same."""
        return self.score(model, now_s)


class LeastContext:
    """Least Context: the model with the fewest effective examples in its context goes first.

    The examples of a model that is not resident are those that were asked of it since it was evicted: the context that
    it would have by now, had it been loaded again at once. So a newcomer does not stand at zero, where the next one
    would push it out.

    Args:
        most: Room for examples in a context.
        leak: Examples lost per second.
    """

    name = "lc"

    def __init__(self, *, most: float = 64.0, leak: float = 0.5) -> None:
        self._most, self._leak = most, leak
        self._contexts: dict[str, LeakyContext] = {}

    def note(self, model: str, now_s: float) -> None:
        """Add an example."""
        if model not in self._contexts:
            self._contexts[model] = LeakyContext(most=self._most, leak=self._leak)
        self._contexts[model].add(now_s)

    def loaded(self, model: str, now_s: float) -> None:
        """Ignore it."""

    def evicted(self, model: str) -> None:
        """Throw the context away."""
        self._contexts.pop(model, None)

    def score(self, model: str, now_s: float) -> float:
        """Return the effective examples."""
        return self._contexts[model].at(now_s) if model in self._contexts else 0.0

    def claim(self, model: str, now_s: float) -> float:
        """Return the same."""
        return self.score(model, now_s)

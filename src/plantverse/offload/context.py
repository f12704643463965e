"""In-context examples of a model: what they are worth, and how they fade.

Source:
    The few-shot curve and the age of context are those of the survey's case study on caching foundation models. Its
    formula a0 + a1 log2(1 + K^alpha) fits its own table only where a1 is the gain of the first example (one-shot minus
    zero-shot), which is how it is read here.
"""

from dataclasses import dataclass
from math import exp, log, log2

from plantverse.errors import RequestInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class FewShot:
    """Accuracy of a model on a task by the number of examples in its context.

    Args:
        zero: Accuracy without examples, in the unit of the others.
        one: With one example.
        few: With `most` examples.
        most: The largest number of examples that the context holds, >= 2.

    Example:
        >>> FewShot(zero=15.45, one=26.12, few=30.83, most=64).at(64)
        30.83
    """

    zero: float
    one: float
    few: float
    most: int

    def __post_init__(self) -> None:
        if self.most < 2:
            raise RequestInvalid("most", expected="at least 2 examples", got=self.most)
        if self.one == self.zero or 2 ** ((self.few - self.zero) / (self.one - self.zero)) <= 1:
            raise RequestInvalid("one", expected="a gain of one example with the sign of that of few", got=self.one)

    @property
    def alpha(self) -> float:
        """Exponent that leads the curve through the accuracy at `most`; negative where examples begin to harm."""
        return log(2 ** ((self.few - self.zero) / (self.one - self.zero)) - 1) / log(self.most)

    def at(self, examples: float) -> float:
        """Return the accuracy with so many effective examples; linear below one, constant above `most`."""
        gain = self.one - self.zero
        if examples <= 1:
            return self.zero + gain * max(0.0, examples)
        if examples >= self.most:
            return self.few
        return self.zero + gain * log2(1 + examples**self.alpha)


class LeakyContext:
    """Effective examples that leak at a constant rate: each use adds one, each second takes `leak` away.

    Args:
        most: The most examples there is room for.
        leak: Examples lost per second, >= 0.
    """

    __slots__ = ("_at_s", "_examples", "_leak", "_most")

    def __init__(self, *, most: float, leak: float) -> None:
        self._most, self._leak = most, leak
        self._examples, self._at_s = 0.0, 0.0

    def add(self, now_s: float) -> None:
        """Put one example in."""
        self._examples = min(self._most, self.at(now_s) + 1)
        self._at_s = now_s

    def at(self, now_s: float) -> float:
        """Return the effective examples now."""
        return max(0.0, self._examples - self._leak * max(0.0, now_s - self._at_s))


class FadingContext:
    """Effective examples that fade exponentially, each by its own age and with its own relevance.

    The newest `most` examples are kept.

    Args:
        most: Room for examples.
        rate: Share lost per second, >= 0.
    """

    __slots__ = ("_examples", "_most", "_rate")

    def __init__(self, *, most: int, rate: float) -> None:
        self._most, self._rate = most, rate
        self._examples: list[tuple[float, float]] = []

    def add(self, now_s: float, relevance: float = 1.0) -> None:
        """Put one example in, with a relevance in [0, 1]."""
        self._examples.append((now_s, relevance))
        del self._examples[: -self._most]

    def at(self, now_s: float) -> float:
        """Return the effective examples now."""
        return sum(weight for _, weight in self._weights(now_s))

    def age_s(self, now_s: float) -> float:
        """Return the mean age of the examples, weighted by what they are still worth; 0 if there are none."""
        weights = self._weights(now_s)
        total = sum(weight for _, weight in weights)
        return sum(age_s * weight for age_s, weight in weights) / total if total > 0 else 0.0

    def _weights(self, now_s: float) -> list[tuple[float, float]]:
        return [(now_s - at_s, w * exp(-self._rate * (now_s - at_s))) for at_s, w in self._examples]

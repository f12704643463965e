"""Collects mistakes, so that an author sees all of them at once."""

import difflib
from collections.abc import Iterable

from plantverse.errors import PlantInvalid


class Problems:
    """Mistakes found so far.

    Example:
        >>> problems = Problems()
        >>> problems.add("plant.toml:3: pump-1: topic", expected="a topic", got="")
        >>> problems.check()
        Traceback (most recent call last):
        plantverse.errors.PlantInvalid: plant.toml:3: pump-1: topic: expected a topic, got ''
    """

    def __init__(self) -> None:
        self.found: list[PlantInvalid] = []

    def add(self, where: str, *, expected: str, got: object, hint: str | None = None) -> None:
        """Note a mistake."""
        self.found.append(PlantInvalid(where, expected=expected, got=got, hint=hint))

    def take(self, error: PlantInvalid) -> None:
        """Note the mistakes that another reader found."""
        self.found.extend(error.problems)

    def check(self) -> None:
        """Do nothing if all is well.

        Raises:
            PlantInvalid: With every mistake in `problems`.
        """
        if self.found:
            raise PlantInvalid.of(self.found)


def closest(name: str, valid: Iterable[str]) -> str | None:
    """Return a hint that names the closest valid name, or the few valid ones there are."""
    names = list(dict.fromkeys(valid))
    lower = {n.lower(): n for n in reversed(names)}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    if near:
        return f"did you mean {lower[near[0]]}?"
    if 0 < len(names) <= 8:
        return f"there is {', '.join(names)}"
    return None

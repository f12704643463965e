"""What the plant makes and when: orders, product changes, cleaning, shifts. Pure; seconds since the start."""

from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from typing import Final

from plantverse.sim.bottling.parts import Refused


class Phase(IntEnum):
    """What the line as a whole is doing."""

    PRODUCTION = 0
    EMPTYING = 1
    CHANGEOVER = 2
    CLEANING = 3
    START_UP = 4


@dataclass(frozen=True, slots=True)
class Product:
    """What is bottled.

    Attributes:
        syrup: Parts of syrup in one part of water.
        clean_after: Whether a cleaning follows: sugar and colour must not reach the next one.
    """

    name: str
    syrup: float
    clean_after: bool
    volume_ml: float = 500.0


PRODUCTS: Final = (
    Product("Lemonade 0.5 l", 0.20, clean_after=False),
    Product("Cherry 0.5 l", 0.22, clean_after=True),
    Product("Iced tea 0.5 l", 0.16, clean_after=False),
    Product("Cola 0.5 l", 0.24, clean_after=True),
)

EMPTYING_S: Final = 60.0
CHANGEOVER_S: Final = 240.0
CLEANING_S: Final = 720.0
START_UP_S: Final = 60.0
SHIFTS: Final = (("night", 22.0, 10_500.0), ("early", 6.0, 12_000.0), ("late", 14.0, 12_000.0))
"""Name, hour at which it begins, bottles an hour."""


@dataclass(frozen=True, slots=True)
class Now:
    """What holds at a moment."""

    phase: Phase
    product: Product
    following: Product
    order: str
    left_s: float


class Schedule:
    """Orders one after the other, each produced for the same time unless it is ended early.

    Args:
        order_s: How long an order is produced.
    """

    def __init__(self, order_s: float) -> None:
        self._order_s = order_s
        self._number, self._begun_s = 0, 0.0
        self._make_s, self._cleans = order_s, PRODUCTS[0].clean_after

    def now(self, elapsed_s: float) -> Now:
        """Return phase, product and order; `elapsed_s` since the start never goes back."""
        while elapsed_s >= (end_s := self._ends_s()[-1]):
            self._begun_s = end_s
            self._number += 1
            self._make_s, self._cleans = self._order_s, self._product(0).clean_after
        spans = self._spans()
        ends_s = self._ends_s()
        at = bisect_right(ends_s, elapsed_s)
        left_s = ends_s[at] - elapsed_s
        return Now(spans[at][0], self._product(0), self._product(1), f"PO-{4711 + self._number}", left_s)

    def change(self, elapsed_s: float, *, cleaning: bool) -> None:
        """End the order now, so that the line is emptied and set up for the next product.

        Args:
            elapsed_s: Since the start.
            cleaning: Clean also where the product that ends does not ask for it.

        Raises:
            Refused: A change is under way.
        """
        now = self.now(elapsed_s)
        if now.phase is not Phase.PRODUCTION:
            raise Refused(f"the line changes its product already ({now.phase.name.lower().replace('_', '-')})")
        self._make_s = elapsed_s - self._begun_s
        self._cleans = self._cleans or cleaning

    def _product(self, ahead: int) -> Product:
        return PRODUCTS[(self._number + ahead) % len(PRODUCTS)]

    def _ends_s(self) -> list[float]:
        return list(accumulate((length for _, length in self._spans()), initial=self._begun_s))[1:]

    def _spans(self) -> tuple[tuple[Phase, float], ...]:
        middle = (Phase.CLEANING, CLEANING_S) if self._cleans else (Phase.CHANGEOVER, CHANGEOVER_S)
        return (
            (Phase.PRODUCTION, self._make_s),
            (Phase.EMPTYING, EMPTYING_S),
            middle,
            (Phase.START_UP, START_UP_S),
        )


def shift(hour: float) -> tuple[str, float]:
    """Return the shift's name and its bottles an hour at a time of day in hours."""
    for name, begins, speed in sorted(SHIFTS, key=lambda s: -s[1]):
        if hour >= begins:
            return name, speed
    return SHIFTS[0][0], SHIFTS[0][2]

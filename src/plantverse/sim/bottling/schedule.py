"""What the plant makes and when: orders, product changes, cleaning, shifts. Pure; seconds since the start."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


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


def plan(elapsed_s: float, order_s: float) -> Now:
    """Return phase, product and order.

    Args:
        elapsed_s: Since the start.
        order_s: How long an order is produced.
    """
    cycles: list[tuple[Product, float]] = [(p, order_s + _change_s(p)) for p in PRODUCTS]
    whole, rest = divmod(elapsed_s, sum(length for _, length in cycles))
    index = 0
    while rest >= cycles[index][1]:
        rest -= cycles[index][1]
        index += 1
    product = PRODUCTS[index]
    following = PRODUCTS[(index + 1) % len(PRODUCTS)]
    number = int(whole) * len(PRODUCTS) + index
    phase, left_s = _phase(product, rest, order_s)
    return Now(phase, product, following, f"PO-{4711 + number}", left_s)


def shift(hour: float) -> tuple[str, float]:
    """Return the shift's name and its bottles an hour at a time of day in hours."""
    for name, begins, speed in sorted(SHIFTS, key=lambda s: -s[1]):
        if hour >= begins:
            return name, speed
    return SHIFTS[0][0], SHIFTS[0][2]


def _change_s(product: Product) -> float:
    return EMPTYING_S + (CLEANING_S if product.clean_after else CHANGEOVER_S) + START_UP_S


def _phase(product: Product, rest: float, order_s: float) -> tuple[Phase, float]:
    middle = Phase.CLEANING if product.clean_after else Phase.CHANGEOVER
    spans = (
        (Phase.PRODUCTION, order_s),
        (Phase.EMPTYING, EMPTYING_S),
        (middle, CLEANING_S if product.clean_after else CHANGEOVER_S),
        (Phase.START_UP, START_UP_S),
    )
    for phase, length in spans:
        if rest < length:
            return phase, length - rest
        rest -= length
    return Phase.START_UP, 0.0

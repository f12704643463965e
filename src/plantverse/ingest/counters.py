"""Counters that roll over or start again: the difference between two readings, and whether it was a reset."""


def step(before: float, after: float, modulus: float) -> tuple[float, bool]:
    """Return (how much was counted between two readings, whether the counter was reset).

    A reading below the one before is a roll-over where less than a quarter of the modulus was counted on the way; else
    the counter began again at 0, and what it shows is what was counted since.

    Args:
        before: The earlier reading.
        after: The later one.
        modulus: Number of states: 65536 for 16 bits.

    Example:
        >>> step(65534, 2, 65536), step(40000, 12, 65536), step(40000, 40012, 65536)
        ((4, False), (12, True), (12, False))
    """
    if after >= before:
        return after - before, False
    rolled = after - before + modulus
    if 0 <= rolled < modulus / 4:
        return rolled, False
    return after, True

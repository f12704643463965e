"""Random numbers that are counted instead of consumed: those of window i depend on (seed, i) and on nothing else.

Source:
    Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011 (the generator is Philox 4x64).
"""

import numpy as np

from plantverse.ai.errors import RowsUnfit

LARGEST_SEED = 2**63 - 1


def numbers(seed: int, window: int, part: int = 0) -> np.random.Generator:
    """Return the random numbers of one window.

    Args:
        seed: 0 to 2^63 - 1.
        window: Its number, >= 0.
        part: Numbers for another purpose, independent of those of part 0.

    Example:
        >>> numbers(7, 3).integers(100, size=3).tolist() == numbers(7, 3).integers(100, size=3).tolist()
        True
        >>> numbers(7, 3).integers(100, size=3).tolist() == numbers(7, 4).integers(100, size=3).tolist()
        False
    """
    key = np.array([seed, window], np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=np.array([0, 0, 0, part], np.uint64)))


def check_seed(seed: int) -> int:
    """Return a seed that is one.

    Raises:
        RowsUnfit: Out of range.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise RowsUnfit(f"seed: expected 0 to 2^63 - 1, got {seed!r}")
    return int(seed)

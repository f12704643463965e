"""Columns of three made-up moments, with which a formula is tried out when its class is made."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOMENTS = 3


class Probe(np.ndarray[Any, np.dtype[np.float64]]):
    """A column that refuses what would be silently wrong with numbers."""

    def __eq__(self, other: object) -> Any:
        return super().__eq__(_number(other))

    def __ne__(self, other: object) -> Any:
        return super().__ne__(_number(other))

    __hash__ = None  # an array has none either


def probe(span: tuple[float, float] | None, codes: Iterable[int]) -> NDArray[np.float64]:
    """Return float64, shape (3,): low, middle and high of the range, or the first codes, or 1, 2, 3."""
    known = sorted(codes)
    if known:
        values = [float(known[i % len(known)]) for i in range(MOMENTS)]
    elif span is not None:
        values = [span[0], (span[0] + span[1]) / 2, span[1]]
    else:
        values = [1.0, 2.0, 3.0]
    return np.array(values, np.float64).view(Probe)


def quiet() -> AbstractContextManager[Any]:
    """Return a context in which division by zero and the like in made-up numbers is no warning."""
    return np.errstate(all="ignore")


def fault(result: object, *, boolean: bool) -> str | None:
    """Return what a formula should have returned, None where it did."""
    array = np.asarray(result)
    wanted = "a boolean column" if boolean else "a numeric column"
    if array.shape not in {(MOMENTS,), ()} or (array.dtype.kind not in ("b" if boolean else "fiub")):
        return wanted
    return None


def _number(other: object) -> object:
    if isinstance(other, Enum) and not isinstance(other, int | float):
        raise TypeError(
            f"{other} is compared with a column of numbers: make it an IntEnum, or compare with the field's code()"
        )
    return other

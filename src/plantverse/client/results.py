"""What the client hands back."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Value = float | int | bool | None
"""A signal's value in Python's type of its kind; an enum is its code, None means that there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The newest value of a signal.

    Attributes:
        signal: `twin:path`.
        unit: UCUM code, "" for none.
        observed_us: Microseconds since 1970 by the device's clock, None while not known.
        age_s: Seconds since then when the server answered, None while not known.
        quality: `good`, or severity and cause, for example `uncertain: stale`.
        label: Name of an enum code, else "".
        synthetic: No plant has measured it.
    """

    signal: str
    value: Value
    unit: str = ""
    observed_us: float | None = None
    age_s: float | None = None
    quality: str = "good"
    label: str = ""
    synthetic: bool = False

    @property
    def good(self) -> bool:
        """Whether the value can be trusted."""
        return self.quality == "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Reading):
    """A value that has just arrived; `age_s` is its age on arrival here, by the server's clock.

    Attributes:
        revision: The server's counter, up to which everything is here once the changes of this frame are read.
    """

    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Stored samples of one signal, oldest first.

    Attributes:
        observed_us: float64 microseconds since 1970, shape (n,).
        value: float64, shape (n,); NaN where the sample had none.
        quality: uint8, shape (n,); see `plantverse.twins.quality`.
        synthetic: No plant has measured them.
    """

    signal: str
    unit: str
    observed_us: NDArray[np.float64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    synthetic: bool = False

    def __len__(self) -> int:
        return len(self.value)

    @property
    def time(self) -> NDArray[np.datetime64]:
        """The times as datetime64[us] in UTC."""
        return self.observed_us.astype(np.int64).astype("datetime64[us]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Samples of one signal condensed to equal spans; spans without a sample are left out.

    Attributes:
        start_us: float64 microseconds since 1970, start of each span, shape (n,).
        minimum, maximum, mean: float64, shape (n,); NaN where no sample of the span had a value.
        count: int64 samples per span, shape (n,).
        worst: uint8 worst quality per span, shape (n,).
        synthetic: No plant has measured them.
    """

    signal: str
    unit: str
    start_us: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]
    worst: NDArray[np.uint8]
    synthetic: bool = False

    def __len__(self) -> int:
        return len(self.start_us)

    @property
    def time(self) -> NDArray[np.datetime64]:
        """The starts as datetime64[us] in UTC."""
        return self.start_us.astype(np.int64).astype("datetime64[us]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What signals were at a moment.

    Attributes:
        at_us: The moment, microseconds since 1970.
        readings: By signal; `age_s` is the age at that moment.
    """

    at_us: float
    readings: dict[str, Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Where a command or a wish for desired properties stands.

    Attributes:
        request: Its id, also in the audit log.
        status: `pending` until the plant answers or the time is over.
        message: In words, for example why it failed.
        detail: Everything else that the server says about it.
    """

    request: str
    status: Literal["pending", "succeeded", "failed", "refused", "expired"]
    message: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether the plant has confirmed it."""
        return self.status == "succeeded"

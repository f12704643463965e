"""Training windows by condition, for the methods that start from one of them."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.condition import Labels, age_of
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.recordings import Cube

NEAR = 12
"""Windows of a fault that are the nearest to what is asked for; one of them is taken."""


class Near:
    """Finds training windows by condition.

    Args:
        labels: Of the training windows.
        length: Rows of a window.
    """

    def __init__(self, labels: Labels, length: int) -> None:
        self.labels, self._length = labels, length
        self._age = age_of(labels.onset, length)
        self._of = {int(f): np.flatnonzero(labels.fault == f) for f in np.unique(labels.fault)}

    @classmethod
    def of(cls, arrays: Arrays, length: int) -> Self:
        """Return what was saved."""
        count = len(arrays["fault"])
        labels = Labels(
            fault=arrays["fault"].astype(np.int64),
            severity=arrays["severity"],
            onset=arrays["onset"],
            normal=int(arrays["normal"][0]),
            period=1,
            phase=np.zeros(count, np.int64),
        )
        return cls(labels, length)

    def arrays(self) -> Arrays:
        """Return the labels."""
        labels = self.labels
        return {
            "fault": labels.fault,
            "severity": labels.severity,
            "onset": labels.onset,
            "normal": np.array([labels.normal]),
        }

    def near(self, labels: Labels, k: int) -> NDArray[np.int64]:
        """Return the windows with the fault of label k whose severity and onset are nearest to it, at most `NEAR`.

        Every window of normal operation is as near as any other.
        """
        fault = int(labels.fault[k])
        of = self._of[fault]
        if fault == labels.normal or len(of) <= NEAR:
            return of
        wanted = age_of(labels.onset[k : k + 1], self._length)[0]
        far = np.abs(self._age[of] - wanted) + np.abs(self.labels.severity[of] - labels.severity[k])
        return np.asarray(of[np.argsort(far, kind="stable")[:NEAR]])


class Pool(Near):
    """Training windows with their labels."""

    def __init__(self, windows: Cube, labels: Labels) -> None:
        super().__init__(labels, windows.shape[1])
        self.windows = windows

    @classmethod
    def kept(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        windows = arrays["windows"]
        return cls(windows, Near.of(arrays, windows.shape[1]).labels)

    def arrays(self) -> Arrays:
        """Return windows and labels."""
        return super().arrays() | {"windows": self.windows}

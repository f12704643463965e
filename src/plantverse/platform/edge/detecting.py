"""Detectors of a group on a node: what a node needs of them, and what they say in the words of the protocol."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.platform.edge import messages as m
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import DetectorSpec
from plantverse.twins.telemetry import TelemetryPlane

DETECT_EVERY_S = 0.1
LOG_ROWS = 65_536
"""Rows of a group that detection may be behind: a second at the highest rate that a node was ever seen to decode."""
MOST_VERDICTS = 1_000
"""Verdicts that wait while the link is full; beyond it the oldest go, a later score says more."""
ANOMALY = "anomaly"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectPlanes:
    """A group as a node knows it."""

    registry: Registry
    telemetry: TelemetryPlane
    state: StatePlane
    events: EventLog
    clock: Clock


class AtWork(Protocol):
    """Detectors of one group, running."""

    def tick(self) -> None:
        """Go on."""


class Detectors(Protocol):
    """All detectors of a node."""

    def hashes(self) -> tuple[str, ...]:
        """Return the hashes of the models that are kept here."""

    def keep(self, name: str, version: int, digest: str, facts: bytes, arrays: bytes) -> None:
        """Keep a model.

        Raises:
            PlantverseError: It is not the one that the hash names.
            OSError: It cannot be written.
        """

    def begin(
        self, planes: Any, specs: Iterable[DetectorSpec], commit: Callable[[SampleBatch], None]
    ) -> tuple[AtWork, dict[str, str]]:
        """Start detectors; returns them, and by id "" or why one cannot run here."""

    def end(self, at_work: Any) -> None:
        """Stop detectors."""

    async def run(self) -> None:
        """Run what works beside the node until cancelled."""


class GroupDetection:
    """The detectors of one group.

    Args:
        planes: Of the group; rows that are committed there are judged.
        slots: The server's slot of each of the group's.
        detectors: Of the node.
        specs: Which are asked for.

    Attributes:
        detects: "" or why one cannot run here, by id.
    """

    def __init__(
        self,
        planes: DetectPlanes,
        slots: NDArray[np.uint32],
        detectors: Detectors,
        specs: Iterable[DetectorSpec],
    ) -> None:
        self._slots = slots
        self._detectors = detectors
        self._verdicts: list[SampleBatch] = []
        self._at_work, self.detects = detectors.begin(planes, specs, self._judged)

    def tick(self) -> bool:
        """Go on; returns whether there are verdicts to send."""
        self._at_work.tick()
        return bool(self._verdicts)

    def drain(self) -> list[tuple[SampleBatch, NDArray[np.uint32]]]:
        """Return the verdicts since the last call, with the server's slots."""
        verdicts, self._verdicts = self._verdicts, []
        return [(rows, self._slots[rows.slot]) for rows in verdicts]

    def close(self) -> None:
        """Stop."""
        self._detectors.end(self._at_work)

    def _judged(self, rows: SampleBatch) -> None:
        # The moment of the row is by this node's clock, which the server only corrects for times of arrival.
        rows.received_ns, rows.stamp_ns = rows.observed_ns.copy(), np.zeros(len(rows), np.int64)
        rows.flags &= np.uint8(0xFF ^ Flag.STAMPED)
        self._verdicts = [*self._verdicts, rows][-MOST_VERDICTS:]


def standing(twin: str, documents: Mapping[str, Mapping[str, Any]], changed: Collection[str]) -> dict[str, m.Detecting]:
    """Return how the detectors of a twin stand whose names are in `changed`, by id."""
    return {
        f"{twin}:{name}": m.Detecting(
            state=document.get("state", ""),
            message=document.get("message", "")[: m.MOST_TEXT],
            hint=document.get("hint", "")[: m.MOST_TEXT],
            since_us=document.get("since_us", 0.0),
            shares=_shares(document.get("shares", [])),
            first=_shares(document.get("first", [])),
        )
        for name, document in documents.items()
        if name in changed
    }


def anomaly(body: Mapping[str, Any]) -> m.Anomaly:
    """Return the body of an event of a detector in the words of the protocol."""
    return m.Anomaly(
        action=body["action"], peak=body["peak"], since_us=body["since_us"], blamed=_shares(body["blamed"])
    )


def _shares(found: Iterable[Mapping[str, Any]]) -> list[m.Share]:
    shares = [m.Share(signal=share["signal"], share=share["share"]) for share in found]
    return [share for share in shares if len(share.signal) <= m.MOST_TEXT][: m.MOST_SHARES]

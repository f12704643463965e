"""What the platform knows of detectors of anomalies: something that equips twins, ticks, and tells how it stands."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from plantverse.twins.specs import DetectorSpec, TwinSpec

DETECT_EVERY_S = 0.1
"""How late a row may be judged."""


class Detection(Protocol):
    """All detectors of a running plant."""

    def declare(self, detectors: Iterable[DetectorSpec], twins: Iterable[TwinSpec]) -> None:
        """Take what a plant declares, before its twins are equipped."""

    def equip(self, twin: TwinSpec) -> TwinSpec:
        """Return the twin with the signals of its detectors."""

    def tick(self) -> None:
        """Go on."""

    async def run(self) -> None:
        """Run what works beside the server until cancelled."""

    def listed(self) -> list[dict[str, Any]]:
        """Return every detector with its state and counts."""

    def models(self) -> list[dict[str, Any]]:
        """Return the saved detectors."""

    def counts(self) -> Mapping[str, int]:
        """Return rows by what became of them: `judged`, `skipped`, `dropped`, `late`, `failed`, `lost`."""

    def portable(self, twins: Collection[str]) -> list[tuple[DetectorSpec, tuple[Path, Path]]]:
        """Return the detectors that need nothing but these twins, pinned to their model, and its two files."""

    def outputs(self, detector: str) -> tuple[int, ...]:
        """Return the slots that a detector writes."""

    def leave_to(self, places: Mapping[str, str]) -> None:
        """Leave detectors to whoever runs them, by id, and take up all others again."""

    def hear(self, detector: str, place: str, heard: Mapping[str, Any]) -> None:
        """Take what a place says of a detector that was left to it."""

    def worker(self) -> dict[str, Any]:
        """Return how the process is in which they run."""

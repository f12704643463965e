"""Detectors of several groups of twins side by side, with one worker: what an edge node runs.

Models come over the wire, are kept in a folder like any saved model, and are checked against the hash that was asked
for, here when they are kept and in the worker once more when they are loaded.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from plantverse._clock import Clock
from plantverse.ai.errors import ModelInvalid
from plantverse.ai.models import ModelRegistry, read_facts, read_model
from plantverse.ai.models.file import ARRAYS_FILE, FACTS_FILE
from plantverse.ai.watching.detection import Detection
from plantverse.ai.watching.planes import Planes
from plantverse.ai.worker import Supervisor, WorkerProcess
from plantverse.ai.worker.supervisor import Event
from plantverse.twins.detectors import MODEL_NAME
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import DetectorSpec


class Crew:
    """All detectors of a node.

    Args:
        clock: Time.
        folder: Where models are kept.
        memory: Bytes that models may take, all together.
    """

    def __init__(self, clock: Clock, folder: Path, *, memory: int) -> None:
        self._clock = clock
        self._folder = folder
        self._memory = memory
        self._supervisor = Supervisor()
        self._worker = WorkerProcess(self._supervisor, clock, self._take)
        self._at_work: dict[Detection, int] = {}

    @property
    def used(self) -> int:
        """Bytes of the models that are in use."""
        return sum(self._at_work.values())

    def hashes(self) -> tuple[str, ...]:
        """Return the hashes of the models that are kept."""
        registry = ModelRegistry(self._folder)
        found = []
        for name in registry.names():
            for version in registry.versions(name):
                try:
                    found.append(read_facts(registry.folder_of(name, version)[1]).hash)
                except ModelInvalid:
                    continue
        return tuple(found)

    def keep(self, name: str, version: int, digest: str, facts: bytes, arrays: bytes) -> None:
        """Keep a model that came over the wire; one of that name and version that is another is replaced.

        Raises:
            ModelInvalid: It is not the one that the hash names.
            OSError: The folder cannot be written.
        """
        if not MODEL_NAME.match(name) or version < 1:
            raise ModelInvalid(f"model {name!r} version {version}: no name or version of a model")
        at, fresh = self._folder / name / str(version), self._folder / name / f".{version}.fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            (fresh / FACTS_FILE).write_bytes(facts)
            (fresh / ARRAYS_FILE).write_bytes(arrays)
            read_model(fresh, digest)
            shutil.rmtree(at, ignore_errors=True)
            fresh.rename(at)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def size_of(self, spec: DetectorSpec) -> int:
        """Return the bytes that a pinned detector's model takes.

        Raises:
            ModelInvalid: It is not here.
        """
        folder = ModelRegistry(self._folder).folder_of(spec.model, spec.version)[1]
        if (found := read_facts(folder).hash) != spec.hash:
            raise ModelInvalid(f"model {spec.model}: expected the one with hash {spec.hash[:12]}, got {found[:12]}")
        return sum((folder / name).stat().st_size for name in (FACTS_FILE, ARRAYS_FILE))

    def sort(self, specs: Iterable[DetectorSpec]) -> tuple[list[DetectorSpec], dict[str, str], int]:
        """Return the detectors that can run here, why the others cannot, by id, and the bytes that those take."""
        here: list[DetectorSpec] = []
        why: dict[str, str] = {}
        taken = 0
        for spec in specs:
            try:
                size = self.size_of(spec)
            except (ModelInvalid, OSError) as exc:
                why[spec.id] = str(exc)
                continue
            left = self._memory - self.used - taken
            why[spec.id] = "" if size <= left else f"its model takes {size} bytes, {max(0, left)} are left for models"
            if size <= left:
                here.append(spec)
                taken += size
        return here, why, taken

    def begin(
        self, planes: Planes, specs: Iterable[DetectorSpec], commit: Callable[[SampleBatch], None]
    ) -> tuple[Detection, dict[str, str]]:
        """Start detectors over a group's planes; returns them, and which cannot run and why ("" for those that do)."""
        here, why, taken = self.sort(specs)
        made = Detection(
            planes,
            commit=commit,
            refresh=_nothing,
            models=self._folder,
            supervisor=self._supervisor,
            wake=self._worker.wake,
        )
        made.declare(here, ())
        self._at_work[made] = taken
        return made, why

    def end(self, detection: Detection) -> None:
        """Stop the detectors of a group."""
        if self._at_work.pop(detection, None) is not None:
            detection.close()

    async def run(self) -> None:
        """Run the worker until cancelled; it starts with the first detector."""
        await self._worker.run()

    def _take(self, events: Sequence[Event]) -> None:
        for detection in list(self._at_work):
            detection.take(events)


def _nothing() -> None:
    """Models on a node change only by being sent anew, which begins the group's detection anew."""

"""The saved models that detectors of a plant name, looked at again and again because they come, change and go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plantverse.ai.detectors import columns_of, spacing_of
from plantverse.ai.errors import ModelInvalid
from plantverse.ai.models import ModelRegistry, read_facts
from plantverse.ai.models.file import ARRAYS_FILE, FACTS_FILE
from plantverse.twins.specs import DetectorSpec

Mark = tuple[int, ...]
"""Changes when the files of a model do."""
GONE: Mark = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a detector of the plant can use.

    Attributes:
        version: Of the model, 0 where there is none.
        columns: Ids of the signals that it reads.
        every_s, hold_s: Seconds from row to row, and that a value is good for.
        problem, hint: Why it cannot be used, "" where it can; `missing` where there is no such model.
        mark: How its files were.
    """

    version: int = 0
    folder: Path = Path()
    method: str = ""
    hash: str = ""
    columns: tuple[str, ...] = ()
    every_s: float = 1.0
    hold_s: float = 10.0
    problem: str = ""
    hint: str = ""
    missing: bool = False
    mark: Mark = ()


class WatchedModels:
    """Finds models by what detectors say, and remembers how they were."""

    def __init__(self, folder: Path) -> None:
        self._registry = ModelRegistry(folder)
        self._known: dict[tuple[str, int, str], tuple[Mark, Found]] = {}

    def find(self, spec: DetectorSpec) -> Found:
        """Return what there is for a detector; files are read only where they changed."""
        key = (spec.model, spec.version, spec.hash)
        mark = self._mark(spec)
        known = self._known.get(key)
        if known is None or known[0] != mark:
            known = self._known[key] = (mark, replace(self._read(spec), mark=mark))
        return known[1]

    def changed(self, specs: Sequence[DetectorSpec]) -> bool:
        """Return whether a model is not as it was when it was found."""
        keys = [(spec, self._known.get((spec.model, spec.version, spec.hash))) for spec in specs]
        return any(known is not None and known[0] != self._mark(spec) for spec, known in keys)

    def listed(self) -> Iterator[dict[str, Any]]:
        """Yield name, versions and what is known of the newest one, of every saved detector."""
        for name in self._registry.names():
            versions = self._registry.versions(name)
            if not versions:
                continue
            found = self._read(DetectorSpec(twin="", model=name))
            yield {
                "model": name,
                "versions": versions,
                "method": found.method,
                "hash": found.hash,
                "signals": list(found.columns),
                "every_s": found.every_s,
                "problem": found.problem,
            }

    def _mark(self, spec: DetectorSpec) -> Mark:
        try:
            version, folder = self._registry.folder_of(spec.model, spec.version)
            return version, *((folder / name).stat().st_mtime_ns for name in (FACTS_FILE, ARRAYS_FILE))
        except (ModelInvalid, OSError):
            return GONE

    def _read(self, spec: DetectorSpec) -> Found:
        try:
            version, folder = self._registry.folder_of(spec.model, spec.version)
        except ModelInvalid as exc:
            return Found(problem=str(exc.message), hint=exc.hint or "", missing=True)
        try:
            model = read_facts(folder)
            every_s, hold_s = spacing_of(model)
            return Found(
                version=version,
                folder=folder,
                method=model.kind.partition(".")[2],
                hash=model.hash,
                columns=columns_of(model),
                every_s=every_s,
                hold_s=hold_s,
                problem=_other(spec, model.hash),
            )
        except ModelInvalid as exc:
            return Found(version=version, folder=folder, problem=str(exc.message), hint=exc.hint or "")


def _other(spec: DetectorSpec, found: str) -> str:
    if spec.hash in {"", found}:
        return ""
    return f"model {spec.model}: expected the one with hash {spec.hash[:12]}, got {found[:12]}"

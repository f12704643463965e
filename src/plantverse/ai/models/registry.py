"""Models by name and version in one folder: `<folder>/<name>/<version>/`."""

import re
from dataclasses import dataclass
from pathlib import Path

from plantverse.ai.errors import ModelInvalid
from plantverse.ai.models.file import Model, read_model, write_model

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
TRIES = 20
"""Version numbers that are tried where other processes save under the same name at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One saved version."""

    name: str
    version: int
    kind: str
    hash: str


class ModelRegistry:
    """Saves models under names; every save is a new version, and none is ever changed.

    Example:
        >>> import tempfile, numpy as np
        >>> from plantverse.ai.models import Model, ModelRegistry
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     registry = ModelRegistry(Path(folder))
        ...     saved = registry.save("pumps", Model(kind="detector.demo", facts={}, arrays={"mean": np.zeros(2)}))
        ...     saved.version, registry.load("pumps").arrays["mean"].tolist()
        (1, [0.0, 0.0])
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, model: Model) -> Entry:
        """Write a model as the next version of this name.

        Raises:
            ModelInvalid: The name is not one, or the folder cannot be written.
        """
        at = self._of(name)
        first = max(self.versions(name), default=0) + 1
        for version in range(first, first + TRIES):
            try:
                digest = write_model(model, at / str(version))
            except ModelInvalid:
                if (at / str(version)).exists():
                    continue
                raise
            return Entry(name=name, version=version, kind=model.kind, hash=digest)
        raise ModelInvalid(f"model {name}: no free version from {first} on")

    def load(self, name: str, version: int | None = None, expected_hash: str = "") -> Model:
        """Return a version of this name, the newest by default, checked as `read_model` does.

        Raises:
            ModelInvalid: Not there, or not as it was saved.
        """
        if version is None:
            version = max(self.versions(name), default=None)
            if version is None:
                known = ", ".join(self.names()) or "none"
                raise ModelInvalid(f"model {name}: not in {self._folder}", hint=f"there: {known}")
        return read_model(self._of(name) / str(version), expected_hash)

    def names(self) -> list[str]:
        """Return every name, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(p.name for p in self._folder.iterdir() if p.is_dir() and NAME.fullmatch(p.name))

    def versions(self, name: str) -> list[int]:
        """Return the versions of a name, oldest first."""
        at = self._of(name)
        return sorted(int(p.name) for p in at.iterdir() if p.name.isdecimal()) if at.is_dir() else []

    def folder_of(self, name: str, version: int = 0) -> tuple[int, Path]:
        """Return (version, folder) of a version of this name, the newest with 0.

        Raises:
            ModelInvalid: It is not there.
        """
        there = self.versions(name)
        wanted = version or max(there, default=0)
        if wanted not in there:
            known = ", ".join(map(str, there)) or "none"
            what = f"model {name}" + (f" version {version}" if version else "")
            raise ModelInvalid(f"{what}: not among the saved models", hint=f"versions there: {known}")
        return wanted, self._of(name) / str(wanted)

    def _of(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ModelInvalid(f"model name {name!r}: expected letters, digits, `_`, `-` and `.`, not `.` first")
        return self._folder / name

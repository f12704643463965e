"""The meshes and drawings that a plant names: prepared by another process, kept by hash, handed out.

Files are looked at once a second; nothing waits for them. Until one is ready, and where one cannot be shown, the viewer
draws its own shape.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from plantverse._clock import Clock
from plantverse.twins.sync.structure import MeshOffer
from plantverse.viewer.prepare import Prepared

_log = logging.getLogger(__name__)

GEOMETRY_PATH = "/api/v1/geometry/"
PATIENCE_NS = 300 * 10**9
"""A file that takes longer is given up; the largest allowed mesh takes some 30 s."""


class GeometryShelf:
    """What became of the files that a plant names.

    Args:
        folder: Where prepared files are kept.
        clock: Time.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock
        self._root: Path | None = None
        self._marks: dict[str, tuple[int, int]] = {}
        self._ready: dict[str, Prepared] = {}
        self._job: _Job | None = None

    def want(self, root: Path | None, names: Iterable[str]) -> None:
        """Keep these files ready from now on; the next `tick` looks at them.

        Args:
            root: Folder that the names are relative to.
            names: Paths as the plant file has them.
        """
        kept = dict.fromkeys(names)
        if root != self._root:
            self._root, self._marks, self._ready = root, {}, {}
        self._marks = {name: self._marks.get(name, (-1, -1)) for name in kept}
        self._ready = {name: made for name, made in self._ready.items() if name in kept}

    def tick(self) -> set[str]:
        """Take what is done, begin what is to be done; return the names about which there is news."""
        news: set[str] = set()
        if self._job is not None:
            news = self._take(self._job)
        if self._job is None and self._root is not None:
            marks = {name: _mark(self._root / name) for name in self._marks}
            changed = [name for name, mark in marks.items() if mark != self._marks[name]]
            self._marks = marks
            if changed:
                self._job = _Job(self.folder, self._root, changed, self._clock.monotonic_ns() + PATIENCE_NS)
        return news

    def prepared(self, name: str) -> Prepared | None:
        """Return what became of a file, None while it is not known."""
        return self._ready.get(name)

    def offer(self, name: str) -> MeshOffer:
        """Return what there is of a mesh, as the sync protocol tells it."""
        made = self._ready.get(name)
        if made is None:
            return MeshOffer()
        problem = f"{name}: {made.problem}" if made.problem else ""
        return MeshOffer(url=GEOMETRY_PATH + made.file if made.file else "", problem=problem, nodes=made.nodes)

    def path(self, file: str) -> Path | None:
        """Return where a prepared file lies; None for every other name."""
        if file and any(made.file == file for made in self._ready.values()):
            return self.folder / file
        return None

    def close(self) -> None:
        """End what is still at work."""
        if self._job is not None:
            self._job.end()
            self._job = None

    def _take(self, job: "_Job") -> set[str]:
        done = job.done(self._clock.monotonic_ns())
        if done is None:
            return set()
        self._job = None
        news = {name for name in done if name in self._marks}
        for name in news:
            self._ready[name] = made = done[name]
            if made.problem:
                _log.warning("mesh or drawing: %s: %s", name, made.problem)
        return news


class _Job:
    """One run of `plantverse.viewer.prepare`."""

    def __init__(self, folder: Path, root: Path, names: list[str], deadline_ns: int) -> None:
        self._names = names
        self._deadline_ns = deadline_ns
        folder.mkdir(parents=True, exist_ok=True)
        self._output: IO[bytes] = (folder / "job.jsonl").open("w+b")
        command = [sys.executable, "-m", "plantverse.viewer.prepare", str(folder), *(str(root / n) for n in names)]
        # Arguments are paths, not a shell's text.
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.DEVNULL
        )

    def done(self, now_ns: int) -> dict[str, Prepared] | None:
        """Return what became of each file, None while it is at work."""
        code = self._process.poll()
        if code is None and now_ns < self._deadline_ns:
            return None
        late = code is None
        if late:
            self._process.kill()
            self._process.wait()
        self._output.seek(0)
        lines = self._output.read().decode().splitlines()
        self._output.close()
        found = [Prepared.read(line) for line in lines if _whole(line)]
        lost = "it takes too long to read" if late else f"reading it ended with {code}"
        # Whoever ended the process, the file at which it stopped is the one to look at; those behind it come next time.
        return {name: found[i] if i < len(found) else Prepared(problem=lost) for i, name in enumerate(self._names)}

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.wait()
        self._output.close()


def _whole(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _mark(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size

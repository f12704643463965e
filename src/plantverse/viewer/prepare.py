"""Makes what the server hands out of users' meshes and drawings: checked, as GLB, named by the hash of its source.

Run in a process of its own (`python -m plantverse.viewer.prepare FOLDER FILE...`), because a mesh is foreign data that
may take minutes, gigabytes or the process itself; it writes one JSON object for each file.
"""

import hashlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from plantverse.errors import PlantInvalid
from plantverse.viewer.glb import COMPRESSED, MESHOPT, glb_head, needed_extensions, node_names, other_files
from plantverse.viewer.images import MOST_BYTES, image_size
from plantverse.viewer.meshes import CACHE_VERSION, DEFAULT_LIMITS, MESH_TYPES, MeshLimits, prepared_glb

NAMED = 4
"""So many nodes are named in a hint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of a file.

    Attributes:
        file: Its name in the folder, "" where it cannot be shown.
        nodes: Names of a mesh's nodes.
        problem: Why it is not shown, or what about it will look wrong; in words for people.
        size: Of an image, pixels.
    """

    file: str = ""
    nodes: tuple[str, ...] = ()
    problem: str = ""
    size: tuple[int, int] | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what `prepare` wrote."""
        found = json.loads(text)
        size = found["size"]
        return cls(
            file=found["file"],
            nodes=tuple(found["nodes"]),
            problem=found["problem"],
            size=None if size is None else (size[0], size[1]),
        )


def prepare(file: Path, folder: Path, limits: MeshLimits = DEFAULT_LIMITS) -> Prepared:
    """Return what became of a mesh or a drawing; the work is done once for the same bytes.

    Args:
        file: GLB, STL, OBJ, PNG or JPEG.
        folder: Where results are kept; made where it is missing.
        limits: What a mesh may cost; one with more triangles is simplified.
    """
    mesh = file.suffix.lower() in MESH_TYPES
    try:
        content = _content(file, limits.size if mesh else MOST_BYTES)
        tools = bool(find_spec("trimesh"))
        key = hashlib.sha256(
            f"{CACHE_VERSION} {tools} {file.suffix.lower()} {limits}\n".encode() + content
        ).hexdigest()[:32]
        folder.mkdir(parents=True, exist_ok=True)
        note = folder / f"{key}.json"
        if note.is_file() and (known := Prepared.read(note.read_text())) and (folder / known.file).is_file():
            return known
        made = _mesh(file, content, folder, key, limits, tools=tools) if mesh else _image(file, content, folder, key)
    except PlantInvalid as exc:
        return Prepared(problem=_words(exc))
    _write(note, json.dumps(asdict(made)).encode())
    return made


def _image(file: Path, content: bytes, folder: Path, key: str) -> Prepared:
    size = image_size(content, file)
    name = f"{key}.png" if content[:1] == b"\x89" else f"{key}.jpg"
    _write(folder / name, content)
    return Prepared(file=name, size=size)


def _mesh(file: Path, content: bytes, folder: Path, key: str, limits: MeshLimits, *, tools: bool) -> Prepared:
    kind = file.suffix.lower()
    hidden: set[str] = set()
    if kind == ".glb":
        hidden = _judged(file, content)
    if hidden or not tools:
        # The browser reads it as it is; nobody has looked at its triangles.
        why = "it is compressed" if hidden else "the server lacks the extra `meshes`"
        _write(folder / f"{key}{kind}", content)
        nodes = node_names(glb_head(content)) if kind == ".glb" else ()
        return Prepared(file=f"{key}{kind}", nodes=nodes, problem=f"shown unchecked: {why}")
    glb, problems = prepared_glb(file, content, limits)
    _write(folder / f"{key}.glb", glb)
    return Prepared(
        file=f"{key}.glb",
        nodes=node_names(glb_head(glb)),
        problem="; ".join(problems),
    )


def _judged(file: Path, content: bytes) -> set[str]:
    """Return the compression that hides a GLB's triangles from us, but not from the browser."""
    try:
        head = glb_head(content)
    except ValueError as exc:
        raise PlantInvalid(str(file), expected="a readable GLB", got=str(exc)) from exc
    if others := other_files(head):
        got = ", ".join(others[:NAMED])
        raise PlantInvalid(str(file), expected="a GLB that holds everything itself", got=f"it wants {got}")
    hidden = needed_extensions(head) & COMPRESSED
    if hidden - {MESHOPT}:
        raise PlantInvalid(str(file), expected="no Draco compression", got=", ".join(sorted(hidden)))
    return hidden


def _content(file: Path, most: int) -> bytes:
    try:
        size = file.stat().st_size
        if size > most:
            raise PlantInvalid(str(file), expected=f"at most {most // 2**20} MiB", got=f"{size / 2**20:.1f} MiB")
        return file.read_bytes()
    except OSError as exc:
        raise PlantInvalid(str(file), expected="a readable file", got=exc.strerror or str(exc)) from exc


def _write(path: Path, content: bytes) -> None:
    """Write a file so that whoever looks meanwhile sees no half of it."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _words(error: PlantInvalid) -> str:
    """Without the path of the server's disk, which is nobody's business in a browser."""
    hint = f" ({error.hint})" if error.hint else ""
    return f"expected {error.expected}, got {error.got}{hint}"


def main(arguments: list[str]) -> int:
    """Prepare the files that the command line names."""
    folder, *files = arguments
    if hasattr(os, "nice"):
        os.nice(10)
    for name in files:
        made = prepare(Path(name), Path(folder))
        sys.stdout.write(json.dumps(asdict(made)) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

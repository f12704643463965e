"""One file format for everything that was learned: a folder with `model.json` and `arrays.npz`, never a pickle."""

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import ModelInvalid

FORMAT = "plantverse.model"
VERSION = 1
FACTS_FILE, ARRAYS_FILE = "model.json", "arrays.npz"
LARGEST_BYTES = 1 << 30
"""Of the arrays when unpacked; a larger file is refused before it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Something learned.

    Attributes:
        kind: Area and method, for example `detector.mewma`.
        facts: Plain JSON: names, settings, report.
        arrays: Numbers by name.
        hash: SHA-256 over kind, facts and arrays, set by whoever read or wrote it; "" before that.
    """

    kind: str
    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    hash: str = field(default="", compare=False)


def write_model(model: Model, folder: Path) -> str:
    """Write a model as a new folder, whole or not at all, and return its hash.

    The hash depends on the content alone: the same training on the same rows gives the same hash.

    Raises:
        ModelInvalid: The folder is there already, or an array holds objects.
    """
    if folder.exists():
        raise ModelInvalid(f"{folder}: is there already; a saved model is never changed")
    for name, array in model.arrays.items():
        if array.dtype.hasobject:
            raise ModelInvalid(f"array {name}: numbers expected, got objects")
    packed = io.BytesIO()
    # A keyword per array, so that no name of ours can collide with savez's own argument.
    np.savez(packed, **{name: np.ascontiguousarray(model.arrays[name]) for name in sorted(model.arrays)})  # type: ignore[arg-type]
    head = {
        "format": FORMAT,
        "version": VERSION,
        "kind": model.kind,
        "facts": dict(model.facts),
        "arrays_sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
    }
    digest = _digest(head)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as made:
        inside = Path(made) / "model"
        inside.mkdir()
        (inside / ARRAYS_FILE).write_bytes(packed.getvalue())
        text = json.dumps(head | {"sha256": digest}, indent=1, ensure_ascii=False)
        (inside / FACTS_FILE).write_text(text, encoding="utf-8")
        try:
            os.rename(inside, folder)  # noqa: PTH104  fails on a folder that is not empty, as it should
        except OSError as exc:
            raise ModelInvalid(f"{folder}: cannot be written ({exc.strerror})") from exc
    return digest


def read_model(folder: Path, expected_hash: str = "") -> Model:
    """Return a saved model after checking that nothing in it changed.

    The hash inside the folder shows damage and careless edits. Whoever can write the folder can also write a fitting
    hash; keep the hash elsewhere and pass it where that matters.

    Raises:
        ModelInvalid: Absent, of another format or version, changed, too large, or not the one that was expected.
    """
    head = _head(folder)
    digest = _checked(folder, head)
    if expected_hash and digest != expected_hash:
        raise ModelInvalid(f"{folder}: expected the model {expected_hash[:12]}, got {digest[:12]}")
    return Model(kind=head["kind"], facts=head["facts"], arrays=_arrays(folder / ARRAYS_FILE, head), hash=digest)


def read_facts(folder: Path) -> Model:
    """Return a saved model without its arrays, which are not looked at: who uses it reads all of it.

    Raises:
        ModelInvalid: Absent, of another format or version, or its facts were changed.
    """
    head = _head(folder)
    digest = _checked(folder, head)
    return Model(kind=head["kind"], facts=head["facts"], arrays={}, hash=digest)


def _checked(folder: Path, head: dict[str, Any]) -> str:
    """Return the hash of a model that fits its facts."""
    digest = _digest({k: v for k, v in head.items() if k != "sha256"})
    if digest != head["sha256"]:
        raise ModelInvalid(f"{folder / FACTS_FILE}: changed since it was saved")
    return digest


def _head(folder: Path) -> dict[str, Any]:
    path = folder / FACTS_FILE
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ModelInvalid(f"{folder}: no model there") from exc
    except (OSError, ValueError, RecursionError) as exc:
        raise ModelInvalid(f"{path}: cannot be read ({exc})") from exc
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ModelInvalid(f"{path}: not a model of plantverse")
    if head.get("version") != VERSION:
        raise ModelInvalid(
            f"{path}: format version {head.get('version')}, this plantverse reads {VERSION}",
            hint="fit it again, or use the plantverse that saved it",
        )
    kinds = {"kind": str, "facts": dict, "arrays_sha256": str, "sha256": str}
    wrong = [name for name, kind in kinds.items() if not isinstance(head.get(name), kind)]
    if wrong:
        raise ModelInvalid(f"{path}: without a proper {', '.join(wrong)}")
    return head


def _arrays(path: Path, head: dict[str, Any]) -> dict[str, NDArray[Any]]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ModelInvalid(f"{path}: larger than {LARGEST_BYTES} bytes")
        packed = path.read_bytes()
    except OSError as exc:
        raise ModelInvalid(f"{path}: cannot be read ({exc})") from exc
    if hashlib.sha256(packed).hexdigest() != head["arrays_sha256"]:
        raise ModelInvalid(f"{path}: changed since it was saved")
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked <= LARGEST_BYTES:
            with np.load(io.BytesIO(packed), allow_pickle=False) as loaded:
                return {name: loaded[name] for name in loaded.files}
    except Exception as exc:
        # On an archive made by hand zipfile, zlib and numpy's header parser raise more kinds than they document.
        raise ModelInvalid(f"{path}: cannot be read ({exc or type(exc).__name__})") from exc
    raise ModelInvalid(f"{path}: larger than {LARGEST_BYTES} bytes when unpacked")


def _digest(head: Mapping[str, Any]) -> str:
    text = json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()

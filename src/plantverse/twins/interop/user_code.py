"""Runs an author's Python files: types beside a plant file, or a whole plant in Python."""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from plantverse.errors import PlantInvalid, PlantverseError
from plantverse.twins.formulas import DIGEST_NAME
from plantverse.twins.model import Twin


@contextmanager
def user_folder(folder: Path) -> Iterator[set[Path]]:
    """Let files of this folder import each other, and forget them afterwards, so that the next load reads them anew.

    Gives a set that holds, at the end, the files that were run or imported. The folder comes last on the path: a file
    `types.py` or `queue.py` must not hide Python's own.
    """
    entry = str(folder.resolve())
    before = set(sys.modules)
    ran: set[Path] = set()
    sys.path.append(entry)
    try:
        yield ran
    finally:
        sys.path.remove(entry)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).resolve().parent == Path(entry):
                ran.add(folder / Path(file).name)
                del sys.modules[name]


def run_file(path: Path) -> ModuleType:
    """Return the module made by running a file under a name of its own; within `user_folder`.

    Raises:
        PlantInvalid: It cannot be read, compiled or run; names file and line.
    """
    name = f"plantverse_plant_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a path ending in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    setattr(module, DIGEST_NAME, _digest(path.parent))
    sys.modules[name] = module
    try:
        # The source itself, not a cached .pyc: an edit within the same second must count.
        code = compile(path.read_bytes(), str(path), "exec")
        exec(code, module.__dict__)  # noqa: S102  the author's own file, run at the author's wish
    except PlantverseError:
        raise
    except SyntaxError as exc:
        raise PlantInvalid(f"{exc.filename or path}:{exc.lineno or 1}", expected="valid Python", got=exc.msg) from exc
    except OSError as exc:
        raise PlantInvalid(str(path), expected="a readable file", got=exc.strerror or str(exc)) from exc
    except (Exception, SystemExit) as exc:
        raise PlantInvalid(
            f"{path}:{_line_in(path, exc)}", expected="Python that runs", got=f"{type(exc).__name__}: {exc}"
        ) from exc
    return module


def twin_classes(module: ModuleType) -> list[type[Twin]]:
    """Return the twin classes that a module names, also imported ones."""
    found = (v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Twin) and v is not Twin)
    return list(dict.fromkeys(found))


def _digest(folder: Path) -> str:
    """Return a digest of every Python file in a folder: whatever a formula calls, a change of it shows."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _line_in(path: Path, exc: BaseException) -> int:
    lines = [f.lineno for f in traceback.extract_tb(exc.__traceback__) if f.filename == str(path)]
    return next((n for n in reversed(lines) if n is not None), 1)

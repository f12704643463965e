#!/usr/bin/env bash
# Builds the sdist and from it the wheel, installs that one alone and looks whether the viewer is in it.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-$PWD/.venv/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m build --no-isolation --outdir "$work" . >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; exit 1; }
"$python" -m venv --system-site-packages "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --no-deps --no-index "$work"/plantverse-*.whl
cd "$work"
"$work/venv/bin/python" -c '
import pathlib, sys, plantverse.viewer
folder = plantverse.viewer.bundle_dir()
assert pathlib.Path(sys.prefix) in folder.parents, f"{folder} is not the installed one"
assert (folder / "index.html").is_file(), f"no index.html in {folder}"
print("wheel: viewer bundle in", folder.relative_to(sys.prefix))
'

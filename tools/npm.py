# ruff: noqa: INP001, a script and no package
"""Runs npm in `viewer/` with the Node that the wheel build takes, so that nobody needs one of their own.

python tools/npm.py run check
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hatch_build import _npm as npm_command  # noqa: E402  the build hook alone knows where Node is


def main() -> int:
    """Run npm with the arguments of this process and return its exit code."""
    npm, environment = npm_command()
    return subprocess.run([*npm, *sys.argv[1:]], cwd=ROOT / "viewer", env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

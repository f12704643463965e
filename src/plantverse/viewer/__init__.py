"""The browser viewer as it ships: static files that the server hands out.

The TypeScript project stands in `viewer/` at the root of the repository; building the wheel builds it
(`hatch_build.py`), and nothing is built at run time.
"""

from pathlib import Path

from plantverse.errors import ViewerBundleMissing

__all__ = ["bundle_dir"]


def bundle_dir() -> Path:
    """Return the folder with `index.html` and its hashed `assets/`.

    Raises:
        ViewerBundleMissing: The viewer was never built, as in a fresh checkout.
    """
    return _checked(Path(__file__).parent / "static")


def _checked(static: Path) -> Path:
    if not (static / "index.html").is_file():
        raise ViewerBundleMissing(
            f"the browser viewer is not built: {static} has no index.html",
            hint="in the repository, run: cd viewer && npm ci && npm run build",
        )
    return static

# ruff: noqa: INP001, a script and no package
"""Writes docs/reference/configuration.md from the settings classes, the only place where settings and defaults stand.

    python tools/config_reference.py

tests/test_docs.py compares the page with a fresh run.
"""

import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

from plantverse.platform.config import Settings
from plantverse.platform.config_file import describe

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "configuration.md"
HEAD = """# Configuration

`plantverse.toml` beside the plant file, or the file that `plantverse run --config` names. What the command line says
wins. An unknown key or a wrong value stops the start and is named with file, key, what was expected and the nearest key
that exists. Relative paths start at the folder of the file. This page is made from the code by `make generate`.

```toml
[http]
port = 9000

[mqtt]
url = "mqtts://broker.example:8883"
user = "plantverse"
password_file = "broker-password"

[history]
retention_days = 90
```
"""


def page() -> str:
    """Return the text of the page."""
    expected = {key: (default, words) for key, default, words in describe()}
    lines = [HEAD]
    top = [f for f in fields(Settings) if not is_dataclass(getattr(Settings(), f.name))]
    lines += ["## Top level\n", *_table(Settings, [f.name for f in top], "", expected)]
    for group in fields(Settings):
        part = getattr(Settings(), group.name)
        if is_dataclass(part):
            first = inspect.getdoc(type(part)).splitlines()[0]  # type: ignore[union-attr]
            names = [f.name for f in fields(part)]
            lines += [f"\n## [{group.name}]\n{first}\n", *_table(type(part), names, f"{group.name}.", expected)]
    return "\n".join(lines) + "\n"


def _table(cls: type, names: list[str], prefix: str, expected: dict[str, tuple[object, str]]) -> list[str]:
    meanings = attributes(cls)
    rows = ["| Key | Default | Expected | Meaning |", "|---|---|---|---|"]
    for name in names:
        default, words = expected[prefix + name]
        rows.append(f"| `{name}` | {_shown(default)} | {words} | {meanings[name]} |")
    return rows


def attributes(cls: type) -> dict[str, str]:
    """Return the texts of the Attributes section of a class."""
    section = (inspect.getdoc(cls) or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n     .*)*)", section, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text).replace("|", "\\|") for name, text in found}


def _shown(default: object) -> str:
    if default is None or default in {"", ()}:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`[{', '.join(repr(d) for d in default)}]`".replace("'", '"')
    return (
        f'`"{default}"`'
        if isinstance(default, str | Path)
        else f"`{default:g}`"
        if isinstance(default, float)
        else f"`{default}`"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""The documents say what the code does: the README's twin, every option, every method, every route."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from plantverse import errors
from plantverse.cli import app
from plantverse.client import Client
from plantverse.twins.interop import read_plant

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"


def commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    if not children:
        yield path, command
    for name, child in children.items():
        yield from commands(child, f"{path} {name}")


def test_the_readmes_twin_is_ten_lines_and_a_plant(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    code = next(block for block in blocks if "class Pump" in block)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    assert code == (ROOT / "examples" / "ten_lines.py").read_text()
    (tmp_path / "pumps.py").write_text(code)
    (twin,) = read_plant(tmp_path / "pumps.py").spec.twins
    assert (twin.id, twin.topic, {s.path for s in twin.signals()}) == (
        "hall/pump-1", "plant/pump-1", {"flow", "temperature"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "command"),
    list(commands(typer.main.get_command(app), "plantverse")),
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_cli_reference_names_every_command_and_option(name: str, command: Any) -> None:
    text = (REFERENCE / "cli.md").read_text()
    assert name in text
    options = [o for p in command.params for o in p.opts if o.startswith("-") and o not in {"--help", "-h"}]
    assert [o for o in options if not re.search(rf"{o}\b", text)] == []


def test_client_reference_names_every_method() -> None:
    text = (REFERENCE / "client.md").read_text()
    methods = [name for name in vars(Client) if not name.startswith("_") and callable(getattr(Client, name))]
    assert [name for name in methods if f"{name}(" not in text] == []


def test_configuration_page_is_what_the_code_says() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "config_reference.py"))["page"]()
    assert (REFERENCE / "configuration.md").read_text() == page, "make generate"


def test_error_reference_names_every_code() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.PlantverseError)]
    text = (REFERENCE / "errors.md").read_text()
    assert [c.code for c in classes if f"| `{c.code}` |" not in text] == []


def test_the_command_of_the_how_to_is_one() -> None:
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "how-to" / "commands.md").read_text(), re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(code, names)
    (command,) = names["Pump"].twin_type().commands
    assert (command.name, command.parameters[0].range) == ("set_speed", (0, 3000))


def test_every_page_is_reached_from_the_index() -> None:
    docs = ROOT / "docs"
    linked = {(docs / t).resolve() for t in re.findall(r"\]\(([^)#\s]+)", (docs / "index.md").read_text())}
    pages = {page for page in docs.rglob("*.md") if page.parent.name != "adr"} - {docs / "index.md"}
    assert sorted(str(page.relative_to(docs)) for page in pages - linked) == []


def test_pages_named_in_messages_exist() -> None:
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "viewer" / "src").rglob("*.ts*")]
    named = {page for file in files for page in re.findall(r"docs/[\w/-]+\.md", file.read_text())}
    assert sorted(page for page in named if not (ROOT / page).is_file()) == []


def test_rest_reference_names_every_route() -> None:
    from fastapi import FastAPI

    from plantverse.platform.api import api_router

    text = (
        (REFERENCE / "rest.md").read_text().replace("{id}", "{}").replace("{request}", "{}").replace("{action}", "{}")
    )
    rest = FastAPI()
    rest.include_router(api_router())
    routes = [
        f"{method.upper()} {re.sub(r'{.*?}', '{}', path.removeprefix('/api/v1'))}"
        for path, methods in rest.openapi()["paths"].items()
        for method in methods
    ]
    assert routes
    assert [r for r in routes if not re.search(re.escape(r) + r"[?` ]", text)] == []

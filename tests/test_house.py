"""The rules of the house that no other tool checks: sizes, words, links, docstrings, light imports, pins."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "plantverse"
MOST_LINES = 400
LONG_FILES = {
    "src/plantverse/ingest/session.py": "one state machine from first connect to the last acknowledgement",
    "tests/contract/check_history_store.py": "one battery for every history store",
    "viewer/generate.py": "one generator: types, then golden messages",
}
"""Files that may be longer, each with its reason."""

CODE = {".py", ".ts", ".tsx"}
TEXT = CODE | {".md", ".toml", ".json", ".txt", ".sh", ".yml", ".yaml", ".html", ".css", ".conf", ".csv", ""}

# In pieces, so that this file does not find itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(
        "|".join((r"/ro" + "ot/", r"/wo" + "rk/", r"/ho" + r"me/[a-z]+/", r"C:\\Us" + "ers"))
    ),
    "a package registry": re.compile(
        "|".join((r"py" + r"pi\.org", "pythonhosted" + r"\.org", r"registry\.npm" + r"js\.org"))
    ),
}
HEAVY = (
    "fastapi", "uvicorn", "starlette", "pydantic", "duckdb", "paho", "gmqtt", "iotcore", "websockets", "httpx", "pint",
    "typer", "rich", "tomlkit", "torch", "trimesh", "sqlite3", "cryptography",
)  # fmt: skip


def tracked(*suffixes: str) -> list[Path]:
    """Every file of the repository that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    paths = [ROOT / name for name in listed if name]
    return [p for p in paths if p.is_file() and (not suffixes or p.suffix in suffixes)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {name_of(p): len(p.read_text().splitlines()) for p in tracked(*CODE) if ".gen." not in p.name}
    assert {n: k for n, k in lengths.items() if k > MOST_LINES and n not in LONG_FILES} == {}
    assert {n for n in LONG_FILES if lengths.get(n, 0) <= MOST_LINES} == set(), "no longer long: take it off the list"


@pytest.mark.parametrize("what", FORBIDDEN)
def test_forbidden_words(what: str) -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in tracked(*TEXT)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


def test_every_package_says_what_it_is() -> None:
    folders = {p.parent for p in tracked(".py") if PACKAGE in p.parents}
    silent = [
        name_of(folder)
        for folder in sorted(folders)
        if not (init := folder / "__init__.py").is_file() or not ast.get_docstring(ast.parse(init.read_text()))
    ]
    assert silent == []


def test_public_names_of_sdk_client_and_cli_have_docstrings() -> None:
    rooms = [PACKAGE / room for room in ("twins", "client", "cli")]
    missing = []
    for path in tracked(".py"):
        if not any(room in path.parents for room in rooms):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith(
                "_"
            ):
                members = node.body if isinstance(node, ast.ClassDef) else []
                functions = [m for m in members if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")]
                missing += [f"{name_of(path)}: {n.name}" for n in (node, *functions) if not ast.get_docstring(n)]
    assert missing == []


@pytest.mark.parametrize("module", ["plantverse", "plantverse.twins.sync", "plantverse.errors"])
def test_import_stays_light(module: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", f"import {module}, sys; print(*sorted(m.partition('.')[0] for m in sys.modules))"],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert sorted(set(HEAVY) & set(loaded)) == []


def test_help_needs_no_server_packages() -> None:
    code = (
        "import sys, typer.testing, plantverse.cli as c\n"
        "r = typer.testing.CliRunner().invoke(c.app, ['--help'])\n"
        "assert r.exit_code == 0, r.output\n"
        "print(*sorted(m.partition('.')[0] for m in sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert sorted((set(HEAVY) - {"typer", "rich"}) & set(loaded)) == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in tracked(".md"):
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path = target.partition("#")[0]
            if path and "://" not in target and not target.startswith("mailto:") and not (page.parent / path).exists():
                broken.append(f"{name_of(page)}: {target}")
    assert broken == []


def test_changelog_tells_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in {"Unreleased", version}


def test_every_dependency_has_a_pin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    names = {_normal(re.match(r"[A-Za-z0-9._-]+", w)[0]) for w in wanted} - {"plantverse"}  # type: ignore[index]
    pins = {
        _normal(line.partition("==")[0]) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    assert names - pins == set()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_browser_tests_wait_for_what_they_assert() -> None:
    """A page is drawn later than it is asked: `expect` waits, what a locator says at this moment does not."""
    hasty = re.compile(r"assert .*\.(count\(\) [=!]=|(is_(visible|hidden|enabled|disabled|checked)|get_attribute)\()")
    found = [
        f"{name_of(path)}:{number}"
        for path in (ROOT / "tests" / "e2e").glob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if hasty.search(line)
    ]
    assert found == []

"""What a twin author writes passes `mypy --strict`, and mistakes are found by it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "examples").rglob("*.py"))


def _mypy(cache: Path, *files: str) -> tuple[int, str]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            f"--cache-dir={cache}",
            "--config-file=",
            *files,
        ],
        cwd=ROOT,
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.timeout(400)
def test_right_code_passes_and_has_the_types_it_says(cache: Path) -> None:
    code, said = _mypy(cache, "tests/typing/user_code/right.py")
    assert (code, said) == (0, "")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_pass(cache: Path, example: str) -> None:
    code, said = _mypy(cache, example)
    assert (code, said) == (0, "")


@pytest.mark.timeout(400)
def test_each_mistake_is_found_where_it_stands(cache: Path) -> None:
    code, said = _mypy(cache, "tests/typing/user_code/wrong.py")
    assert code == 1
    found = {(int(m[1]), m[2]) for m in re.finditer(r"wrong\.py:(\d+): error: .*\[([a-z-]+)\]", said)}
    text = (HERE / "user_code" / "wrong.py").read_text(encoding="utf-8").splitlines()
    expected = {(n, m[1]) for n, line in enumerate(text, 1) if (m := re.search(r"# E: ([a-z-]+)", line))}
    assert expected <= found, said
    assert {line for line, _ in found} == {line for line, _ in expected}, said

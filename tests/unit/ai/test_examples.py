"""The examples in docstrings and in the how-to run and give what they say; importing needs numpy and nothing else."""

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import plantverse.ai

MODULES = [m.name for m in pkgutil.walk_packages(plantverse.ai.__path__, "plantverse.ai.")]
TORCH = {"plantverse.ai.generate.flow_net", "plantverse.ai.generate.evaluate.gru"}
"""The files that need torch when they are imported; the others import them when they train or draw."""
HOW_TO = Path(__file__).parents[3] / "docs" / "how-to"


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    assert sum(bool(t.examples) for name in MODULES for t in finder.find(importlib.import_module(name))) >= 3


def test_the_how_to_prints_what_it_says() -> None:
    text = (HOW_TO / "detect-anomalies.md").read_text()
    (code,) = re.findall(r"```python\n(import numpy.*?)```", text, re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, {})
    assert f"prints `{out.getvalue().strip()}`" in text


def test_the_how_to_of_generators_prints_what_it_says() -> None:
    text = (HOW_TO / "generate-data.md").read_text()
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(code, names)
        assert f"prints `{out.getvalue().strip()}`" in text


def test_importing_needs_numpy_and_nothing_else() -> None:
    assert set(MODULES) >= TORCH
    light = ", ".join(name for name in MODULES if name not in TORCH)
    code = f"import {light}, sys; print(*{{m.partition('.')[0] for m in sys.modules}})"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    heavy = {"torch", "scipy", "pandas", "duckdb", "fastapi", "paho", "typer", "httpx", "websockets", "rich"}
    assert "numpy" in printed.split()
    assert heavy & set(printed.split()) == set()

"""The examples in docstrings of the SDK and the simulator run and give what they say."""

import doctest
import importlib
import pkgutil

import pytest

import plantverse.sim
import plantverse.twins

MODULES = [
    module.name
    for package in (plantverse.twins, plantverse.sim)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    assert sum(bool(t.examples) for name in MODULES for t in finder.find(importlib.import_module(name))) > 15

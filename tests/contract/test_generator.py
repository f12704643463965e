"""Each method of generation, and a dummy of the tests, against the battery of check_generator.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.check_generator import (
    CHECKS,
    Method,
    parts_that_do_not_fit_are_refused,
    what_was_saved_makes_the_same_bytes,
)
from doubles.mean_generator import MeanCore
from plantverse.ai.generate import CORES

METHODS = {**CORES, MeanCore.kind: MeanCore}


@pytest.fixture(params=METHODS.values(), ids=lambda method: method.kind)
def method(request: pytest.FixtureRequest) -> Method:
    found: Method = request.param
    return found


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_generator(check: Callable[[Method], None], method: Method) -> None:
    check(method)


def test_saved_generator(method: Method, tmp_path: Path) -> None:
    what_was_saved_makes_the_same_bytes(method, tmp_path, METHODS)


def test_damaged_generator(method: Method) -> None:
    parts_that_do_not_fit_are_refused(method, METHODS)

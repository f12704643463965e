"""Each method of detection, and a dummy of the tests, against the battery of check_detector.py."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.check_detector import CHECKS, Method, parts_that_do_not_fit_are_refused, what_was_saved_scores_the_same
from doubles.level_detector import LevelCore
from plantverse.ai.detectors import CORES

METHODS = {**CORES, LevelCore.kind: LevelCore}


@pytest.fixture(params=METHODS.values(), ids=lambda method: method.kind)
def method(request: pytest.FixtureRequest) -> Method:
    found: Method = request.param
    return found


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_detector(check: Callable[[Method], None], method: Method) -> None:
    check(method)


def test_saved_detector(method: Method, tmp_path: Path) -> None:
    what_was_saved_scores_the_same(method, tmp_path, METHODS)


def test_damaged_detector(method: Method) -> None:
    parts_that_do_not_fit_are_refused(method, METHODS)

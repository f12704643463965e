"""What rules of the model cache cost: by hand, and the order that holds in every repetition."""

import numpy as np
import pytest

from plantverse.offload import Fifo, LeastContext, Lfu
from plantverse.sim.model_requests import SERVICES, draw_requests, run_requests

POSE = next(n for n, service in enumerate(SERVICES) if service[0] == "uniformer-s/pose")
TRANSLATION = 0


def test_costs_by_hand() -> None:
    cost = run_requests(np.array([[POSE, POSE], [POSE, POSE]]), Lfu(), memory_gb=1, leak=0.0)
    assert cost.edge_share == 1
    assert cost.switching == pytest.approx(0.01 * 0.05 / 2)
    assert cost.accuracy == pytest.approx(2 * 0.02 * 0.26)
    assert cost.inference == pytest.approx(2 * 4.7 / 5000)
    assert (cost.access, cost.cloud) == (pytest.approx(0.02), 0)


def test_examples_make_the_second_request_better() -> None:
    cost = run_requests(np.array([[TRANSLATION], [TRANSLATION]]), Lfu(), memory_gb=30, leak=0.0)
    assert cost.accuracy == pytest.approx(0.02 * (2 - (15.45 + 26.12) / 100) / 2)


def test_what_does_not_fit_goes_to_the_cloud() -> None:
    asked = np.full((3, 2), TRANSLATION)
    small = run_requests(asked, Lfu(), memory_gb=1, leak=0.0)
    assert small == run_requests(asked, None, memory_gb=1, leak=0.0)
    assert (small.total, small.edge_share) == (pytest.approx(0.3), 0)


def test_popularity_drifts() -> None:
    asked = draw_requests(1, slots=200, drift=100)
    most = [np.bincount(part.ravel(), minlength=len(SERVICES)).argmax() for part in (asked[:100], asked[100:])]
    assert most[0] != most[1]
    assert (asked == draw_requests(1, slots=200, drift=100)).all()


def test_only_with_admission_a_huge_model_does_not_sweep_the_memory() -> None:
    """The bounds are the project's: LC at most 0.67 of the cloud, FIFO at least 1.8 of it, at 400 GB."""
    for seed in range(3):
        asked = draw_requests(seed)
        cloud, fifo, lfu, lc = (
            run_requests(asked, rule, memory_gb=400, leak=0.5).total for rule in (None, Fifo(), Lfu(), LeastContext())
        )
        open_door = run_requests(asked, LeastContext(), memory_gb=400, leak=0.5, admission=False).total
        assert lc <= 0.67 * cloud
        assert lfu <= 0.67 * cloud
        assert fifo >= 1.8 * cloud
        assert open_door >= 1.8 * cloud

"""ASP selection: crashes by hand, and the published table."""

from collections.abc import Sequence

import numpy as np
import pytest

from plantverse.offload import REJECT, Outcome, Request, Route
from plantverse.sim.queues import ASP_PRESETS, AspWorld, run_asp, study
from plantverse.sim.queues.asp import Utility, runtime_s


class Script:
    """Does as written."""

    name = "script"

    def __init__(self, *actions: int) -> None:
        self._actions = iter(actions)
        self.learned: list[float] = []

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        return next(self._actions)

    def learn(self, request: Request, outcome: Outcome) -> None:
        self.learned.append(outcome.utility)


WORLD = AspWorld(
    capacities=(300, 400),
    utilities=(Utility(50, 150, 0.5), Utility(0, 200, 0.4)),
    arrivals_s=(0.0, runtime_s(100) / 2, runtime_s(100) * 3 / 4, runtime_s(100) * 3),
    demands=(100, 200, 200, 100),
)


def test_a_provider_that_overflows_loses_all() -> None:
    policy = Script(0, 0, 0, 0)
    result = run_asp(WORLD, policy)
    progress = 0.75, (0.25 * runtime_s(100)) / runtime_s(200)
    crash = 2 + 2 * sum(1 - p for p in progress)
    assert result.reward == pytest.approx(0.25 + 0.5 - crash + 0.25)
    assert (result.jobs, result.crashes, result.lost, result.rejected) == (4, 1, 3, 0)
    assert policy.learned == pytest.approx([0.25, 0.5, 0.25])


def test_a_refusal_is_taken_or_forced() -> None:
    refused = run_asp(WORLD, Script(0, 0, REJECT, 0), may_reject=True)
    assert (refused.crashes, refused.rejected, refused.reward) == (0, 1, pytest.approx(1.0))
    forced = run_asp(WORLD, Script(0, 0, REJECT, 0))
    assert (forced.crashes, forced.rejected, forced.reward) == (0, 0, pytest.approx(1.4))


def test_times_of_the_repository() -> None:
    assert runtime_s(100) / 3600 == pytest.approx(4.1, abs=0.05)
    assert runtime_s(250) / 3600 == pytest.approx(11.2, abs=0.05)


def test_worlds_are_their_seeds() -> None:
    preset = ASP_PRESETS["asp-repo"]
    assert AspWorld.draw(preset, 3) == AspWorld.draw(preset, 3) != AspWorld.draw(preset, 4)
    busy = AspWorld.draw(preset, 3, load=2.0)
    assert len(busy.demands) == len(AspWorld.draw(preset, 3).demands)
    assert 4.8e5 < busy.arrivals_s[-1] <= 5e5


@pytest.mark.parametrize("name", ASP_PRESETS)
def test_worlds_stay_in_their_ranges(name: str) -> None:
    preset = ASP_PRESETS[name]
    worlds = [AspWorld.draw(preset, seed) for seed in range(20)]
    assert np.mean([len(w.demands) for w in worlds]) == pytest.approx(1001, rel=0.03)
    assert {d for w in worlds for d in w.demands} == set(preset.demands)
    assert {c for w in worlds for c in w.capacities} <= set(preset.capacities)
    assert all(0 <= u.low < u.high and 0.05 <= round(u.top, 9) <= 0.95 for w in worlds for u in w.utilities)


# Reward, its standard deviation over worlds, crashes: the reference of asp-repo, another implementation, 12 worlds.
REFERENCE = {
    "random": (-125, 65, 107),
    "round-robin": (225, 49, 52),
    "crash-avoid": (402, 34, 0),
    "monotone-ucb": (543, 34, 0),
    "prophet": (562, 32, 0),
}


def test_the_table_of_asp_repo() -> None:
    rows = {row.policy: row for row in study("asp-repo", policies=tuple(REFERENCE), worlds=12)}
    for name, (reward, spread, crashes) in REFERENCE.items():
        assert rows[name].mean("reward") == pytest.approx(reward, abs=2 * spread)
        assert (rows[name].mean("crashes") == 0) == (crashes == 0)
    order = [rows[name].mean("reward") for name in REFERENCE]
    assert order == sorted(order)
    assert rows["monotone-ucb"].mean("reward") >= 0.95 * rows["prophet"].mean("reward")

"""Studies compare on the same worlds, and refuse what makes no sense."""

import pytest

from plantverse.errors import RequestInvalid
from plantverse.sim.queues import PRESETS, Row, study


def test_rows_are_paired() -> None:
    told: list[tuple[str, int]] = []
    rows = study("asp-repo", policies=("random", "jsec"), worlds=2, seed=5, done=lambda *at: told.append(at))
    assert told == [("random", 5), ("jsec", 5), ("random", 6), ("jsec", 6)]
    (alone,) = study("asp-repo", policies=("jsec",), worlds=1, seed=6)
    assert alone.worlds[0] == rows[1].worlds[1]


def test_a_gain_is_the_mean_difference() -> None:
    one = Row(policy="a", worlds=({"x": 1.0}, {"x": 12.0}, {"x": 103.0}))
    two = Row(policy="b", worlds=({"x": 0.0}, {"x": 10.0}, {"x": 100.0}))
    mean, low, high = one.gain(two, "x")
    assert mean == 2.0
    assert 1.0 <= low < mean < high <= 3.0
    assert (one.mean("x"), one.spread("x")) == (pytest.approx(38.667, abs=1e-3), pytest.approx(55.985, abs=1e-3))
    assert Row(policy="a", worlds=({"x": 1.0},)).spread("x") == 0


def test_rejecting_helps_under_overload() -> None:
    forced, free = (
        study("asp-repo", policies=("prophet",), worlds=2, load=2.5, may_reject=reject)[0] for reject in (False, True)
    )
    assert free.mean("reward") > forced.mean("reward") + 100
    assert (free.mean("crashes"), forced.mean("rejected")) == (0, 0)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_runs_all_its_policies(preset: str) -> None:
    rows = study(preset, worlds=1, horizon_s=1.0)
    assert [row.policy for row in rows] == list(PRESETS[preset])


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"preset": "moon"}, "preset"),
        ({"policies": ("fastest",)}, "policy"),
        ({"worlds": 0}, "worlds"),
        ({"load": -1.0}, "load"),
        ({"load": float("nan")}, "load"),
        ({"horizon_s": float("inf")}, "seconds"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, object], field: str) -> None:
    with pytest.raises(RequestInvalid) as caught:
        study(**{"preset": "factory", **arguments})  # type: ignore[arg-type]
    assert caught.value.field == field

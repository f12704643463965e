"""Figures of the harness against counts done by hand."""

import numpy as np
import pytest

from plantverse.ai.evaluate import Counts, count, vus_pr
from plantverse.ai.stretches import stretches


def flags(text: str) -> np.ndarray:
    return np.array([c == "x" for c in text])


def test_counts_by_hand() -> None:
    truth = flags("...xxx...xx.")
    alarm = flags(".x..xx.x....")
    found = count(alarm, truth)
    assert (found.true_alarms, found.false_alarms, found.missed, found.quiet) == (2, 2, 3, 5)
    assert (found.events, found.events_found, found.delays) == (2, 1, (1,))
    assert found.false_episodes == 2
    assert (found.false_before, found.quiet_before) == (1, 2)
    figures = found.figures()
    assert figures["f1"] == pytest.approx(4 / 9)
    assert figures["far"] == pytest.approx(2 / 7)
    assert figures["mar"] == pytest.approx(3 / 5)
    assert figures["event_recall"] == 0.5
    assert figures["median_delay"] == 1
    assert figures["top1"] is None


def test_no_point_adjustment_one_hit_does_not_count_for_its_event() -> None:
    assert count(flags("..x......."), flags("..xxxxxxxx")).true_alarms == 1


def test_the_blame_is_that_of_the_first_alarm_row() -> None:
    truth, alarm = flags("..xxx"), flags("...xx")
    blamed = np.array([0, 0, 0, 4, 7])
    assert count(alarm, truth, blamed, 4).figures()["top1"] == 1
    assert count(alarm, truth, blamed, 7).figures()["top1"] == 0
    assert count(flags("....."), truth, blamed, 4).figures()["top1"] is None


def test_counts_are_pooled_not_averaged() -> None:
    short = count(flags("x."), flags("x."))
    long = count(flags("." * 8), flags("x" * 8))
    assert Counts.sum([short, long]).figures()["recall"] == pytest.approx(1 / 9)
    assert Counts.sum([short, short]).delays == (0, 0)


def test_rates_of_nothing_are_none() -> None:
    figures = count(flags("...."), flags("....")).figures()
    assert (figures["recall"], figures["event_recall"], figures["f1"], figures["far"]) == (None, None, None, 0)


def test_stretches_at_the_edges() -> None:
    assert stretches(flags("xx.x..x")) == [(0, 2), (3, 4), (6, 7)]
    assert stretches(flags("")) == stretches(flags("...")) == []


def test_vus_of_perfect_constant_reversed_and_random_scores() -> None:
    truth = np.zeros(1000, bool)
    truth[300:350] = truth[700:800] = True
    rng = np.random.default_rng(1)
    perfect = vus_pr(truth + 0.001 * rng.random(1000), truth, longest=0)
    reversed_ = vus_pr(1.0 - truth + 0.001 * rng.random(1000), truth, longest=0)
    drawn = vus_pr(rng.random(1000), truth, longest=0)
    assert perfect == pytest.approx(1, abs=0.01)
    assert reversed_ is not None
    assert drawn is not None
    assert reversed_ < drawn < 0.3
    assert vus_pr(np.zeros(1000), truth, longest=0) == pytest.approx(0.15)


def test_vus_forgives_a_small_shift_more_with_a_wider_buffer() -> None:
    truth = np.zeros(500, bool)
    truth[200:220] = True
    score = np.zeros(500)
    score[195:215] = 1
    narrow, wide = vus_pr(score, truth, longest=0), vus_pr(score, truth, longest=20)
    assert narrow is not None
    assert wide is not None
    assert wide > narrow


def test_vus_is_undefined_without_two_kinds_of_rows() -> None:
    assert vus_pr(np.arange(5.0), np.zeros(5, bool)) is None
    assert vus_pr(np.arange(5.0), np.ones(5, bool)) is None


def test_vus_depends_on_the_order_of_scores_alone() -> None:
    rng = np.random.default_rng(4)
    truth = rng.random(300) < 0.1
    score = rng.normal(size=300) + truth
    assert vus_pr(score, truth) == pytest.approx(vus_pr(np.exp(score), truth))


def slow_vus(score: np.ndarray, truth: np.ndarray, longest: int) -> float:
    """The definition, threshold by threshold."""
    areas = []
    for width in range(0, longest + 1, 2):
        label = truth.astype(float)
        for start, stop in stretches(truth):
            for at in range(len(truth)):
                distance = start - at if at < start else at - stop + 1
                if 0 < distance <= width // 2:
                    label[at] = max(label[at], np.sqrt(1 - distance / width))
        positives = (truth.sum() + label.sum()) / 2
        area = before = 0.0
        for cut in np.sort(score)[::-1][np.linspace(0, len(score) - 1, 250).astype(int)]:
            alarm = score >= cut
            touched = [bool((alarm & (label > 0))[a:b].any()) for a, b in stretches(label > 0)]
            recall = min((label * alarm).sum() / positives, 1.0) * np.mean(touched)
            area += (recall - before) * (label * alarm).sum() / alarm.sum()
            before = recall
        areas.append(area)
    return float(np.mean(areas))


@pytest.mark.parametrize("seed", range(5))
def test_vus_is_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.zeros(200, bool)
    for start in rng.choice(180, 3, replace=False):
        truth[start : start + rng.integers(1, 15)] = True
    score = np.round(rng.normal(size=200) + truth, 1)
    assert vus_pr(score, truth, longest=12) == pytest.approx(slow_vus(score, truth, 12))

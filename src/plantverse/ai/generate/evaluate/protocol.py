"""The protocol by which every generator is judged, controls included, on data that is cut once and for all.

Half of the runs (or of the blocks of rows, a window apart) is learned from. The other half is what no generator has
seen: judges learn on one part of it and judge on another, with generated windows of exactly those conditions beside
them. The harness fails itself when the replay control passes the test of memorisation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate.condition import Condition
from plantverse.ai.generate.evaluate.conditioning import conditioning
from plantverse.ai.generate.evaluate.judges import JUDGES, accuracies
from plantverse.ai.generate.evaluate.likeness import coverage, memorisation
from plantverse.ai.generate.evaluate.splits import halves, whole
from plantverse.ai.generate.files import Recorded
from plantverse.ai.generate.generator import Generator
from plantverse.ai.generate.methods import CORES, fit
from plantverse.ai.generate.recordings import Cube, Recording, Windows, cut
from plantverse.ai.generate.replay import ReplayCore
from plantverse.errors import PlantverseError

Note = Callable[[str], None]
TRAINING_STRIDE, JUDGED_STRIDE = 4, 2
"""Windows begin every quarter of a window to learn from, every half to be judged."""
MOST_REPEATS = 2000
"""Windows that the test of memorisation draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Data that generators are judged on.

    Attributes:
        name: Of it.
        recorded: Whole runs.
        by_run: Whether whole runs are held out; else blocks of rows.
    """

    name: str
    recorded: Recorded
    by_run: bool

    def split(self, length: int, *, flip: bool) -> tuple[list[Recording], list[Recording]]:
        """Return what is learned from and what is not."""
        return whole(self.recorded.runs, flip=flip) if self.by_run else halves(self.recorded.runs, length, flip=flip)


class HarnessBroken(PlantverseError):
    """The replay control passed the test of memorisation, so that the test proves nothing."""

    code = "harness_broken"


def evaluate(
    cases: Sequence[Case],
    methods: Sequence[str] = (),
    *,
    length: int = 24,
    seeds: int = 3,
    steps: int = 0,
    note: Note = lambda _: None,
    keep: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Judge generators and controls.

    Args:
        cases: Data.
        methods: Names, all by default; replay always runs, because the harness is judged by it.
        length: Rows of a window.
        seeds: Trainings of each method; every other one swaps the halves.
        steps: Of training, 0 for the method's own choice.
        note: Told of each step.
        keep: Given the result so far after each method, since a run is long.

    Returns:
        Plain JSON: per case and method mean and worst of each figure over the seeds, and the figures of each seed.

    Raises:
        RowsUnfit: Unknown methods, or data that is too little.
        HarnessBroken: Replay passed the test of memorisation.
    """
    chosen = tuple(methods) or tuple(CORES)
    unknown = set(chosen) - set(CORES)
    if unknown:
        raise RowsUnfit(f"method {', '.join(sorted(unknown))}: expected one of {', '.join(CORES)}")
    if seeds < 1:
        raise RowsUnfit(f"expected at least one seed, got {seeds}")
    chosen = tuple(dict.fromkeys((*chosen, ReplayCore.kind)))
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}

    def result() -> dict[str, Any]:
        by_case = {name: {method: _summary(runs) for method, runs in by.items()} for name, by in found.items()}
        return {
            "protocol": {
                "length": length,
                "seeds": seeds,
                "steps": steps,
                "judges": list(JUDGES),
                "replay_fails": True,
            },
            "cases": by_case,
        }

    for case in cases:
        for seed in range(seeds):
            material = Material.of(case, length, flip=seed % 2 == 1)
            for method in chosen:
                note(f"{case.name}: seed {seed}: {method}")
                generator = fit(method, material.training, rules=case.recorded.rules, seed=seed, steps=steps)
                figures = judge(generator, material, seed=seed)
                found.setdefault(case.name, {}).setdefault(method, []).append(figures)
                if method == ReplayCore.kind and figures["memorisation_passed"]:
                    raise HarnessBroken(
                        f"{case.name}, seed {seed}: replay of training data passed the test of memorisation "
                        f"(share {figures['nearer_to_training']:.3f})"
                    )
                keep(result())
    return result()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is learned from, and what the judges see.

    Attributes:
        training: Windows that generators learn from.
        learn: Real windows that judges learn on.
        test: Real windows that they judge.
        held_out: All that is not learned from, as densely cut as the training windows.
        stretches: Runs, or blocks of rows, that `held_out` was cut from.
    """

    training: Windows
    learn: Windows
    test: Windows
    held_out: Windows
    stretches: int

    @classmethod
    def of(cls, case: Case, length: int, *, flip: bool) -> Self:
        """Cut a case."""
        known, fresh = case.split(length, flip=flip)
        first, second = whole(fresh)
        data = case.recorded

        def windows(runs: Sequence[Recording], share: int) -> Windows:
            return cut(runs, data.columns, length=length, stride=max(1, length // share), every_s=data.every_s)

        return cls(
            training=windows(known, TRAINING_STRIDE),
            learn=windows(first, JUDGED_STRIDE),
            test=windows(second, JUDGED_STRIDE),
            held_out=windows(fresh, TRAINING_STRIDE),
            stretches=len(fresh),
        )


def judge(generator: Generator, material: Material, *, seed: int) -> dict[str, Any]:
    """Return every figure of one generator.

    Conditions of real windows that lie a little outside what was learned are asked for at its edge.
    """
    made, first = [], 0
    for windows in (material.learn, material.test):
        made.append(_beside(generator, windows.conditions, seed, first))
        first += len(windows)
    by_judge = accuracies((material.learn.values, material.test.values), (made[0], made[1]), seed=seed)
    rng = np.random.default_rng([seed, 2])
    pool = material.training.conditions + material.held_out.conditions
    drawn = [pool[k] for k in rng.permutation(len(pool))[:MOST_REPEATS]]
    names = sorted({c.fault for c in pool})
    repeats = memorisation(
        (_rebased(_beside(generator, drawn, seed, first), generator), _kinds(drawn, names)),
        (_rebased(material.training.values, generator), _kinds(material.training.conditions, names)),
        (_rebased(material.held_out.values, generator), _kinds(material.held_out.conditions, names)),
        stretches=material.stretches,
        seed=seed,
    )
    broken = sum(rule.broken(cube[:, :, k]) for cube in made for k, rule in enumerate(generator.shape.rules))
    return {
        "worst_judge": max(by_judge.values()),
        **{f"judge_{name}": value for name, value in by_judge.items()},
        "nearer_to_training": repeats.share,
        "nearer_margin": repeats.margin,
        "copies": repeats.copies,
        "memorisation_passed": repeats.passed,
        **coverage(_rebased(made[1], generator), _rebased(material.test.values, generator)),
        **conditioning(material.training, material.test, made[1], seed=seed),
        "rules_broken": broken,
    }


def _rebased(values: Cube, generator: Generator) -> Cube:
    """Return windows in which every counter begins at 0: where it begins says nothing about likeness."""
    rebased = values.copy()
    at = generator.shape.counters
    rebased[:, :, at] -= rebased[:, :1, at]
    return rebased


def _beside(generator: Generator, conditions: Sequence[Condition], seed: int, first: int) -> Cube:
    wanted = [generator.seen.clip(c) for c in conditions]
    return generator.sample(len(wanted), wanted, seed, first=first).values


def _kinds(conditions: Sequence[Condition], names: list[str]) -> NDArray[np.int64]:
    return np.array([names.index(c.fault) for c in conditions], np.int64)


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for run in runs for name in run))
    columns = {name: [run.get(name) for run in runs] for name in names}
    numbers = {n: [v for v in c if v is not None] for n, c in columns.items()}
    high_is_bad = {n for n in names if n.startswith(("worst_judge", "judge_", "nearer", "copies", "onset_", "rules"))}
    return {
        "mean": {n: float(np.mean(v)) if v else None for n, v in numbers.items()},
        "worst": {n: float((max if n in high_is_bad else min)(v)) if v else None for n, v in numbers.items()},
        "seeds": columns,
    }

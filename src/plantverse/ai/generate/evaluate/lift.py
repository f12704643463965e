"""Whether generated faults help a classifier that has seen few real ones: the fault lift, beside jitter of best size.

Of each fault a few windows are given, of normal operation all. A classifier learns from those and from what a generator
makes of them, and is tried on the half of the runs that nobody has seen. Jitter is the bar: its size is chosen on real
windows of the training half that no generator is given, which is more than one has with few faults.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate.condition import NORMAL
from plantverse.ai.generate.evaluate.features import Convolutions, Cube, Scale, Table, statistics
from plantverse.ai.generate.evaluate.protocol import Case, Material
from plantverse.ai.generate.evaluate.ridge import RidgeClasses
from plantverse.ai.generate.evaluate.trees import ExtraTrees
from plantverse.ai.generate.methods import fit
from plantverse.ai.generate.recordings import Windows

SIZES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
"""Of jitter, in units of a column's spread over normal operation."""
EACH = 60
"""Windows of each kind that a classifier learns from, real ones repeated where they are too few."""
TREES = 30
Classes = NDArray[np.int64]
Note = Callable[[str], None]


def fault_lift(
    case: Case,
    methods: Sequence[str],
    *,
    length: int = 24,
    shots: int = 5,
    draws: int = 5,
    steps: int = 0,
    note: Note = lambda _: None,
) -> dict[str, Any]:
    """Return macro-F1 over the faults of classifiers that learned from few real faults and many generated ones.

    Args:
        case: Data.
        methods: Names of generators.
        length: Rows of a window.
        shots: Real windows of each fault, drawn at random from the training half.
        draws: Of shots; every other one swaps the halves. Every method gets the same.
        steps: Of training, 0 for the method's own choice.
        note: Told of each step.

    Returns:
        Plain JSON: by classifier and method the mean over draws and each draw; `none` repeats the shots, `jitter-tuned`
        is the bar, `all` learns from every window of the training half. `over_jitter` is the paired difference to the
        bar with its standard error.

    Raises:
        RowsUnfit: Numbers out of range, or a fault with too few windows.
    """
    if shots < 1 or draws < 1:
        raise RowsUnfit(f"expected at least one shot and one draw, got {shots} and {draws}")
    found: dict[str, dict[str, list[float]]] = {}
    for draw in range(draws):
        note(f"{case.name}: lift, draw {draw}")
        material = Material.of(case, length, flip=draw % 2 == 1)
        trial = _Trial(material, shots, draw)
        sets = {
            "none": [trial.given],
            "jitter-tuned": [trial.given, *trial.jittered()],
            "all": [material.training],
        }
        for method in methods:
            note(f"{case.name}: lift, draw {draw}: {method}")
            generator = fit(method, trial.given, rules=case.recorded.rules, seed=draw, steps=steps)
            wanted = trial.wanted()
            made = generator.sample(len(wanted), wanted, draw).values
            sets[method] = [trial.given, Windows.of(made, wanted, material.training.columns)]
        for classifier, ask in CLASSIFIERS.items():
            for name, parts in sets.items():
                score = trial.score(parts, ask, material.held_out)
                found.setdefault(classifier, {}).setdefault(name, []).append(score)
    return {
        "shots": shots,
        "draws": draws,
        "steps": steps,
        "classifiers": {name: _summary(by) for name, by in found.items()},
    }


Classifier = Callable[[Cube, Classes, Cube, int], Classes]


def _forest(learn: Cube, classes: Classes, judge: Cube, seed: int) -> Classes:
    return ExtraTrees(statistics(learn), classes, seed=seed, trees=TREES).classes(statistics(judge))


def _linear(learn: Cube, classes: Classes, judge: Cube, seed: int) -> Classes:
    look = Convolutions(learn.shape[1], learn.shape[2], seed)
    features: list[Table] = [look(learn), look(judge)]
    return RidgeClasses(features[0], classes).classes(features[1])


CLASSIFIERS: Mapping[str, Classifier] = {"trees": _forest, "convolutions": _linear}


class _Trial:
    """One draw of shots."""

    def __init__(self, material: Material, shots: int, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 5])
        self._seed = seed
        training = material.training
        kinds = np.array([c.fault for c in training.conditions])
        self._names = sorted(set(kinds.tolist()))
        chosen, spare = [np.flatnonzero(kinds == NORMAL)], []
        for name in self._names:
            of = np.flatnonzero([c.fault == name and c.onset <= 0 for c in training.conditions])
            if name == NORMAL:
                continue
            if len(of) <= shots:
                raise RowsUnfit(
                    f"{name}: {len(of)} windows are too few to draw {shots} and choose jitter on the others"
                )
            drawn = self._rng.permutation(of)
            chosen.append(drawn[:shots])
            spare.append(drawn[shots : shots + EACH])
        normal = self._rng.permutation(chosen[0])
        spare.append(normal[:EACH])
        self.given = training.take(np.concatenate(chosen))
        self._spare = training.take(np.concatenate(spare))
        self._scale = Scale.of(training.values[normal])

    def wanted(self) -> list[Any]:
        """Return conditions to ask a generator for: those of the shots, again and again."""
        conditions = [c for c in self.given.conditions if c.fault != NORMAL]
        by = {name: [c for c in conditions if c.fault == name] for name in self._names if name != NORMAL}
        return [of[k % len(of)] for of in by.values() for k in range(EACH)]

    def jittered(self) -> list[Windows]:
        """Return the shots with noise of the size that classifies the spare windows best."""
        tried = [(self.score([self.given, made], _linear, self._spare), made) for made in map(self._noisy, SIZES)]
        return [max(tried, key=lambda pair: pair[0])[1]]

    def _noisy(self, size: float) -> Windows:
        faulty = np.flatnonzero([c.fault != NORMAL for c in self.given.conditions])
        base = self.given.take(np.repeat(faulty, EACH // max(1, len(faulty) // (len(self._names) - 1))))
        noise = self._rng.standard_normal(base.values.shape) * size * self._scale.spread
        return Windows.of(base.values + noise, base.conditions, base.columns)

    def score(self, parts: Sequence[Windows], ask: Classifier, judged: Windows) -> float:
        """Return macro-F1 over the faults on judged windows."""
        values = np.concatenate([p.values for p in parts])
        kinds = np.array([self._names.index(c.fault) for p in parts for c in p.conditions], np.int64)
        rng = np.random.default_rng([self._seed, 6])
        at = np.concatenate([_equal(np.flatnonzero(kinds == k), rng) for k in range(len(self._names))])
        known = [c.fault in self._names and c.onset <= 0 for c in judged.conditions]
        test = judged.take(np.array(known, np.bool_))
        truth = np.array([self._names.index(c.fault) for c in test.conditions], np.int64)
        # Values far outside normal operation say no more than that they are.
        learn, judge = (np.clip(self._scale(cube), -30, 30) for cube in (values[at], test.values))
        said = ask(learn, kinds[at], judge, self._seed)
        scores = [_f1(said == k, truth == k) for k, name in enumerate(self._names) if name != NORMAL]
        return float(np.mean(scores))


def _equal(at: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return as many windows as every kind gets: all of few, again and again, or some of many."""
    if len(at) >= EACH:
        return np.asarray(rng.permutation(at)[:EACH])
    return np.resize(at, EACH)


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    hits = int((said & true).sum())
    return 2 * hits / max(int(said.sum()) + int(true.sum()), 1)


def _summary(by: dict[str, list[float]]) -> dict[str, Any]:
    bar = np.array(by["jitter-tuned"])
    figures: dict[str, Any] = {}
    for name, scores in by.items():
        over = np.array(scores) - bar
        error = float(over.std(ddof=1) / np.sqrt(len(over))) if len(over) > 1 else None
        figures[name] = {
            "mean": float(np.mean(scores)),
            "worst": float(np.min(scores)),
            "over_jitter": {"mean": float(over.mean()), "standard_error": error},
            "draws": scores,
        }
    return figures

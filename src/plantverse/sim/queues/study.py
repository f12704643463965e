"""Studies: several policies on the same worlds, with means, spreads and paired differences."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.offload import POLICIES, Weights, make_policy
from plantverse.sim.queues.asp import AspWorld, run_asp
from plantverse.sim.queues.factory import FactoryTruth, run_factory
from plantverse.sim.queues.factory_world import FactoryWorld
from plantverse.sim.queues.presets import ASP_PRESETS, FactoryPreset

Metrics = dict[str, float]

TIERLESS = ("random", "round-robin", "crash-avoid", "jsec", "monotone-ucb", "prophet")
"""Policies that mean something where all targets are of one tier."""

PRESETS = {**dict.fromkeys(ASP_PRESETS, TIERLESS), "factory": (*POLICIES, "prophet")}
"""Names of worlds, each with the policies that are compared there by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one policy came to.

    Args:
        policy: Its name.
        worlds: The metrics of each world, in the order of the seeds.
    """

    policy: str
    worlds: tuple[Metrics, ...]

    def mean(self, metric: str) -> float:
        """Return the mean over worlds."""
        return float(np.mean([world[metric] for world in self.worlds]))

    def spread(self, metric: str) -> float:
        """Return the standard deviation over worlds; 0 for one world."""
        return float(np.std([world[metric] for world in self.worlds], ddof=1)) if len(self.worlds) > 1 else 0.0

    def gain(self, other: "Row", metric: str) -> tuple[float, float, float]:
        """Return the mean paired difference to another policy, and its 95 % interval by bootstrap over worlds."""
        pairs = zip(self.worlds, other.worlds, strict=True)
        differences = np.array([mine[metric] - theirs[metric] for mine, theirs in pairs])
        picks = np.random.default_rng(0).integers(0, len(differences), (2000, len(differences)))
        low, high = np.quantile(differences[picks].mean(axis=1), [0.025, 0.975])
        return float(differences.mean()), float(low), float(high)


def study(
    preset: str,
    *,
    policies: Sequence[str] = (),
    worlds: int = 12,
    load: float | None = None,
    seed: int = 0,
    may_reject: bool = False,
    horizon_s: float = 60.0,
    done: Callable[[str, int], None] = lambda _policy, _world: None,
) -> list[Row]:
    """Run every policy on the same worlds.

    Args:
        preset: A key of `PRESETS`.
        policies: Names; by default those of the preset.
        worlds: How many, >= 1.
        load: `asp-*`: multiple of the published rate of arrivals, by default 1. `factory`: share of what the edge
            nodes can do, by default 0.8.
        seed: World k has seed + k.
        may_reject: `asp-*`: jobs may be refused instead of being forced onto a provider.
        horizon_s: `factory`: simulated seconds per world.
        done: Told after each episode.

    Raises:
        RequestInvalid: An argument is unknown or out of range.
    """
    if preset not in PRESETS:
        raise RequestInvalid("preset", expected=f"one of {', '.join(PRESETS)}", got=preset)
    for field, value in (("worlds", worlds), ("load", load if load is not None else 1.0), ("seconds", horizon_s)):
        if not 0 < value < float("inf"):
            raise RequestInvalid(field, expected="a number above 0", got=value)
    names = tuple(policies) or PRESETS[preset]
    for name in names:
        make_policy(name, truth=lambda _request, _route, _now_s: 0.0)
    metrics: dict[str, list[Metrics]] = {name: [] for name in names}
    for world in range(seed, seed + worlds):
        if preset == "factory":
            episode = _factory(world, 0.8 if load is None else load, horizon_s)
        else:
            episode = _asp(preset, world, 1.0 if load is None else load, may_reject=may_reject)
        for name in names:
            metrics[name].append(episode(name))
            done(name, world)
    return [Row(policy=name, worlds=tuple(rows)) for name, rows in metrics.items()]


def _asp(preset: str, seed: int, load: float, *, may_reject: bool) -> Callable[[str], Metrics]:
    world = AspWorld.draw(ASP_PRESETS[preset], seed, load=load)

    def episode(name: str) -> Metrics:
        policy = make_policy(name, seed=seed, truth=world.truth)
        return {k: float(v) for k, v in asdict(run_asp(world, policy, may_reject=may_reject)).items()}

    return episode


def _factory(seed: int, load: float, horizon_s: float) -> Callable[[str], Metrics]:
    world = FactoryWorld.draw(FactoryPreset(), seed, load=load, horizon_s=horizon_s)
    weights = Weights()

    def episode(name: str) -> Metrics:
        truth = FactoryTruth()
        result = run_factory(world, make_policy(name, seed=seed, truth=truth), truth=truth)
        return {
            "objective": weights.objective(result.terms),
            **asdict(result.terms),
            "p99_latency_s": result.p99_latency_s,
            "p99_peak_age_s": result.p99_peak_age_s,
            **{f"kept_{kind}": share for kind, share in result.kept.items()},
            **{f"on_{tier}": share for tier, share in result.placed.items()},
            "prediction_error": result.error,
            "jobs": float(result.jobs),
        }

    return episode

"""Offloading: time per decision, a million simulated jobs, theory at high load, and the tables of the documentation.

    python -m benchmarks.offload [--worlds 20] [--jobs 1000000] --json

The reference of the ASP tables is another implementation of the same benchmark, measured once on 12 worlds and known
only by its means.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from benchmarks.processes import machine
from plantverse.offload import POLICIES, Outcome, Policy, Request, Route, Target, make_policy
from plantverse.offload.prophet import Prophet
from plantverse.offload.queueing import mm1_sojourn_s, mmc_sojourn_s
from plantverse.sim.queues import (
    ASP_PRESETS,
    AspWorld,
    FactoryPreset,
    FactoryWorld,
    Row,
    run_asp,
    run_factory,
    study,
)
from plantverse.sim.queues.presets import WorkClass

REFERENCE: dict[tuple[str, float], dict[str, tuple[float, float | None, float | None]]] = {
    ("asp-repo", 1.0): {
        "random": (-125, 65, 107), "round-robin": (225, 49, 52), "crash-avoid": (402, 34, 0),
        "monotone-ucb": (543, 34, 0), "prophet": (562, 32, 0),
    },
    ("asp-survey", 1.0): {
        "random": (239, 51, 27), "round-robin": (382, 35, 5), "crash-avoid": (400, 38, 0),
        "monotone-ucb": (597, 40, 0), "prophet": (628, 38, 0),
    },
    ("asp-repo", 1.5): {
        "random": (-371, None, None), "round-robin": (-70, None, None), "crash-avoid": (378, None, 4.8),
        "monotone-ucb": (488, None, 0.4), "prophet": (497, None, 0.8),
    },
    ("asp-repo", 2.5): {
        "random": (-741, None, None), "round-robin": (-600, None, None), "crash-avoid": (-9, None, 79),
        "monotone-ucb": (116, None, 58), "prophet": (112, None, 45),
    },
}  # fmt: skip
"""Mean reward, its standard deviation over worlds, crashes."""

LOADS = (0.3, 0.6, 0.8, 0.9, 1.2)


class Timed:
    """A policy with a stop-watch around its decisions."""

    def __init__(self, policy: Policy) -> None:
        self.name = policy.name
        self._policy = policy
        self.ns: list[int] = []

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        began = time.perf_counter_ns()
        action = self._policy.decide(request, routes, now_s)
        self.ns.append(time.perf_counter_ns() - began)
        return action

    def learn(self, request: Request, outcome: Outcome) -> None:
        self._policy.learn(request, outcome)


def decisions(targets: int, count: int = 20_000) -> dict[str, Any]:
    """Return microseconds per decision of each policy among so many targets, with learning in between."""
    found = {}
    makers: dict[str, Policy] = {name: make_policy(name) for name in POLICIES} | {
        "prophet": Prophet(lambda _q, r, _t: r.target.speed)
    }
    for name, policy in makers.items():
        routes = [Route(Target(name=str(n), capacity=600, speed=1.0 + n)) for n in range(targets)]
        timed = Timed(policy)
        for n in range(count):
            request = Request(kind="job", twin="", generated_s=float(n), work=1.0, demand=100.0 + n % 16)
            action = timed.decide(request, routes, float(n))
            if action >= 0:
                target = routes[action].target
                target.commit(request, float(n))
                timed.learn(request, Outcome(target=target.name, latency_s=1.0, utility=(action * 7 % 11) / 11))
                if target.used > 500:
                    target.used = 0.0
        p50, p99 = np.percentile(timed.ns, [50, 99]) / 1e3
        found[name] = {"p50_us": round(float(p50), 2), "p99_us": round(float(p99), 2)}
    return found


def million(jobs: int) -> dict[str, Any]:
    """Return the seconds that a factory run of about so many jobs takes."""
    preset = FactoryPreset()
    began = time.perf_counter()
    world = FactoryWorld.draw(preset, 1, load=0.8, horizon_s=jobs / 922)
    drawn = time.perf_counter()
    result = run_factory(world, make_policy("jsec"))
    ended = time.perf_counter()
    return {"jobs": result.jobs, "draw_s": round(drawn - began, 2), "run_s": round(ended - drawn, 2)}


def theory(jobs: int) -> list[dict[str, Any]]:
    """Return mean times of the simulator at 0.3, 0.6 and 0.9 beside the formulas, with a 3-sigma band over 10 parts."""
    found = []
    for queue, servers, sharing in (("M/M/1", 1, False), ("M/M/4", 4, False), ("processor sharing", 1, True)):
        for rho in (0.3, 0.6, 0.9):
            exact = mmc_sojourn_s(rho * servers, 1.0, servers) if servers > 1 else mm1_sojourn_s(rho, 1.0)
            # At 0.9 a mean needs five times the jobs for the same band.
            per_part = jobs // 10 * (5 if rho > 0.8 else 1)
            parts = [_mean_time(rho, servers, sharing, per_part, seed) for seed in range(10)]
            mean, sigma = float(np.mean(parts)), float(np.std(parts, ddof=1) / np.sqrt(len(parts)))
            found.append({
                "queue": queue, "rho": rho, "jobs": 10 * per_part, "formula_s": exact, "simulated_s": mean,
                "off": mean / exact - 1, "three_sigma": 3 * sigma / exact,
            })  # fmt: skip
    return found


def _mean_time(rho: float, servers: int, sharing: bool, jobs: int, seed: int) -> float:
    job = WorkClass(
        kind="job", input_bits=0, output_bits=0, work=1.0, deadline_s=np.inf, rate=rho * servers, periodic=False,
        scaled=True,
    )  # fmt: skip
    preset = FactoryPreset(
        plcs=1, sensors=0, agvs=0, edges=1, edge_servers=servers, edge_hz=1.0, queue=10**9, hop_s=0.0,
        work_spread=0.0, edge_sharing=sharing, classes=(job,),
    )  # fmt: skip
    world = FactoryWorld.draw(preset, seed, load=rho, horizon_s=jobs / (rho * servers))
    works = np.random.default_rng(seed + 10_000).exponential(1.0, len(world.times_s))
    return run_factory(replace(world, stretch=works), make_policy("nearest")).terms.latency_s


def asp(worlds: int) -> list[dict[str, Any]]:
    """Return our means beside the reference's, forced and with a reject action."""
    found = []
    for (preset, load), reference in REFERENCE.items():
        forced = study(preset, policies=tuple(reference), worlds=worlds, load=load)
        free = study(preset, policies=tuple(reference), worlds=worlds, load=load, may_reject=True)
        for row, other in zip(forced, free, strict=True):
            reward, spread, crashes = reference[row.policy]
            mean, std = row.mean("reward"), row.spread("reward")
            found.append({
                "preset": preset, "load": load, "policy": row.policy, "reward": mean, "std": std,
                "crashes": row.mean("crashes"), "lost": row.mean("lost"), "reference": reward, "reference_std": spread,
                "reference_crashes": crashes, "sigmas_off": (mean - reward) / (spread or std),
                "with_reject": other.mean("reward"), "rejected": other.mean("rejected"), "worlds": row.worlds,
            })  # fmt: skip
    return found


def asp_without_900(worlds: int) -> list[dict[str, Any]]:
    """Return what comes of capacities of 400 to 800, which is what the reference seems to have drawn."""
    preset = replace(ASP_PRESETS["asp-repo"], capacities=(400, 500, 600, 700, 800))
    found = []
    for (name, load), reference in REFERENCE.items():
        drawn = [AspWorld.draw(preset, seed, load=load) for seed in range(worlds if name == "asp-repo" else 0)]
        for policy in reference if drawn else ():
            results = [run_asp(w, make_policy(policy, seed=n, truth=w.truth)) for n, w in enumerate(drawn)]
            rewards = [result.reward for result in results]
            found.append({
                "load": load, "policy": policy, "reward": float(np.mean(rewards)), "reference": reference[policy][0],
                "std": float(np.std(rewards, ddof=1)), "crashes": float(np.mean([r.crashes for r in results])),
                "reference_crashes": reference[policy][2],
            })  # fmt: skip
    return found


def factory(worlds: int, seconds: float) -> list[dict[str, Any]]:
    """Return every policy over a sweep of the load."""
    found = []
    for load in LOADS:
        rows: list[Row] = study("factory", worlds=worlds, load=load, horizon_s=seconds)
        best = {row.policy: row for row in rows}["jsec"]
        found += [{"load": load, **asdict(row), "objective_against_jsec": row.gain(best, "objective")} for row in rows]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.offload", description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--theory-jobs", type=int, default=2_000_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="per world of the factory")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found: dict[str, Any] = {
        "machine": machine(),
        "decision": {str(targets): decisions(targets) for targets in (6, 20)},
        "million": million(given.jobs),
        "asp": asp(given.worlds),
        "asp_without_900": asp_without_900(given.worlds),
        "factory": factory(max(2, given.worlds // 4), given.seconds),
        "theory": theory(given.theory_jobs),
    }
    if given.json:
        print(json.dumps(found, indent=1))
        return
    print(json.dumps({part: found[part] for part in ("decision", "million")}, indent=1))
    for line in found["theory"]:
        print("{queue:18} rho {rho}: {simulated_s:.4f} formula {formula_s:.4f} off {off:+.2%}".format(**line))
    for line in found["asp"]:
        print("{preset} x{load} {policy:13} {reward:.0f} reference {reference} ({sigmas_off:+.1f} std)".format(**line))


if __name__ == "__main__":
    main()

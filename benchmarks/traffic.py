"""How fast messages are made, and how near each model is to its theory.

python -m benchmarks.traffic [--seconds 100000] [--seeds 5] --json
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import machine
from plantverse.sim.traffic import MODELS, EqualSizes, MarkovModulated, ParetoOnOff, generate, make_model, make_traffic
from plantverse.sim.traffic.measures import counts, dispersion, hurst, ks_distance, waits

RESULTS = Path(__file__).with_name("results")
RATE = 20.0
SPANS_S = (1.0, 10.0, 100.0, 1_000.0)


def speed(name: str) -> float:
    """Return messages per second of CPU, the best of three runs of a million."""
    took = []
    for seed in range(3):
        began = time.process_time()
        made = len(make_traffic(name, seconds=1_000, seed=seed, given={"rate_per_s": 1_000}))
        took.append(made / (time.process_time() - began))
    return round(max(took))


def fidelity(name: str, seconds: float, seeds: int) -> dict[str, Any]:
    """Return rate, dispersion and Hurst exponent over seeds, beside what theory says."""
    model = make_model(name, {"rate_per_s": RATE})
    runs = [generate(model, EqualSizes(), seconds=seconds, seed=seed).at_s for seed in range(seeds)]
    found: dict[str, Any] = {
        "rate_error": [round(len(at_s) / seconds / RATE - 1, 4) for at_s in runs],
        "dispersion": {s: round(float(np.mean([dispersion(at_s, seconds, s) for at_s in runs])), 3) for s in SPANS_S},
    }
    if name == "poisson":
        found["dispersion_theory"] = dict.fromkeys(SPANS_S, 1.0)
        found["gap_ks"] = [round(ks_distance(np.diff(a), lambda t: -np.expm1(-RATE * t)), 4) for a in runs]
        found["m_m_1_p99_wait_error"] = {load: round(wait_error(runs, load), 4) for load in (0.5, 0.7, 0.9)}
    if isinstance(model, MarkovModulated):
        found["dispersion_theory"] = {s: round(model.dispersion(s), 3) for s in SPANS_S}
    if isinstance(model, ParetoOnOff):
        found["hurst_theory"] = model.hurst
        found["hurst"] = [round(hurst(counts(a, seconds, 1.0), first_octave=5)[0], 3) for a in runs]
    return found


def wait_error(runs: list[Any], load: float) -> float:
    """Return how far the p99 wait before one exponential server is from theory: mean service 1, arrivals slowed."""
    rng = np.random.default_rng(1)
    found = [np.percentile(waits(a * RATE / load, rng.exponential(size=len(a))), 99) for a in runs]
    return float(np.mean(found)) / (np.log(load / 0.01) / (1 - load)) - 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traffic", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=100_000, help="of each run")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="on one line")
    parser.add_argument("--save", metavar="NAME", help="keep the result as benchmarks/results/NAME.json")
    given = parser.parse_args()
    result = {"machine": machine(), "seconds": given.seconds, "seeds": given.seeds, "rate_per_s": RATE}
    for name in MODELS:
        result[name] = {"messages_per_cpu_s": speed(name), **fidelity(name, given.seconds, given.seeds)}
    print(json.dumps(result, indent=None if given.json else 2))
    if given.save:
        (RESULTS / f"{given.save}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()

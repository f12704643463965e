"""Model cache: cost of each rule relative to LFU, over memory, drift of popularity and forgetting; cost of a request.

    python -m benchmarks.model_cache [--seeds 20] --json

Every rule meets the same requests. Unit costs are ours, see `plantverse.sim.model_requests`.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.processes import machine
from plantverse.offload import Fifo, Lease, LeastContext, Lfu, Lru, ModelCache, ModelSize, Retention
from plantverse.sim.model_requests import draw_requests, run_requests

MEMORIES_GB = (80, 400)
DRIFTS = (25, 100, 1000)
LEAKS = (0.05, 0.5, 2.0, 5.0)


def rules(leak: float) -> dict[str, Callable[[], Retention | None]]:
    return {"cloud": lambda: None, "fifo": Fifo, "lru": Lru, "lfu": Lfu, "lc": lambda: LeastContext(leak=leak)}


def sweep(seeds: int) -> list[dict[str, Any]]:
    """Return one line per memory, drift, forgetting and rule."""
    found = []
    for memory_gb in MEMORIES_GB:
        for drift in DRIFTS:
            asked = [draw_requests(seed, drift=drift) for seed in range(seeds)]
            for leak in LEAKS:
                cells = {
                    name: [run_requests(a, make(), memory_gb=memory_gb, leak=leak) for a in asked]
                    for name, make in rules(leak).items()
                }
                lfu = np.array([cost.total for cost in cells["lfu"]])
                for name, costs in cells.items():
                    total = np.array([cost.total for cost in costs])
                    ratio = total / lfu
                    found.append({
                        "memory_gb": memory_gb, "drift": drift, "leak": leak, "rule": name,
                        "total": float(total.mean()), "to_lfu": float(ratio.mean()),
                        "to_lfu_ci95": float(1.96 * ratio.std(ddof=1) / np.sqrt(seeds)),
                        "switching": float(np.mean([c.switching for c in costs])),
                        "edge_share": float(np.mean([c.edge_share for c in costs])), "totals": total.tolist(),
                    })  # fmt: skip
    return found


def overhead(requests: int = 100_000) -> dict[str, float]:
    """Return microseconds per leased request over 200 models of which some forty fit."""
    rng = np.random.default_rng(1)
    models = [ModelSize(id=f"m{n}", bytes=int(size)) for n, size in enumerate(rng.integers(10, 100, 200))]
    asked = np.minimum(rng.zipf(1.3, requests) - 1, 199).tolist()
    found = {}
    for rule in (Fifo, Lru, Lfu, LeastContext):
        cache = ModelCache(bytes=2000, retention=rule())
        began = time.process_time()
        for n, model in enumerate(asked):
            lease = cache.acquire(models[model], n * 1e-3)
            if isinstance(lease, Lease):
                cache.release(lease)
        found[rule.name] = round((time.process_time() - began) / requests * 1e6, 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model_cache", description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lines = sweep(given.seeds)
    found = {"machine": machine(), "us_per_request": overhead(), "sweep": lines}
    if given.json:
        print(json.dumps(found, indent=1))
        return
    print(json.dumps(found["us_per_request"]))
    for line in lines:
        print("{memory_gb} GB drift {drift} leak {leak} {rule:6} {total:.3f} to LFU {to_lfu:.3f}".format(**line))


if __name__ == "__main__":
    main()

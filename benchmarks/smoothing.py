"""How much the figures of MEWMA depend on its smoothing: the same protocol, other weights of the newest row.

python -m benchmarks.smoothing --data DIR [--seeds 5]
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.processes import machine
from plantverse.ai.detectors import CORES
from plantverse.ai.detectors.pca import MewmaCore
from plantverse.ai.evaluate import evaluate

WEIGHTS = (0.02, 0.05, 0.1, 0.2, 0.4)
SHOWN = ("f1", "far", "far_before", "mar", "vus_pr", "fdr_without_3_9_15", "event_recall", "median_delay", "top1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "seeds": options.seeds}
    for weight in WEIGHTS:
        kind = f"mewma({weight})"
        CORES[kind] = type("Variant", (MewmaCore,), {"kind": kind, "smoothing": weight})
        judged = evaluate(options.data, [kind], seeds=options.seeds)
        found[kind] = {
            name: {figure: by[kind]["mean"][figure] for figure in SHOWN if by[kind]["mean"].get(figure) is not None}
            for name, by in judged["sets"].items()
        }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

"""Requests for foundation models at one edge node: what rules of a model cache cost, slot by slot.

Models, sizes, work and accuracies are those of the survey's table; unit costs, memory and popularity it does not give,
so they are ours, and the figures compare rules with each other, not with the survey.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.offload import FewShot, LeakyContext, Lease, ModelCache, ModelSize, Retention

Service = tuple[str, float, float, float, tuple[float, float, int] | None]
"""Name, millions of parameters, GFLOP per request, zero-shot accuracy in %, (one-shot, few-shot, examples) if any."""

SERVICES: tuple[Service, ...] = (
    ("gpt3-13b/translation", 12850, 26.54, 15.45, (26.12, 30.83, 64)),
    ("gpt3-13b/arithmetic", 12850, 26.54, 3.79, (15.98, 14.34, 50)),
    ("gpt3-13b/superglue", 12850, 26.54, 54.4, (64.3, 66.9, 32)),
    ("gpt3-175b/translation", 174600, 354.03, 22.03, (29.63, 33.77, 64)),
    ("gpt3-175b/arithmetic", 174600, 354.03, 25.99, (40.71, 49.55, 50)),
    ("gpt3-175b/superglue", 174600, 354.03, 58.2, (68.9, 73.2, 32)),
    ("uniformer-s/image", 22, 3.6, 82.9, None),
    ("uniformer-s/video", 22, 167, 82.8, None),
    ("uniformer-s/detection", 41, 269, 45.6, None),
    ("uniformer-s/segmentation", 25, 247, 46.6, None),
    ("uniformer-s/pose", 25, 4.7, 74.0, None),
    ("uniformer-b/image", 50, 8.3, 83.9, None),
    ("uniformer-b/video", 22, 389, 84.0, None),  # 22 M as printed, likely a slip
    ("uniformer-b/detection", 69, 399, 47.4, None),
    ("uniformer-b/segmentation", 54, 471, 48.0, None),
    ("uniformer-b/pose", 54, 9.2, 75.0, None),
    ("clip-l/classification", 428, 175.5, 75.20, None),
    ("clip-l/image-retrieval", 428, 175.5, 71.08, None),
    ("clip-l/text-retrieval", 428, 175.5, 84.00, None),
    ("clip-h/classification", 986, 381.9, 77.97, None),
    ("clip-h/image-retrieval", 986, 381.9, 73.43, None),
    ("clip-h/text-retrieval", 986, 381.9, 86.04, None),
)
BYTES_PER_PARAMETER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """What things cost, all in one unit.

    Args:
        load_per_gb: Loading a gigabyte.
        error: A request answered wrongly at the edge.
        cloud: A request answered in the cloud, its accuracy included.
        access: A request answered at the edge, for the access network.
        gflop: A GFLOP at the edge.
    """

    load_per_gb: float = 0.01
    error: float = 0.02
    cloud: float = 0.15
    access: float = 0.01
    gflop: float = 1 / 5000


@dataclass(slots=True, kw_only=True)
class CacheCost:
    """Costs per slot by cause, and the share of requests done at the edge."""

    switching: float = 0.0
    accuracy: float = 0.0
    inference: float = 0.0
    access: float = 0.0
    cloud: float = 0.0
    edge_share: float = 0.0

    @property
    def total(self) -> float:
        """Sum of the costs."""
        return self.switching + self.accuracy + self.inference + self.access + self.cloud


def draw_requests(seed: int, *, slots: int = 400, per_slot: int = 15, drift: int = 100) -> NDArray[np.int64]:
    """Return services asked for, shape (slots, per_slot): Zipf 0.9, whose order is drawn anew every `drift` slots."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, len(SERVICES) + 1) ** 0.9
    share /= share.sum()
    asked = np.empty((slots, per_slot), np.int64)
    for begin in range(0, slots, drift):
        part = asked[begin : begin + drift]
        part[:] = rng.permutation(len(SERVICES))[rng.choice(len(SERVICES), part.shape, p=share)]
    return asked


def run_requests(
    asked: NDArray[np.int64],
    retention: Retention | None,
    *,
    memory_gb: float,
    leak: float,
    admission: bool = True,
    costs: UnitCosts | None = None,
) -> CacheCost:
    """Return the mean cost per slot of a rule.

    Args:
        asked: From `draw_requests`.
        retention: The rule; None sends everything to the cloud.
        memory_gb: Memory of the node.
        leak: Effective examples that a context loses per slot.
        admission: As of `ModelCache`.
        costs: Unit costs.
    """
    unit, slots = costs or UnitCosts(), len(asked)
    cache = ModelCache(bytes=int(memory_gb * 1e9), retention=retention, admission=admission) if retention else None
    models = [ModelSize(id=name, bytes=int(size * 1e6) * BYTES_PER_PARAMETER) for name, size, *_ in SERVICES]
    curves = [FewShot(zero=s[3], one=s[4][0], few=s[4][1], most=s[4][2]) if s[4] else None for s in SERVICES]
    contexts: dict[int, LeakyContext] = {}
    cost, at_edge = CacheCost(), 0
    for slot, row in enumerate(asked):
        for service in row.tolist():
            lease = cache.acquire(models[service], float(slot)) if cache else None
            if cache is None or not isinstance(lease, Lease):
                cost.cloud += unit.cloud
                continue
            if not lease.hit:
                cost.switching += unit.load_per_gb * models[service].bytes / 1e9
                curve = curves[service]
                contexts[service] = LeakyContext(most=curve.most if curve else 1, leak=leak)
            curve, context = curves[service], contexts[service]
            accuracy = curve.at(context.at(float(slot))) if curve else SERVICES[service][3]
            cost.accuracy += unit.error * (1 - accuracy / 100)
            cost.inference += unit.gflop * SERVICES[service][2]
            cost.access += unit.access
            context.add(float(slot))
            at_edge += 1
            cache.release(lease)
    for name in ("switching", "accuracy", "inference", "access", "cloud"):
        setattr(cost, name, getattr(cost, name) / slots)
    cost.edge_share = at_edge / asked.size
    return cost

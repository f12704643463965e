"""A factory of one edge node that everything goes to at no distance: the queue of the textbooks."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from plantverse.offload import Link
from plantverse.sim.queues import FactoryPreset, FactoryWorld
from plantverse.sim.queues.presets import WorkClass

JOB = WorkClass(
    kind="job", input_bits=0, output_bits=0, work=1.0, deadline_s=np.inf, rate=1.0, periodic=False, scaled=True
)
PRESET = FactoryPreset(
    plcs=1,
    sensors=0,
    agvs=0,
    edges=1,
    edge_servers=1,
    edge_hz=1.0,
    queue=10**9,
    hop_s=0.0,
    work_spread=0.0,
    classes=(JOB,),
)


def one_queue(
    gaps_s: NDArray[np.float64], works: NDArray[np.float64], *, servers: int = 1, sharing: bool = False
) -> FactoryWorld:
    """Return a world whose jobs come after the given gaps and take the given seconds alone."""
    count = len(works)
    nowhere = np.zeros(count, np.int64)
    return FactoryWorld(
        preset=replace(PRESET, edge_servers=servers, edge_sharing=sharing),
        links=((Link(), Link(), Link()),),
        homes=(0,),
        times_s=np.cumsum(gaps_s),
        devices=nowhere,
        classes=nowhere,
        stretch=works,
    )


def poisson(rho: float, count: int, seed: int, *, servers: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return gaps and works of an M/M/c queue whose servers do one job per second and are busy a share `rho`."""
    rng = np.random.default_rng(seed)
    return rng.exponential(1 / (rho * servers), count), rng.exponential(1.0, count)


def lindley(gaps_s: NDArray[np.float64], works: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time of each job in a single first come, first served queue, by Lindley's recursion."""
    steps = np.concatenate([[0.0], works[:-1] - gaps_s[1:]])
    walk = np.cumsum(steps)
    waits: NDArray[np.float64] = walk - np.minimum.accumulate(walk)
    return waits + works

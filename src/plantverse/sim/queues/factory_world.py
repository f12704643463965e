"""The factory that queues are studied in: its links and its arrivals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.offload import Link
from plantverse.sim.queues.presets import FactoryPreset, WorkClass


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryWorld:
    """Nodes, links and arrivals, drawn once, so that all policies meet the same.

    Args:
        preset: Sizes of everything.
        links: Link of each device to each target it may use, in the order of its routes: itself, every edge node
            beginning with its own, the cloud.
        homes: Own edge node of each device.
        times_s: Arrivals, rising.
        devices: Device of each arrival.
        classes: Class of each arrival, as an index into the preset's.
        stretch: True work of each arrival as a multiple of its class's, mean 1.
    """

    preset: FactoryPreset
    links: tuple[tuple[Link, ...], ...]
    homes: tuple[int, ...]
    times_s: NDArray[np.float64]
    devices: NDArray[np.int64]
    classes: NDArray[np.int64]
    stretch: NDArray[np.float64]

    @classmethod
    def draw(cls, preset: FactoryPreset, seed: int, *, load: float, horizon_s: float) -> "FactoryWorld":
        """Return the world of a seed.

        Args:
            preset: Sizes of everything.
            seed: Of links and arrivals.
            load: Work offered per second as a share of what all edge nodes together can do, > 0; the scaled classes
                are scaled until it is met.
            horizon_s: Length of an episode.
        """
        rng = np.random.default_rng(seed)
        count = preset.plcs + preset.sensors + preset.agvs
        wireless = rng.uniform(*preset.wireless_bit_s, count)
        rates = [preset.wired_bit_s if d < preset.plcs else float(wireless[d]) for d in range(count)]
        homes = tuple(int(h) for h in rng.integers(0, preset.edges, count))
        scale = _scale(preset, load, count)
        arrivals = [
            (times, np.full(len(times), device), np.full(len(times), index))
            for index, work in enumerate(preset.classes)
            for device in range(count)
            for times in [_arrivals(work, scale if work.scaled else 1.0, horizon_s, rng)]
        ]
        times_s, devices, classes = (np.concatenate(part) for part in zip(*arrivals, strict=True))
        order = np.argsort(times_s, kind="stable")
        spread = preset.work_spread
        return cls(
            preset=preset,
            links=tuple(_links(preset, rate) for rate in rates),
            homes=homes,
            times_s=times_s[order],
            devices=devices[order],
            classes=classes[order],
            stretch=rng.lognormal(-(spread**2) / 2, spread, len(order)),
        )


def _scale(preset: FactoryPreset, load: float, devices: int) -> float:
    fixed = sum(c.rate * c.work for c in preset.classes if not c.scaled) * devices
    scaled = sum(c.rate * c.work for c in preset.classes if c.scaled) * devices
    edge = preset.edges * preset.edge_servers * preset.edge_hz
    return max(0.0, load * edge - fixed) / scaled


def _arrivals(work: WorkClass, scale: float, horizon_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    rate = work.rate * scale
    if not work.periodic:
        return np.sort(rng.uniform(0, horizon_s, rng.poisson(rate * horizon_s)))
    period_s = 1 / rate
    ticks = np.arange(int(horizon_s * rate)) * period_s
    return ticks + rng.uniform(0, period_s) + rng.uniform(0, 0.1 * period_s, len(ticks))


def _links(preset: FactoryPreset, bit_s: float) -> tuple[Link, ...]:
    def link(hops: int, wan_s: float = 0.0) -> Link:
        # Each hop sends the whole message on; bits per second of hops in series add as their inverses.
        rate = 1 / (1 / bit_s + (hops - 1) / preset.wired_bit_s)
        return Link(up_bit_s=rate, down_bit_s=rate, delay_s=hops * preset.hop_s + wan_s)

    return (Link(), link(1), *(link(2) for _ in range(preset.edges - 1)), link(2, preset.wan_s))

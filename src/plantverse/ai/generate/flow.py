"""Flow matching: a small transformer turns noise into windows of a wanted fault, severity and onset in a few steps.

The network works on the shocks of a linear `Law`, so that it starts from the law's Gaussian windows and learns what
they lack. What it is, and how it is trained and integrated, stands in `flow_net`.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.condition import Labels, age_of
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.law import Law
from plantverse.ai.generate.recordings import Cube

if TYPE_CHECKING:
    from plantverse.ai.generate.flow_net import Batch, Net, Size

TRAINING_STEPS: Final = 2500
STEPS: Final = 6
"""Evaluations of the network for a window."""
GUIDANCE: Final = 1.0
WIDTH, LAYERS, MOST_PATCH = 64, 2, 4
BLOCK: Final = 32
"""Windows that go through the network together, always so many, so that sums are rounded in one way."""
WORKERS: Final = 2
HELD_OUT: Final = 6
"""One window in so many is not trained on; they tell how far the network is to be trusted."""


class FlowCore:
    """Draws noise and lets the network carry it to a window."""

    kind: ClassVar[str] = "flow"
    fills: ClassVar[bool] = True
    block: ClassVar[int] = BLOCK

    def __init__(self, law: Law, size: "Size", weights: Arrays, trust: NDArray[np.float64]) -> None:
        self._law, self._size, self._weights, self.trust = law, size, weights, trust
        self._net: Net | None = None

    @classmethod
    def learn(cls, windows: Cube, labels: Labels, *, seed: int, steps: int) -> Self:
        """Train from scratch; normal operation, usually the most of it, is drawn less often than its share."""
        import torch

        from plantverse.ai.generate import flow_net

        law = Law.learn(windows, labels)
        _, length, columns = windows.shape
        patch = max(p for p in range(1, MOST_PATCH + 1) if length % p == 0)
        size = flow_net.Size(
            length=length, columns=columns, faults=int(labels.fault.max()) + 1, patch=patch, width=WIDTH, layers=LAYERS
        )
        white = torch.from_numpy(law.apart(windows, labels).astype(np.float32))
        batch, held = _batch(labels, length), torch.from_numpy(_held_out(labels))
        counts = np.bincount(labels.fault, minlength=size.faults)
        weight = torch.from_numpy(1.0 / np.sqrt(counts[labels.fault])) * ~held
        with flow_net.one_thread(), torch.random.fork_rng():
            torch.manual_seed(seed)
            net = flow_net.train(flow_net.Net(size), white, batch, weight, steps=steps or TRAINING_STEPS, seed=seed)
            trust = flow_net.trust_in(net, white[held], batch.take(held), points=STEPS + 1, seed=seed)
        weights = {name: value.numpy() for name, value in net.state_dict().items()}
        return cls(law, size, weights, trust.numpy().astype(np.float64))

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        from plantverse.ai.generate.flow_net import Size

        length, columns, faults, patch, width, layers = map(int, arrays["size"])
        size = Size(length=length, columns=columns, faults=faults, patch=patch, width=width, layers=layers)
        weights = {name.removeprefix("net."): a for name, a in arrays.items() if name.startswith("net.")}
        core = cls(Law(arrays), size, weights, arrays["trust"])
        core._ready()
        return core

    def arrays(self) -> Arrays:
        """Return sizes, frame and weights."""
        s = self._size
        return {
            "size": np.array([s.length, s.columns, s.faults, s.patch, s.width, s.layers]),
            "trust": self.trust,
            **self._law.arrays(),
            **{f"net.{name}": value for name, value in self._weights.items()},
        }

    def draw(self, labels: Labels, numbers: Sequence[np.random.Generator]) -> Cube:
        """Return a window per label; blocks of windows are shared out among a few threads."""
        return self.drawn(labels, numbers, steps=STEPS, guidance=GUIDANCE)

    def drawn(self, labels: Labels, numbers: Sequence[np.random.Generator], *, steps: int, guidance: float) -> Cube:
        """Return as `draw` does, with another number of steps or another guidance."""
        import torch

        from plantverse.ai.generate import flow_net

        net, shape = self._ready(), (self._size.length, self._size.columns)

        def block(start: int) -> Cube:
            torch.set_num_threads(1)
            part = labels.take(slice(start, start + BLOCK))
            noise = np.stack([rng.standard_normal(shape, np.float32) for rng in numbers[start : start + BLOCK]])
            white = flow_net.integrate(
                net,
                torch.from_numpy(noise),
                _batch(part, shape[0]),
                steps=steps,
                guidance=guidance,
                trust=self.trust.tolist(),
            )
            return self._law.together(white.numpy().astype(np.float64), part)

        starts = range(0, len(numbers), BLOCK)
        with flow_net.one_thread(), ThreadPoolExecutor(min(WORKERS, len(starts))) as pool:
            return np.concatenate(list(pool.map(block, starts)))

    def _ready(self) -> "Net":
        """Return the network, made when it is first needed."""
        if self._net is None:
            import torch

            from plantverse.ai.generate.flow_net import Net

            net = Net(self._size)
            try:
                net.load_state_dict({name: torch.from_numpy(np.array(v)) for name, v in self._weights.items()})
            except RuntimeError as exc:
                raise ValueError(str(exc).splitlines()[0]) from exc
            self._net = net.eval()
        return self._net


def _held_out(labels: Labels) -> NDArray[np.bool_]:
    """Return which windows are not trained on: of each fault a sixth, in stretches, since neighbours overlap."""
    held = np.zeros(len(labels), np.bool_)
    for fault in np.unique(labels.fault):
        of = np.flatnonzero(labels.fault == fault)
        held[of] = np.arange(len(of)) * 4 * HELD_OUT // len(of) % HELD_OUT == HELD_OUT // 2
    return held


def features(labels: Labels, length: int) -> NDArray[np.float32]:
    """Return severity and onset as the network sees them, shape (window, 5).

    They are: severity, onset as an age, onset within the window, whether it is within, whether there is no fault.
    """
    faulty = labels.fault != labels.normal
    inside = faulty & (labels.onset > 0)
    return np.stack(
        [
            labels.severity,
            np.where(faulty, age_of(labels.onset, length), 0.0),
            np.where(inside, labels.onset / length, 0.0),
            inside,
            ~faulty,
        ],
        1,
    ).astype(np.float32)


def _batch(labels: Labels, length: int) -> "Batch":
    import torch

    from plantverse.ai.generate.flow_net import Batch

    turns = (np.arange(length)[None] - labels.phase[:, None]) % labels.period == 0
    return Batch(
        fault=torch.from_numpy(labels.fault),
        numbers=torch.from_numpy(features(labels, length)),
        active=torch.from_numpy(np.stack([labels.active(length), turns], 2).astype(np.float32)),
    )

"""The network of the flow, and how it is trained and integrated. One of the few files that need torch when imported.

A window x and noise e lie at the two ends of a path u = cos(a) x + sin(a) e, a from 0 to pi/2: the straight path of
flow matching, scaled so that u keeps the variance 1 of white windows. The network sees u and predicts x; it is wired
as x = cos(a) u - sin(a) F, so that F = 0 is the exact answer for white Gaussian windows, and F is the velocity du/da.

Source:
    Lipman et al., Flow matching for generative modeling, ICLR 2023; Karras et al., Elucidating the design space of
    diffusion-based generative models, NeurIPS 2022 (table 1: the wiring, with sigma_data = 1); Ho and Salimans,
    Classifier-free diffusion guidance, 2022 (labels dropped with probability 0.1); Peebles and Xie, Scalable diffusion
    models with transformers, ICCV 2023 (adaptive normalisation, last layer at zero).
"""

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

DROPPED = 0.1
"""Share of training windows whose labels are hidden, so that the network also knows windows of any kind."""
NUMBERS = 5
"""Of severity and onset, see `flow.features`."""
MOMENTS = 16
"""Sine and cosine features of the angle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Sizes of the network.

    Attributes:
        length: Rows of a window.
        columns: Of a window.
        faults: Kinds, normal included.
        patch: Rows that make one token; divides `length`.
        width: Of a token.
        layers: Of the transformer.
    """

    length: int
    columns: int
    faults: int
    patch: int
    width: int
    layers: int


class Layer(nn.Module):
    """Attention among the patches of a window, then a small network on each, both shifted and scaled by the label."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.mix = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.wide = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)
        self.adapt = nn.Linear(width, 4 * width)

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """Return tokens, shape (window, token, width), after this layer."""
        windows, tokens, width = x.shape
        scale, shift, scale2, shift2 = self.adapt(label)[:, None].chunk(4, -1)
        y = functional.layer_norm(x, (width,)) * (1 + scale) + shift
        q, k, v = self.mix(y).view(windows, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        seen = functional.softmax(q @ k.transpose(-1, -2) / math.sqrt(width // self.heads), -1) @ v
        x = x + self.out(seen.transpose(1, 2).reshape(windows, tokens, width))
        y = functional.layer_norm(x, (width,)) * (1 + scale2) + shift2
        after: Tensor = x + self.narrow(functional.silu(self.wide(y)))
        return after


class Net(nn.Module):
    """Predicts the velocity F of a window on its path."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        width = size.width
        self.into = nn.Linear(size.patch * (size.columns + 2), width)
        self.place = nn.Parameter(torch.zeros(size.length // size.patch, width))
        self.fault = nn.Embedding(size.faults + 1, width)
        self.numbers = nn.Linear(NUMBERS, width)
        self.moment = nn.Linear(2 * MOMENTS, width)
        self.label = nn.Linear(width, width)
        self.layers = nn.ModuleList(Layer(width) for _ in range(size.layers))
        self.last = nn.Linear(width, size.patch * size.columns)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, u: Tensor, angle: Tensor, fault: Tensor, numbers: Tensor, active: Tensor) -> Tensor:
        """Return the velocity, shape (window, time, column).

        Args:
            u: Windows on their path, shape (window, time, column).
            angle: Where on the path, 0 (data) to pi/2 (noise), shape (window,).
            fault: Index; the last one hides the label.
            numbers: Shape (window, NUMBERS).
            active: 1 in rows with the fault, and 1 in rows where a round of readings begins, shape (window, time, 2).
        """
        size = self.size
        waves = angle[:, None] * torch.exp(torch.linspace(0.0, 4.0, MOMENTS))
        label = self.fault(fault) + self.numbers(numbers) + self.moment(torch.cat([waves.sin(), waves.cos()], 1))
        label = functional.silu(self.label(functional.silu(label)))
        seen = torch.cat([u, active], 2)
        x = self.into(seen.view(len(u), -1, size.patch * (size.columns + 2))) + self.place
        for layer in self.layers:
            x = layer(x, label)
        out: Tensor = self.last(functional.layer_norm(x, (size.width,)))
        return out.view(u.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """White windows with the features of their labels; shapes as in `Net.forward`."""

    fault: Tensor
    numbers: Tensor
    active: Tensor

    def take(self, at: Tensor) -> "Batch":
        """Return some of them."""
        return Batch(fault=self.fault[at], numbers=self.numbers[at], active=self.active[at])

    def hidden(self, which: Tensor, last: int) -> "Batch":
        """Return them with the labels of some hidden."""
        keep = (~which).float()[:, None]
        return Batch(
            fault=torch.where(which, last, self.fault),
            numbers=self.numbers * keep,
            active=self.active * torch.stack([keep, torch.ones_like(keep)], 2),
        )


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread: sums then run in one order, and two workers don't get in each other's way."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def loss_of(net: Net, x: Tensor, labels: Batch, dice: torch.Generator) -> Tensor:
    """Return the mean square of what the velocity misses, at random angles, with some labels hidden."""
    noise = torch.randn(x.shape, generator=dice)
    # Most of the work is done where signal and noise are about equal (Karras et al., section 5).
    angle = torch.atan(torch.exp(1.2 * torch.randn(len(x), generator=dice) - 0.4))
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    labels = labels.hidden(torch.rand(len(x), generator=dice) < DROPPED, net.size.faults)
    found = net(cos * x + sin * noise, angle, labels.fault, labels.numbers, labels.active)
    return functional.mse_loss(found, cos * noise - sin * x)


def train(
    net: Net, x: Tensor, labels: Batch, weight: Tensor, *, steps: int, seed: int, batch: int = 128, rate: float = 1.5e-3
) -> Net:
    """Return the running average of the network over its training (EMA).

    Args:
        net: Changed in place.
        x: White windows, shape (window, time, column), float32.
        labels: One per window.
        weight: How often each window is drawn, shape (window,).
        steps: Of training.
        seed: Of order, angles and noise.
        batch: Windows in a step.
        rate: Highest step size; it rises over the first twentieth and falls as a cosine.
    """
    dice = torch.Generator().manual_seed(seed)
    average = copy.deepcopy(net)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.01)
    for step in range(steps):
        share = step / steps
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, 20 * share + 1e-3) * (0.5 + 0.5 * math.cos(math.pi * share))
        at = torch.multinomial(weight, batch, replacement=True, generator=dice)
        optimiser.zero_grad()
        loss_of(net, x[at], labels.take(at), dice).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        decay = min(0.998, (1 + step) / (10 + step))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), net.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
    return average.eval()


@torch.inference_mode()
def trust_in(net: Net, x: Tensor, labels: Batch, *, points: int, seed: int, rounds: int = 4) -> Tensor:
    """Return by how much the velocity is best multiplied on windows that were not trained on, 0 to 1.

    A network that has learned too much of its training windows, or nothing, is wrong on others; with 0 the windows are
    those of the law alone.

    Args:
        net: Trained.
        x: White windows, shape (window, time, column).
        labels: One per window.
        points: Angles from 0 (data) to pi/2 (noise).
        seed: Of the noise.
        rounds: Draws of noise for each window.

    Returns:
        Shape (points,).
    """
    dice = torch.Generator().manual_seed(seed)
    found = []
    for angle in torch.linspace(0.0, math.pi / 2, points):
        fits, size = torch.tensor(0.0), torch.tensor(0.0)
        for _ in range(rounds):
            noise = torch.randn(x.shape, generator=dice)
            said = net(
                angle.cos() * x + angle.sin() * noise, angle.repeat(len(x)), labels.fault, labels.numbers, labels.active
            )
            fits += (said * (angle.cos() * noise - angle.sin() * x)).sum()
            size += (said * said).sum()
        found.append((fits / size.clamp(min=1e-9)).clamp(0.0, 1.0))
    return torch.stack(found)


@torch.inference_mode()
def integrate(
    net: Net, noise: Tensor, labels: Batch, *, steps: int, guidance: float, trust: Sequence[float] = (1.0, 1.0)
) -> Tensor:
    """Return white windows from noise, by `steps` evaluations of the network (twice as many with guidance).

    Second order from the second step on (Adams-Bashforth), exact for white Gaussian windows.

    Args:
        net: Trained.
        noise: Shape (window, time, column), float32.
        labels: One per window.
        steps: From noise to data.
        guidance: 1 follows the label as learned, above 1 exaggerates it.
        trust: What the velocity is multiplied by at angles from 0 to pi/2, see `trust_in`.
    """
    u, before = noise, None
    size = math.pi / 2 / steps
    blank = labels.hidden(torch.ones(len(noise), dtype=torch.bool), net.size.faults)
    for step in range(steps):
        angle = torch.full((len(u),), math.pi / 2 - step * size)
        velocity = net(u, angle, labels.fault, labels.numbers, labels.active)
        if guidance != 1.0:
            other = net(u, angle, blank.fault, blank.numbers, blank.active)
            velocity = other + guidance * (velocity - other)
        at = (1.0 - step / steps) * (len(trust) - 1)
        low = min(int(at), len(trust) - 2)
        velocity = velocity * (trust[low] + (at - low) * (trust[low + 1] - trust[low]))
        u = u - size * (velocity if before is None else 1.5 * velocity - 0.5 * before)
        before = velocity
    return u

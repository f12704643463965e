"""A judge that reads a window row by row: a small recurrent network. Needs torch when imported."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

WIDTH = 32
ROUNDS = 12
BATCH = 64
RATE = 3e-3


class Gru:
    """Classifies scaled windows, shape (window, time, column), as 0 or 1.

    Args:
        windows: To learn from.
        classes: 0 or 1 for each.
        seed: Of weights and order.
    """

    def __init__(self, windows: NDArray[np.float64], classes: NDArray[np.int64], *, seed: int) -> None:
        x = torch.from_numpy(windows.astype(np.float32)).clamp(-10, 10)
        y = torch.from_numpy(classes.astype(np.float32))
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self._gru = nn.GRU(x.shape[2], WIDTH, batch_first=True)
            self._last = nn.Linear(2 * WIDTH, 1)
            parts = [*self._gru.parameters(), *self._last.parameters()]
            optimiser = torch.optim.AdamW(parts, lr=RATE, weight_decay=0.01)
            for _ in range(ROUNDS):
                for at in torch.split(torch.randperm(len(x)), BATCH):
                    optimiser.zero_grad()
                    loss = nn.functional.binary_cross_entropy_with_logits(self._answer(x[at]), y[at])
                    loss.backward()  # type: ignore[no-untyped-call]
                    nn.utils.clip_grad_norm_(parts, 1.0)
                    optimiser.step()

    def _answer(self, x: torch.Tensor) -> torch.Tensor:
        states, last = self._gru(x)
        answer: torch.Tensor = self._last(torch.cat([states.mean(1), last[0]], 1))
        return answer[:, 0]

    @torch.inference_mode()
    def classes(self, windows: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return 0 or 1 for each window."""
        x = torch.from_numpy(windows.astype(np.float32)).clamp(-10, 10)
        return (self._answer(x) > 0).numpy().astype(np.int64)

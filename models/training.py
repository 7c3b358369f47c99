"""Training shared by the convolutional networks: Adam with a one-cycle learning rate, seeded, on one thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
Augmentation = Callable[[list[Tensor]], list[Tensor]]


def fit(
    model: nn.Module,
    inputs: Sequence[Tensor],
    wanted: Tensor,
    loss: Loss,
    *,
    epochs: int,
    learning_rate: float,
    batch: int = 64,
    frozen: bool = False,
    augment: Augmentation = lambda x: x,
) -> None:
    """Trains in place on inputs and results of one length, batch first; leaves the model in evaluation mode.

    With `frozen`, batch norms use the averages they have: those of a batch are noise to what must be found precisely.
    """
    model.to(memory_format=torch.channels_last)  # twice as fast on a CPU
    inputs = [_fast(x) for x in inputs]
    steps = len(wanted) // batch
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=epochs * steps)
    model.train()
    for module in model.modules():
        if frozen and isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.eval()
    for _ in range(epochs):
        for rows in torch.randperm(len(wanted))[: steps * batch].split(batch):
            optimizer.zero_grad()
            loss(model(*augment([x[rows] for x in inputs])), wanted[rows]).backward()
            optimizer.step()
            schedule.step()
    model.eval()


def results(model: nn.Module, inputs: Sequence[Tensor], batch: int = 250) -> NDArray[np.float32]:
    """What the model says, in evaluation mode, a few samples at a time."""
    with torch.no_grad():
        parts = [model(*each) for each in zip(*(x.split(batch) for x in inputs))]
    found: NDArray[np.float32] = torch.cat(parts).numpy()
    return found


def quantized(model: nn.Module, plain: nn.Module) -> nn.Module:
    """The network with quantizers, from the weights of the one without."""
    unexpected = model.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    if unexpected:
        raise ValueError(f"the plain network has weights that the quantized one has not: {unexpected}")
    return model


def images(x: NDArray[np.float32]) -> Tensor:
    """(n, height, width, channels) as torch has it, channels first."""
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))


def _fast(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x

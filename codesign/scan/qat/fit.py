"""The training loop: Adam, a learning rate that comes and goes, pruning on the way, and an early end."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codesign.progress import Progress, silent
from codesign.scan.qat.pruning import Pruning

Objective = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(results, what was wanted, the numbers of the samples) to a loss."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast; `name` is one_cycle, cyclical or constant."""

    name: str
    epochs: int
    batch: int
    learning_rate: float
    patience: int | None = None
    frozen_from: int = 0
    """The first epoch in which batch norms use the averages they have."""


@dataclass
class Fitted:
    """What happened: the validation loss after each epoch (the training loss where nothing is kept for validation)."""

    losses: list[float] = field(default_factory=list)
    best_epoch: int = 0
    """Whose weights stayed; -1: those from before the first."""
    start: float | None = None
    """The validation loss before the first epoch, where its weights are a candidate."""

    @property
    def best(self) -> float:
        """The loss of the weights that stayed."""
        return self.losses[self.best_epoch] if self.best_epoch >= 0 or self.start is None else self.start


def fit(
    model: nn.Module,
    inputs: Sequence[Tensor],
    wanted: Tensor,
    objective: Objective,
    schedule: Schedule,
    *,
    kept: int = 0,
    pruning: Pruning | None = None,
    first: int = 0,
    progress: Progress = silent,
    what: str = "training",
) -> Fitted:
    """Trains in place on inputs and results of one length, batch first; leaves the model in evaluation mode.

    The last `kept` samples only decide which epoch was the best, from `first` on; its weights stay. With -1 those that
    the model has to begin with are a candidate too, so that what stays is never worse on these samples. What does not
    fill a batch is left to the next epoch. Random numbers come from torch's generator, which the caller seeds.
    """
    fitted = Fitted()
    train = len(wanted) - kept
    batch = min(schedule.batch, train)
    steps = train // batch
    optimizer = torch.optim.Adam(model.parameters(), lr=schedule.learning_rate)
    rate = _rate(schedule, optimizer, steps)
    best: dict[str, Tensor] | None = None
    if first < 0 and kept:
        model.eval()
        fitted.start = _loss(model, inputs, wanted, objective, train)
        best, fitted.best_epoch = copy.deepcopy(model.state_dict()), -1
    for epoch in range(schedule.epochs):
        progress(what, epoch, schedule.epochs)
        _set_training(model, frozen=epoch >= schedule.frozen_from)
        total = 0.0
        for step, rows in enumerate(torch.randperm(train)[: steps * batch].split(batch)):
            optimizer.zero_grad()
            loss = objective(model(*[x[rows] for x in inputs]), wanted[rows], rows)
            loss.backward()
            optimizer.step()
            rate.step()
            total += loss.item() * len(rows)
            if pruning is not None:
                pruning((epoch * steps + step + 1) / (schedule.epochs * steps))
        model.eval()
        fitted.losses.append(_loss(model, inputs, wanted, objective, train) if kept else total / (steps * batch))
        if epoch >= first and (best is None or fitted.losses[-1] < fitted.best):
            best, fitted.best_epoch = copy.deepcopy(model.state_dict()), epoch
        if schedule.patience is not None and epoch - fitted.best_epoch >= schedule.patience and best is not None:
            break
    progress(what, schedule.epochs, schedule.epochs)
    if kept and best is not None:
        model.load_state_dict(best)
    model.eval()
    return fitted


def results(model: nn.Module, inputs: Sequence[Tensor], batch: int = 256) -> NDArray[np.float32]:
    """What the model says (n, k), in evaluation mode, a few samples at a time."""
    model.eval()
    with torch.no_grad():
        parts = [model(*each) for each in zip(*(x.split(batch) for x in inputs))]
    found: NDArray[np.float32] = torch.cat(parts).numpy()
    return found


def _rate(schedule: Schedule, optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Stepped after each batch."""
    top, total = schedule.learning_rate, schedule.epochs * steps
    match schedule.name:
        case "one_cycle":
            return torch.optim.lr_scheduler.OneCycleLR(optimizer, top, total_steps=total)
        case "cyclical":
            # Four triangles whose tops halve (L. Smith, arXiv 1506.01186, triangular2).
            half = max(1, total // 8)
            return torch.optim.lr_scheduler.CyclicLR(
                optimizer, top / 10, top, step_size_up=half, mode="triangular2", cycle_momentum=False
            )
        case _:
            return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)


def _set_training(model: nn.Module, frozen: bool) -> None:
    """Training mode; with `frozen`, batch norms use their averages: those of a batch are noise to fine results."""
    model.train()
    for module in model.modules():
        if frozen and isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.eval()


def _loss(model: nn.Module, inputs: Sequence[Tensor], wanted: Tensor, objective: Objective, begin: int) -> float:
    """Over the samples from `begin` on."""
    rows = torch.arange(begin, len(wanted))
    with torch.no_grad():
        parts = [float(objective(model(*[x[r] for x in inputs]), wanted[r], r)) * len(r) for r in rows.split(256)]
    return sum(parts) / len(rows)

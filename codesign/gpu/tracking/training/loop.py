"""The training loop of every stage: Adam, a step per event, and the weights of the best epoch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from codesign.errors import ModelError
from codesign.gpu.tracking.training.config import Schedule
from codesign.progress import Progress, silent

Loss = Callable[[int], Tensor | None]
"""Of the event of this number; None where there is nothing in it to learn from."""
Figure = Callable[[], float]
"""What the network in evaluation mode is worth on the events that are kept for validation; less is better."""


@dataclass
class Fitted:
    """What happened in each epoch: the mean loss of its steps, and the figure of validation after it."""

    losses: list[float] = field(default_factory=list)
    figures: list[float] = field(default_factory=list)
    best_epoch: int = 0


def fit(
    network: nn.Module,
    events: int,
    loss: Loss,
    figure: Figure,
    schedule: Schedule,
    *,
    progress: Progress = silent,
    what: str = "training",
) -> Fitted:
    """Trains in place on events 0..events - 1, and leaves the network with the weights of its best epoch, in evaluation
    mode. Random numbers come from torch's generator, which the caller seeds.

    ModelError where the loss is no number any more, or no event has anything to learn from."""
    fitted = Fitted()
    optimizer = torch.optim.Adam(network.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    rate = _rate(schedule, optimizer, schedule.epochs * events)
    best: dict[str, Tensor] = {}
    for epoch in range(schedule.epochs):
        progress(what, epoch, schedule.epochs)
        network.train()
        total, steps = 0.0, 0
        for event in torch.randperm(events).tolist():
            found = loss(event)
            if found is not None:
                optimizer.zero_grad()
                found.backward()
                nn.utils.clip_grad_norm_(network.parameters(), schedule.clip)
                optimizer.step()
                rate.step()
                total, steps = total + found.item(), steps + 1
        if not steps:
            raise ModelError(f"{what}: no event has an edge to learn from; are there particles with hits in it?")
        if not math.isfinite(total):
            raise ModelError(f"{what}: the loss is no number any more; try a smaller learning_rate")
        network.eval()
        with torch.no_grad():
            fitted.figures.append(figure())
        fitted.losses.append(total / steps)
        if not best or fitted.figures[-1] < fitted.figures[fitted.best_epoch]:
            best, fitted.best_epoch = copy.deepcopy(network.state_dict()), epoch
        if schedule.patience is not None and epoch - fitted.best_epoch >= schedule.patience:
            break
    progress(what, schedule.epochs, schedule.epochs)
    network.load_state_dict(best)
    network.eval()
    return fitted


def _rate(schedule: Schedule, optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Stepped after each event."""
    match schedule.schedule:
        case "one_cycle":
            return torch.optim.lr_scheduler.OneCycleLR(optimizer, schedule.learning_rate, total_steps=steps)
        case "cosine":
            return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        case _:
            return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)

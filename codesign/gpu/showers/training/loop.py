"""The training loop: AdamW, one cycle of the rate, and the weights of the best validation."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from codesign.errors import ConfigError
from codesign.gpu.showers.detectors import detector
from codesign.gpu.showers.event import ShowerEvent
from codesign.gpu.showers.training.batches import Batch, batch
from codesign.gpu.showers.training.config import TrainingConfig
from codesign.gpu.spvcnn.loss import Condensation, Losses
from codesign.gpu.spvcnn.model import SPVCNN
from codesign.progress import Progress, silent


@dataclass
class Fitted:
    """What happened: the mean losses after each epoch, in training and in validation."""

    training: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)
    """Of the validation, by name"""
    best_epoch: int = 0


def train(
    config: TrainingConfig, events: Sequence[ShowerEvent], progress: Progress = silent
) -> tuple[SPVCNN, Fitted, list[ShowerEvent]]:
    """The network, how it went, and the events that were kept for validation.

    The same events and configuration give the same weights on one machine with one thread. ConfigError where there
    are too few events, and where the loss is no number any more.
    """
    used = [e for e in events if len(e)]
    for e in used:
        detector(config.detector).own(e)
    kept = max(1, round(config.validation * len(used)))
    if len(used) - kept < config.training.batch:
        raise ConfigError(f"training: {len(used)} events with hits, of which {kept} are kept for validation, do not "
                          f"fill a batch of {config.training.batch}")  # fmt: skip
    learned, held = used[:-kept], used[-kept:]
    torch.manual_seed(config.seed)
    model = SPVCNN(config.settings())
    return model, _fit(model, config, learned, held, progress), held


def _fit(
    model: SPVCNN, config: TrainingConfig, learned: Sequence[ShowerEvent], held: Sequence[ShowerEvent],
    progress: Progress,
) -> Fitted:  # fmt: skip
    schedule = config.training
    rng = np.random.default_rng(config.seed)
    steps = len(learned) // schedule.batch
    optimizer = torch.optim.AdamW(model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=schedule.learning_rate, total_steps=steps * schedule.epochs
    )
    fitted, best = Fitted(), copy.deepcopy(model.state_dict())
    for epoch in range(schedule.epochs):
        progress("training", epoch, schedule.epochs)
        model.train()
        total = 0.0
        for rows in rng.permutation(len(learned))[: steps * schedule.batch].reshape(steps, schedule.batch):
            made = _batch(config, model, [learned[i] for i in rows], rng if schedule.turned else None)
            optimizer.zero_grad()
            loss = losses(config, model, made).total
            _check(loss.item(), epoch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip)
            optimizer.step()
            rate.step()
            total += loss.item()
        fitted.training.append(total / steps)
        parts = _validate(model, config, held)
        _check(parts["total"], epoch)
        fitted.parts.append(parts)
        fitted.validation.append(parts["total"])
        if parts["total"] <= min(fitted.validation):
            fitted.best_epoch, best = epoch, copy.deepcopy(model.state_dict())
        elif schedule.patience is not None and epoch - fitted.best_epoch >= schedule.patience:
            break
    model.load_state_dict(best)
    model.eval()
    return fitted


def losses(config: TrainingConfig, model: SPVCNN, of: Batch) -> Losses:
    """Of a batch."""
    loss = config.loss
    condense = Condensation(loss.q_min, loss.alpha, loss.weight != "none", loss.noise, loss.semantic)
    found = model(of.features, of.cloud)
    return condense(
        found.semantic, found.beta, found.embedding,
        classes=of.classes, objects=of.objects, energy=of.weight, events=of.events,
    )  # fmt: skip


def _check(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise ConfigError(f"training: the loss is {loss} in epoch {epoch + 1}; take a lower learning_rate")


def _validate(model: SPVCNN, config: TrainingConfig, held: Sequence[ShowerEvent]) -> dict[str, float]:
    model.eval()
    size = config.training.batch
    sums: dict[str, float] = {}
    with torch.no_grad():
        for start in range(0, len(held), size):
            part = held[start : start + size]
            found = losses(config, model, _batch(config, model, part, None))
            for name, value in found._asdict().items():
                sums[name] = sums.get(name, 0.0) + value.item() * len(part) / len(held)
    return sums


def _batch(
    config: TrainingConfig, model: SPVCNN, events: Sequence[ShowerEvent], rng: np.random.Generator | None
) -> Batch:
    return batch(detector(config.detector), model.settings.grid, events, config.loss.weight, rng)

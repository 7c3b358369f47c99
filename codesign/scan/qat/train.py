"""From a description and data to a trained network: without quantizers first, then with them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codesign.errors import ConfigError, ModelError
from codesign.progress import Progress, silent
from codesign.scan.qat.description import Description
from codesign.scan.qat.export import export
from codesign.scan.qat.files import Places
from codesign.scan.qat.fit import Fitted, Objective, Schedule, fit, results
from codesign.scan.qat.layers import Product
from codesign.scan.qat.losses import LOSSES, distance
from codesign.scan.qat.network import Network
from codesign.scan.qat.pruning import growing, held
from codesign.scan.qat.samples import Arrays, Samples, tensors
from codesign.scan.qat.start import start


@dataclass
class Trained:
    """A network with quantizers, the one without that it came from, and how training went."""

    description: Description
    plain: Network
    quantized: Network
    fitted: Mapping[str, Fitted]

    def results(self, inputs: Arrays) -> NDArray[np.float32]:
        """What the quantized network says in float32: (n, k)."""
        return results(self.quantized, tensors(self.description, inputs))

    def write(self, places: Places) -> None:
        """The quantized network as QONNX and how it was trained; the other as ONNX where there is a place for it."""
        self.export(places.model)
        places.history.write_text(self.history(), encoding="utf-8")
        if places.plain is not None:
            export(self.plain, self._example, places.plain, names(self.description))

    def export(self, path: Path) -> None:
        """The quantized network as QONNX, for one sample at a time."""
        export(self.quantized, self._example, path, names(self.description))

    @property
    def _example(self) -> tuple[Tensor, ...]:
        return tuple(torch.zeros(1, *i.shape) for i in self.description.inputs)

    def history(self) -> str:
        """What was trained and the losses after each epoch, as JSON."""
        told = {"training": asdict(self.description.training)}
        told |= {name: asdict(fitted) for name, fitted in self.fitted.items()}
        return json.dumps(told, indent=2) + "\n"


def train(
    description: Description,
    samples: Samples,
    *,
    plain: Network | None = None,
    progress: Progress = silent,
) -> Trained:
    """The network of `description`, trained on the samples; a `plain` network that was trained before is not trained
    again, so that many widths can start from one. Seeded: on one machine and one thread a rerun gives the same.

    ModelError where the loss is no number any more.
    """
    settings = description.training
    fitted: dict[str, Fitted] = {}
    inputs, wanted = samples.inputs, samples.wanted
    if plain is None:
        plain, fitted["float"] = train_plain(description, samples, progress)
    torch.manual_seed(settings.seed + 1)
    quantized = Network(description)
    unexpected = quantized.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    if unexpected:
        raise ConfigError(f"the plain network has weights that this description has not: {', '.join(unexpected[:3])}")
    start(quantized, plain, inputs)
    objective = _distilled(description, plain, inputs)
    schedule = _schedule(description, settings.quantized_epochs, settings.quantized_learning_rate, 0)
    pruning = held(_pruned(description, quantized))
    what = "training with quantizers"
    fitted["quantized"] = fit(
        quantized, inputs, wanted, objective, schedule, kept=samples.kept, pruning=pruning, first=-1,
        progress=progress, what=what,
    )  # fmt: skip
    _check_finite("with quantizers", fitted["quantized"])
    return Trained(description, plain, quantized, fitted)


def train_plain(description: Description, samples: Samples, progress: Progress = silent) -> tuple[Network, Fitted]:
    """The network without quantizers, trained, and how that went; seeded, ModelError as `train`."""
    settings = description.training
    torch.manual_seed(settings.seed)
    plain = Network(description, quantized=False)
    frozen = round(settings.epochs * (1 - settings.frozen_norm))
    schedule = _schedule(description, settings.epochs, settings.learning_rate, frozen)
    pruning = growing(_pruned(description, plain))
    fitted = fit(
        plain, samples.inputs, samples.wanted, _alone(description), schedule, kept=samples.kept, pruning=pruning,
        # In the first half weights are still being pruned: its epochs have more of them, and are no candidates.
        first=(settings.epochs - 1) // 2, progress=progress, what="training without quantizers",
    )  # fmt: skip
    _check_finite("without quantizers", fitted)
    return plain, fitted


def export_whole(network: Network, file: Path) -> None:
    """The network as a file that appears when it is whole; its folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        example = tuple(torch.zeros(1, *i.shape) for i in network.description.inputs)
        export(network, example, partial, names(network.description))
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)


def names(description: Description) -> list[str]:
    """Of the inputs."""
    return [i.name for i in description.inputs]


def _check_finite(what: str, fitted: Fitted) -> None:
    if not all(np.isfinite(fitted.losses)):
        raise ModelError(f"training {what}: the loss is no number any more; try a smaller learning_rate")


def _alone(description: Description) -> Objective:
    """The loss of the description."""
    loss = LOSSES[description.training.loss]
    return lambda found, true, rows: loss(found, true)


def _schedule(description: Description, epochs: int, learning_rate: float, frozen: int) -> Schedule:
    settings = description.training
    return Schedule(settings.schedule, epochs, settings.batch, learning_rate, settings.patience, frozen)


def _distilled(description: Description, plain: Network, inputs: Sequence[Tensor]) -> Objective:
    """The loss, a share of it towards what the plain network says."""
    alone = _alone(description)
    share, loss = description.training.distill, description.training.loss
    if share == 0:
        return alone
    teacher = torch.from_numpy(results(plain, inputs))
    return lambda found, true, rows: (
        (1 - share) * alone(found, true, rows) + share * distance(loss, found, teacher[rows])
    )


def _pruned(description: Description, model: Network) -> list[tuple[nn.Parameter, float]]:
    """The weights that lose some, each with the share."""
    return [
        (_weight(module), layer.prune)
        for layer, module in zip(description.layers, model.layers)
        if isinstance(layer, Product) and layer.prune
    ]


def _weight(module: nn.Module) -> nn.Parameter:
    (first, *_) = [p for name, p in module.named_parameters() if name.endswith("weight") and p.dim() > 1]
    return first

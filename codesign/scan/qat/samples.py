"""Data and labels for training, checked against what the description says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from codesign.errors import ConfigError
from codesign.scan.qat.description import Description

Arrays = Sequence[NDArray[np.floating]]
CLASSES = ("cross_entropy",)
"""Losses whose labels are class numbers."""


@dataclass(frozen=True)
class Samples:
    """Data and labels, checked against a description; the last `kept` are for validation."""

    inputs: list[Tensor]
    wanted: Tensor
    kept: int

    @classmethod
    def of(cls, description: Description, inputs: Arrays, labels: NDArray[np.generic]) -> Samples:
        """In an order that the seed decides. ConfigError for arrays that are not of the description's shapes, lengths
        that differ, NaN, and labels that the loss cannot use."""
        training = description.training
        given = tensors(description, inputs)
        wanted = _labels(labels, training.loss, description.shapes[description.layers[-1].name])
        counts = [len(x) for x in given]
        if set(counts) != {len(wanted)}:
            raise ConfigError(f"data of {', '.join(map(str, counts))} samples with {len(wanted)} labels")
        order = torch.from_numpy(np.random.default_rng(training.seed).permutation(len(wanted)))
        kept = int(len(wanted) * training.validation)
        if len(wanted) - kept < 2:
            raise ConfigError(
                f"{len(wanted)} samples, of which {kept} are kept for validation, are too few to train on"
            )
        return cls([x[order] for x in given], wanted[order], kept)


def tensors(description: Description, inputs: Arrays) -> list[Tensor]:
    """The data as torch takes it; ConfigError where it is not of the description's shapes, or not finite."""
    if len(inputs) != len(description.inputs):
        names = ", ".join(i.name for i in description.inputs)
        raise ConfigError(f"{len(inputs)} arrays of data, expected {len(description.inputs)}: {names}")
    found = []
    for layer, x in zip(description.inputs, inputs):
        array = np.asarray(x)
        if array.shape[1:] != layer.shape or array.dtype.kind not in "fiu":
            raise ConfigError(
                f"{layer.name}: data of shape {array.shape} and type {array.dtype}, expected numbers (n, "
                f"{', '.join(map(str, layer.shape))})"
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ConfigError(f"{layer.name}: sample {int(np.argwhere(~np.isfinite(array))[0][0])} has NaN or infinity")
        found.append(torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)))
    return found


def _labels(labels: NDArray[np.generic], loss: str, result: tuple[int, ...]) -> Tensor:
    """Class numbers (n,) or numbers (n, k)."""
    if loss in CLASSES:
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise ConfigError(
                f"labels of shape {labels.shape} and type {labels.dtype}; {loss} takes class numbers (n,)"
            )
        if labels.size and not 0 <= labels.min() <= labels.max() < result[0]:
            raise ConfigError(f"labels in {labels.min()}..{labels.max()}, but the network has {result[0]} classes")
        return torch.from_numpy(labels.astype(np.int64))
    numbers = labels.astype(np.float32) if labels.dtype.kind in "fiub" else None
    if numbers is not None and numbers.ndim == 1 and result == (1,):
        numbers = numbers[:, None]
    if numbers is None or numbers.shape[1:] != result:
        raise ConfigError(f"labels of shape {labels.shape} and type {labels.dtype}, expected numbers of {result} each")
    if not np.isfinite(numbers).all() or (loss == "ratio" and (numbers <= 0).any()):
        raise ConfigError("labels with NaN or infinity" if loss != "ratio" else "labels that are not above 0")
    return torch.from_numpy(numbers)

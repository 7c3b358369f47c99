"""Training of a classifier of images, from generated samples to the folder of its model."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from codesign.scan.qat.export import export
from models.training import fit, images, quantized, results

Samples = Callable[[int, int], tuple[NDArray[np.float32], NDArray[np.int64]]]
"""(count, seed) to images (n, height, width, channels) and their classes."""


@dataclass(frozen=True)
class Classifier:
    """What is trained on what. `seeds` are those of training, test and validation samples."""

    name: str
    network: Callable[..., nn.Module]
    """With bits=None the one without quantizers."""
    samples: Samples
    seeds: tuple[int, int, int]
    training: int
    epochs: tuple[int, int]
    """Without quantizers, then with them."""
    seed: int = 20261122
    test: int = 4000
    validation: int = 32

    def train(self, plain: nn.Module, model: nn.Module, count: int, epochs: tuple[int, int]) -> None:
        """Trains `plain`, and from its weights `model`, in place."""
        x, y = self.samples(count, self.seeds[0])
        given, labels = [images(x)], torch.from_numpy(y)
        loss = nn.functional.cross_entropy
        fit(plain, given, labels, loss, epochs=epochs[0], learning_rate=4e-3)
        fit(quantized(model, plain), given, labels, loss, epochs=epochs[1], learning_rate=1e-3)

    def build(self, folder: Path, count: int, epochs: tuple[int, int]) -> str:
        """Trains, exports, and writes the validation samples and what is expected; gives the latter."""
        torch.manual_seed(self.seed)
        torch.set_num_threads(1)
        plain, model = self.network(bits=None), self.network()
        self.train(plain, model, count, epochs)
        test_x, test_y = self.samples(self.test, self.seeds[1])
        x, y = self.samples(self.validation, self.seeds[2])
        given = images(x)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.onnx"
        export(model, (given[:1],), file)
        np.save(folder / "validation_x.npy", given.numpy())
        np.save(folder / "validation_y.npy", y.astype(np.int8))
        expected = {
            "seed": self.seed,
            "samples": count,
            "epochs": epochs,
            "test_accuracy": accuracy(model, test_x, test_y),
            "test_accuracy_unquantized": accuracy(plain, test_x, test_y),
            "validation_outputs": results(model, [given]).astype(float).tolist(),
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        text = "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}\n"
        (folder / "expected.json").write_text(text)
        return text

    def main(self, folder: Path) -> None:
        parser = argparse.ArgumentParser(description=f"Train and export {self.name}.")
        parser.add_argument("-o", "--output", type=Path, default=folder, help="folder of the files to write")
        parser.add_argument("--samples", type=int, default=self.training)
        parser.add_argument("--epochs", type=int, default=self.epochs[0], help="without quantizers")
        parser.add_argument("--quantized-epochs", type=int, default=self.epochs[1])
        options = parser.parse_args()
        print(self.build(options.output, options.samples, (options.epochs, options.quantized_epochs)))


def accuracy(model: nn.Module, x: NDArray[np.float32], y: NDArray[np.int64]) -> float:
    return round(float((results(model, [images(x)]).argmax(axis=1) == y).mean()), 4)

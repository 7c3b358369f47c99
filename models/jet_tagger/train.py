"""Trains the jet tagger with quantization in the loop and exports it as QONNX.

    python -m models.jet_tagger.train            # from the root of the checkout, with the `train` extra

The network is 16-64-32-32-5: quantized linear layers with 6-bit weights (one float scale per tensor) and
16-bit biases at the scale of their accumulator, 6-bit ReLUs, and an 8-bit fixed-point input. It ends on
logits. Everything is seeded; on one machine and one thread a rerun gives the same file.
"""

import argparse
import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import brevitas.nn as qnn
import numpy as np
import onnx
import torch
from brevitas.export import export_qonnx
from brevitas.quant import Int8ActPerTensorFixedPoint, Int16Bias
from numpy.typing import NDArray
from torch import nn

from models.jet_tagger.generate import CLASSES, OBSERVABLES, jets

HERE = Path(__file__).parent
HIDDEN = (64, 32, 32)
SEED = 20261122
TRAINING_JETS, TEST_JETS, VALIDATION_JETS = 100_000, 30_000, 1000
TRAINING_SEED, TEST_SEED, VALIDATION_SEED = 1001, 1002, 1003


def network(hidden: tuple[int, ...] = HIDDEN, weight_bits: int = 6, activation_bits: int = 6) -> nn.Sequential:
    """The untrained network, from the 16 observables to one logit per class."""
    layers: list[nn.Module] = [qnn.QuantIdentity(act_quant=Int8ActPerTensorFixedPoint, return_quant_tensor=True)]
    width = len(OBSERVABLES)
    for size in hidden:
        layers.append(linear(width, size, weight_bits))
        layers.append(qnn.QuantReLU(bit_width=activation_bits, return_quant_tensor=True))
        width = size
    layers.append(linear(width, len(CLASSES), weight_bits, last=True))
    return nn.Sequential(*layers)


def linear(inputs: int, outputs: int, weight_bits: int, last: bool = False) -> qnn.QuantLinear:
    return qnn.QuantLinear(
        inputs,
        outputs,
        bias=True,
        weight_bit_width=weight_bits,
        bias_quant=Int16Bias,
        return_quant_tensor=not last,
    )


def float_network() -> nn.Sequential:
    """The same network without quantizers, for comparison."""
    layers: list[nn.Module] = []
    width = len(OBSERVABLES)
    for size in HIDDEN:
        layers += [nn.Linear(width, size), nn.ReLU()]
        width = size
    return nn.Sequential(*layers, nn.Linear(width, len(CLASSES)))


def train(
    model: nn.Module,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    epochs: int,
    batch: int = 512,
    learning_rate: float = 4e-3,
) -> None:
    """Adam on the cross entropy, with a one-cycle learning rate; leaves the model in evaluation mode."""
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    steps = epochs * (len(x) // batch)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(x))[: len(x) // batch * batch]
        for rows in order.split(batch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()


def logits(model: nn.Module, x: NDArray[np.float32]) -> NDArray[np.float32]:
    with torch.no_grad():
        result: NDArray[np.float32] = model(torch.from_numpy(x)).numpy()
    return result


def metrics(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, object]:
    """Accuracy, and for each class the area under its ROC curve against the other four."""
    probability = np.exp(scores - scores.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    return {
        "accuracy": round(float((scores.argmax(axis=1) == labels).mean()), 4),
        "auc": {name: round(area_under_curve(probability[:, i], labels == i), 4) for i, name in enumerate(CLASSES)},
    }


def area_under_curve(score: NDArray[np.float32], positive: NDArray[np.bool_]) -> float:
    """The chance that a positive scores above a negative, ties counted half (Mann-Whitney)."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives, negatives = int(positive.sum()), int((~positive).sum())
    return float((rank[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def export(model: nn.Module, path: Path) -> None:
    """The model as QONNX, for one jet at a time, without the stack traces that torch writes into it."""
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.onnx"
        export_qonnx(model, args=torch.zeros(1, len(OBSERVABLES)), export_path=str(raw))
        proto = onnx.load(raw)
    graph = proto.graph
    tensors = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for part in (proto, graph, *graph.node, *tensors):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(proto, path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train and export the jet tagger.")
    parser.add_argument("-o", "--output", type=Path, default=HERE, help="folder of the files to write")
    parser.add_argument("--epochs", type=int, default=25)
    options = parser.parse_args()

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    x, y = jets(TRAINING_JETS, TRAINING_SEED)
    model, reference = network(), float_network()
    for each in (model, reference):
        train(each, x, y, epochs=options.epochs)

    test_x, test_y = jets(TEST_JETS, TEST_SEED)
    validation_x, validation_y = jets(VALIDATION_JETS, VALIDATION_SEED)
    file = options.output / "jet_tagger.onnx"
    export(model, file)
    np.save(options.output / "validation_x.npy", validation_x)
    np.save(options.output / "validation_y.npy", validation_y.astype(np.int8))
    expected = {
        "seed": SEED,
        "epochs": options.epochs,
        "test": metrics(logits(model, test_x), test_y),
        "test_unquantized": metrics(logits(reference, test_x), test_y),
        "validation": metrics(logits(model, validation_x), validation_y),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    text = json.dumps(expected, indent=2)
    (options.output / "expected.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()

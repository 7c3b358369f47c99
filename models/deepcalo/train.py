"""Trains the energy regression and exports it as QONNX.

    python -m models.deepcalo.train            # from the root of the checkout, with the `train` extra
    python -m models.deepcalo.train --full -o build/deepcalo_full

The network is trained without quantizers first, then, from those weights, with them. Batch norms use the statistics of
the batch in the first half of the epochs and their averages from then on: the spread of the energies in a batch would
blur the result by 1 / sqrt(2 * 64) = 9 %. The loss is that of the ratio to the true energy, so that all energies count
alike. Images are mirrored at random in eta and phi, which the generator's showers do not notice. Everything is seeded;
on one machine and one thread a rerun gives the same file.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from codesign.scan.qat.export import export
from models.deepcalo.generate import Events, showers
from models.deepcalo.network import Full, ImageOnly
from models.training import fit, images, quantized, results

HERE = Path(__file__).parent
SEED = 20261122
TRAINING_SEED, TEST_SEED, VALIDATION_SEED = 2001, 2002, 2003
TEST_EVENTS, VALIDATION_EVENTS = 4000, 32
UNIT_GEV = 100.0
"""The network's result counts this."""
BANDS_GEV = {"20-200 GeV": (20, 200), "20-60 GeV": (20, 60), "60-200 GeV": (60, 200)}


def inputs(events: Events, full: bool) -> list[Tensor]:
    """What the network is given: the image channels first, and for the full one tracks and scalars."""
    image = images(events.images)
    return [image, torch.from_numpy(events.tracks), torch.from_numpy(events.scalars)] if full else [image]


def wanted(events: Events) -> Tensor:
    return torch.from_numpy(events.energy[:, None] / np.float32(UNIT_GEV))


def loss(found: Tensor, true: Tensor) -> Tensor:
    """Squared below a deviation of 20 %, linear above."""
    return nn.functional.smooth_l1_loss(found / true, torch.ones_like(true), beta=0.2)


def mirrored(x: list[Tensor]) -> list[Tensor]:
    """The batch with its images turned over in eta, phi, both or neither; what else there is stays."""
    image = x[0]
    for axis in (2, 3):
        if torch.rand(()) < 0.5:
            image = image.flip(axis)
    return [image, *x[1:]]


def energies(model: nn.Module, events: Events, full: bool) -> NDArray[np.float64]:
    """What the network finds, in GeV."""
    return results(model, inputs(events, full))[:, 0] * UNIT_GEV


def calibrated(training: Events, test: Events) -> NDArray[np.float64]:
    """The best weighted sum of the four layers and a constant, fitted to the ratio: what to beat, in GeV."""

    def design(events: Events) -> NDArray[np.float64]:
        return np.column_stack([events.deposits, np.ones(len(events.energy))]).astype(np.float64)

    ratios = design(training) / training.energy[:, None]
    weights = np.linalg.lstsq(ratios, np.ones(len(ratios)), rcond=None)[0]
    return design(test) @ weights


def resolution(found: NDArray[np.float64], true: NDArray[np.float32]) -> dict[str, dict[str, float]]:
    """For each band of energies the median of found / true, and half its interquartile range as a Gaussian's sigma.

    The sigma of a Gaussian is the interquartile range over 1.349; it is given relative to the median.
    """
    answer = {}
    for name, (low, high) in BANDS_GEV.items():
        ratio = (found / true)[(true >= low) & (true <= high)]
        quarter, median, three_quarters = np.percentile(ratio, [25, 50, 75])
        sigma = (three_quarters - quarter) / 1.349 / median
        answer[name] = {"median": round(float(median), 4), "sigma": round(float(sigma), 5)}
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description="Train and export the energy regression.")
    parser.add_argument("-o", "--output", type=Path, default=HERE, help="folder of the files to write")
    parser.add_argument("--full", action="store_true", help="with tracks and scalars (FiLM)")
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=8, help="without quantizers")
    parser.add_argument("--quantized-epochs", type=int, default=2)
    options = parser.parse_args()

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    training, test = showers(options.events, TRAINING_SEED), showers(TEST_EVENTS, TEST_SEED)
    validation = showers(VALIDATION_EVENTS, VALIDATION_SEED)
    network = Full if options.full else ImageOnly
    x, y = inputs(training, options.full), wanted(training)
    plain = network(bits=None)
    for frozen, learning_rate in ((False, 2e-3), (True, 1e-3)):
        half = {"epochs": options.epochs // 2, "learning_rate": learning_rate, "frozen": frozen}
        fit(plain, x, y, loss, **half, augment=mirrored)
    unquantized = resolution(energies(plain, test, options.full), test.energy)
    print("without quantizers", unquantized, flush=True)
    model = quantized(network(), plain)
    epochs = options.quantized_epochs
    fit(model, x, y, loss, epochs=epochs, learning_rate=2e-4, frozen=True, augment=mirrored)

    options.output.mkdir(parents=True, exist_ok=True)
    given = inputs(validation, options.full)
    file = options.output / ("full.onnx" if options.full else "image_only.onnx")
    export(model, tuple(each[:1] for each in given), file)
    for name, each in zip(("validation_x", "validation_tracks", "validation_scalars"), given):
        np.save(options.output / f"{name}.npy", each.numpy())
    np.save(options.output / "validation_energy.npy", validation.energy)
    expected = {
        "seed": SEED,
        "events": options.events,
        "epochs": [options.epochs, options.quantized_epochs],
        "test": resolution(energies(model, test, options.full), test.energy),
        "test_unquantized": unquantized,
        "test_calibrated_sum": resolution(calibrated(training, test), test.energy),
        "test_plain_sum": resolution(test.deposits.sum(axis=1).astype(np.float64), test.energy),
        "validation_outputs": results(model, given)[:, 0].astype(float).tolist(),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    text = json.dumps(expected, indent=2)
    (options.output / "expected.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()

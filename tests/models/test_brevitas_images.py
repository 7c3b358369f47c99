"""Convolutional networks as Brevitas trains and exports them, against what the compiler makes of the file.

Brevitas computes in float32. Every code of the generated C++ must be the one that it gives; where float32 lies within
its proved error of a rounding tie, a code may fall to the other side there, and such samples are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.train

SAMPLES = 24
KINDS = {
    "8 bits per channel": (8, True),
    "8 bits per tensor": (8, False),
    "4 bits per channel": (4, True),
    "4 bits per tensor": (4, False),
}


@pytest.fixture(autouse=True)
def torch() -> Any:
    """Torch on one thread and seeded; the test skips by name where it is absent."""
    found = pytest.importorskip("torch", reason="needs the `train` extra")
    pytest.importorskip("brevitas", reason="needs the `train` extra")
    found.manual_seed(5)
    found.set_num_threads(1)
    return found


def settled(model: Any, inputs: list[Any]) -> None:
    """A few steps towards a random goal, for scales and batch norms that are not what they began with."""
    import torch

    from models.training import fit

    wanted = torch.randn(len(inputs[0]), model(*[x[:4] for x in inputs]).shape[1])
    fit(model, inputs, wanted, torch.nn.functional.mse_loss, epochs=10, learning_rate=3e-3, batch=8)


def assert_equal_in_every_code(model: Any, inputs: list[Any], file: Path) -> None:
    """Exports the model; then Brevitas, the typed network, the integers, the design and the C++ agree."""
    import codesign
    from codesign.ir.tensor import as_codes
    from codesign.scan.qat.export import export
    from codesign.verification.ladder import compare_reference
    from models.training import results

    export(model, tuple(x[:1] for x in inputs), file)
    compiled = codesign.compile(file, target="u50", csim=False)
    assert [r.name for r in compiled.report.rungs] == ["exact meaning of the model", "integer network", "design"]
    assert [r.mismatches for r in compiled.report.rungs] == [0, 0, 0]

    given = [x.numpy() for x in inputs]
    brevitas = results(model, inputs)
    rung = compare_reference(compiled.typed, compiled.typed.run(given, keep=True), [brevitas])
    assert rung.mismatches == 0
    assert rung.ties <= SAMPLES // 10

    (output,) = compiled.network.outputs
    codes = as_codes(compiled.network.run_codes(compiled.encode(*given))[output.source])
    found = compiled.csim(*given)
    np.testing.assert_array_equal(found, compiled.network[output.source].type.decode_float(codes))
    step = compiled.network[output.source].type.step.values
    apart = np.abs(found - brevitas.reshape(found.shape)).reshape(SAMPLES, -1).max(axis=1) > float(min(step)) / 2
    assert apart.sum() <= rung.ties, "the codes differ only at ties"


def cnn(bits: int, per_channel: bool) -> Any:
    """Strides, padding, an odd image, a pool, a flatten, and 8-bit codes at the end."""
    from torch import nn

    from codesign.scan.qat.blocks import Blocks

    blocks = Blocks(bits, per_channel)
    return nn.Sequential(
        blocks.quantizer(8),
        *blocks.conv(2, 5, 3),
        blocks.relu(),
        nn.MaxPool2d(2),
        *blocks.conv(5, 6, (3, 2), stride=(1, 2), padding=1),
        blocks.relu(),
        nn.Flatten(),
        *blocks.dense(6 * 4 * 2, 7),
        blocks.linear(7, 3),
        blocks.quantizer(8),
    )


def with_codes_at_the_end(model: Any) -> Any:
    """The same with an 8-bit quantizer behind it, so that every result is a code."""
    from torch import nn

    from codesign.scan.qat.blocks import Blocks

    class Coded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.codes = model, Blocks(8).quantizer()

        def forward(self, *inputs: Any) -> Any:
            return self.codes(self.model(*inputs))

    return Coded()


@pytest.mark.parametrize("kind", KINDS)
def test_a_convolutional_network_with_batch_norm_is_exact(kind: str, torch: Any, tmp_path: Path) -> None:
    model, x = cnn(*KINDS[kind]), [torch.randn(SAMPLES, 2, 9, 7)]
    settled(model, x)
    assert_equal_in_every_code(model, x, tmp_path / "cnn.onnx")


@pytest.mark.parametrize("bits", [8, 4])
def test_residual_joins_are_exact(bits: int, tmp_path: Path) -> None:
    from models.resnet.generate import pictures
    from models.resnet.network import network
    from models.training import images

    model, x = with_codes_at_the_end(network(bits, widths=(3, 4, 5))), [images(pictures(SAMPLES, 5)[0])]
    settled(model, x)
    assert_equal_in_every_code(model, x, tmp_path / "resnet.onnx")


@pytest.mark.parametrize("bits", [8, 4])
def test_depthwise_separable_convolutions_are_exact(bits: int, tmp_path: Path) -> None:
    from models.kws_dscnn.generate import utterances
    from models.kws_dscnn.network import network
    from models.training import images

    model, x = with_codes_at_the_end(network(bits, channels=6, depth=2)), [images(utterances(SAMPLES, 5)[0])]
    settled(model, x)
    assert_equal_in_every_code(model, x, tmp_path / "kws.onnx")


def test_the_energy_regression_from_images_is_exact(tmp_path: Path) -> None:
    from models.deepcalo.generate import showers
    from models.deepcalo.network import ImageOnly
    from models.deepcalo.train import inputs

    model = with_codes_at_the_end(ImageOnly(widths=(3, 4, 5, 6, 7), dense=8))
    x = inputs(showers(SAMPLES, 5), full=False)
    settled(model, x)
    assert_equal_in_every_code(model, x, tmp_path / "image_only.onnx")


def test_the_full_energy_regression_is_exact(tmp_path: Path) -> None:
    """Dense layers on each track, their sum, and products of the image with what tracks and scalars give."""
    from models.deepcalo.generate import showers
    from models.deepcalo.network import Full
    from models.deepcalo.train import inputs

    sizes = {"widths": (3, 4, 5, 6, 7), "dense": 8, "track": 6, "scalar": 7, "generator": (9, 10)}
    model = with_codes_at_the_end(Full(**sizes))
    x = inputs(showers(SAMPLES, 5), full=True)
    settled(model, x)
    assert_equal_in_every_code(model, x, tmp_path / "full.onnx")


def test_integers_in_the_file_mean_what_brevitas_wrote(torch: Any, tmp_path: Path) -> None:
    """The file with stored codes is the same network as Brevitas' own, weight for weight."""
    from brevitas.export import export_qonnx

    from codesign.frontends.qonnx import load
    from codesign.scan.qat.export import export

    model, x = cnn(8, True), [torch.randn(SAMPLES, 2, 9, 7)]
    settled(model, x)
    export(model, (x[0][:1],), tmp_path / "cnn.onnx")
    (tmp_path / "raw").mkdir()
    export_qonnx(model, args=(x[0][:1],), export_path=str(tmp_path / "raw" / "cnn.onnx"))
    stored, raw = load(tmp_path / "cnn.onnx"), load(tmp_path / "raw" / "cnn.onnx")
    assert [n.type for n in stored] == [n.type for n in raw]
    given = [x[0].numpy()]
    for one, other in zip(stored.values(given), raw.values(given), strict=True):
        np.testing.assert_array_equal(one, other)


def test_training_learns_from_the_samples(tmp_path: Path) -> None:
    """Few samples and epochs already find more than chance, a twelfth; the trained files find far more."""
    from models.classifier import accuracy
    from models.kws_dscnn.network import network
    from models.kws_dscnn.train import KWS

    plain, model = network(None, channels=16, depth=2), network(8, channels=16, depth=2)
    KWS.train(plain, model, 600, (4, 1))
    assert accuracy(model, *KWS.samples(300, 77)) > 0.2


def test_the_energy_regression_learns_from_showers() -> None:
    from models.deepcalo.generate import showers
    from models.deepcalo.network import ImageOnly
    from models.deepcalo.train import energies, inputs, loss, resolution, wanted
    from models.training import fit

    training, test = showers(400, 8), showers(200, 9)
    small: Callable[[], Any] = lambda: ImageOnly(widths=(4, 4, 8, 8, 16), dense=16)  # noqa: E731
    model = small()
    fit(model, inputs(training, False), wanted(training), loss, epochs=8, learning_rate=5e-3, batch=32)
    before = resolution(energies(small(), test, False), test.energy)["20-200 GeV"]["sigma"]
    after = resolution(energies(model, test, False), test.energy)["20-200 GeV"]["sigma"]
    assert after < 0.3 < before

"""Networks from descriptions: trained with Brevitas, exported, and exactly what the compiler makes of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.scan.qat.description import Description

pytestmark = pytest.mark.train

SAMPLES = 96


@pytest.fixture(autouse=True)
def torch() -> Any:
    """Torch on one thread; the test skips by name where it is absent."""
    found = pytest.importorskip("torch", reason="needs the `train` extra")
    pytest.importorskip("brevitas", reason="needs the `train` extra")
    found.set_num_threads(1)
    return found


def described(inputs: dict[str, Any], layers: dict[str, Any], bits: int = 8, **training: Any) -> Description:
    settings = {"epochs": 2, "quantized_epochs": 8, "batch": 8, "learning_rate": 3e-3} | training
    return Description.of({"Bits": bits, "Inputs": inputs, "Layers": layers, "Training": settings})


def data(description: Description, seed: int = 3) -> tuple[list[Any], Any]:
    random = np.random.default_rng(seed)
    inputs = [random.normal(size=(SAMPLES, *i.shape)).astype(np.float32) for i in description.inputs]
    result = description.shapes[description.layers[-1].name]
    return inputs, random.normal(size=(SAMPLES, *result)).astype(np.float32)


DENSE = (
    {"x": {"shape": [9]}},
    {"a": {"kind": "dense", "units": 8}, "b": {"kind": "dense", "units": 6, "norm": False, "weight_bits": 4},
     "c": {"kind": "dense", "units": 3, "activation": "none", "norm": False}},
)  # fmt: skip
IMAGE = (
    {"x": {"shape": [2, 9, 7]}},
    {"up": {"kind": "upsample", "factor": [1, 2]}, "a": {"kind": "conv", "filters": 4, "kernel": 3},
     "b": {"kind": "conv", "kernel": 3, "depthwise": True}, "p": {"kind": "max_pool", "size": 2},
     "c": {"kind": "conv", "filters": 4, "kernel": [1, 3], "norm": False},
     "sum": {"kind": "add", "from": ["p", "c"]}, "g": {"kind": "global_average"},
     "d": {"kind": "dense", "units": 3, "activation": "none", "norm": False}},
)  # fmt: skip
SEVERAL = (
    {"image": {"shape": [2, 6, 6]}, "tracks": {"shape": [5, 3]}, "scalars": {"shape": [4]}},
    {"each": {"kind": "transpose", "from": "tracks"}, "t": {"kind": "time_distributed", "units": 5},
     "all": {"kind": "sum"}, "s": {"kind": "dense", "units": 4, "from": "scalars"},
     "known": {"kind": "concat", "from": ["all", "s"]}, "a": {"kind": "conv", "filters": 3, "from": "image"},
     "m": {"kind": "film", "from": ["a", "known"]},
     "b": {"kind": "conv", "filters": 3, "stride": 2, "padding": "valid"}, "flat": {"kind": "flatten"},
     "e": {"kind": "dense", "units": 1, "activation": "none", "norm": False}},
)  # fmt: skip


@pytest.mark.parametrize("bits", [8, 4, 2])
@pytest.mark.parametrize("network", [DENSE, IMAGE, SEVERAL], ids=["dense", "image", "several"])
def test_the_compiled_integers_are_those_that_brevitas_trained(network: Any, bits: int, tmp_path: Path) -> None:
    import codesign
    from codesign.scan.qat.samples import Samples
    from codesign.scan.qat.train import train
    from codesign.verification.ladder import compare_reference

    description = described(*network, bits=bits)
    inputs, labels = data(description)
    trained = train(description, Samples.of(description, inputs, labels))
    trained.export(tmp_path / "net.onnx")
    compiled = codesign.compile(tmp_path / "net.onnx", target="u50", csim=False)

    assert [r.mismatches for r in compiled.report.rungs] == [0, 0, 0]
    given = [x[:24] for x in inputs]
    rung = compare_reference(compiled.typed, compiled.typed.run(given, keep=True), [trained.results(given)])
    assert rung.mismatches == 0
    assert rung.ties <= 2
    assert not compiled.report.approximations


def test_weights_that_training_left_far_outside_their_range_are_stored_as_what_they_are_quantized_to(
    tmp_path: Path,
) -> None:
    import torch

    import codesign
    from codesign.scan.qat.samples import Samples
    from codesign.scan.qat.train import train
    from codesign.verification.ladder import compare_reference

    for bits in (8, 2):
        description = described(*DENSE, bits=bits)
        inputs, labels = data(description)
        trained = train(description, Samples.of(description, inputs, labels))
        with torch.no_grad():
            for module in trained.quantized.modules():
                if isinstance(getattr(module, "weight", None), torch.Tensor) and module.weight.ndim == 2:
                    module.weight[0, 0] = -300.0
                    module.weight[1, 1] = 300.0
        trained.export(tmp_path / f"{bits}.onnx")
        compiled = codesign.compile(tmp_path / f"{bits}.onnx", target="u50", csim=False)

        rung = compare_reference(compiled.typed, compiled.typed.run(inputs, keep=True), [trained.results(inputs)])
        assert rung.mismatches == 0
        assert rung.ties <= 2


def test_training_is_repeated_bit_for_bit_from_its_seed(tmp_path: Path) -> None:
    from codesign.scan.qat.samples import Samples
    from codesign.scan.qat.train import train

    description = described(*DENSE)
    inputs, labels = data(description)
    files = []
    for name in ("one", "other"):
        trained = train(description, Samples.of(description, inputs, labels))
        trained.export(tmp_path / f"{name}.onnx")
        files.append((tmp_path / f"{name}.onnx").read_bytes())
    assert files[0] == files[1]
    another = train(description.with_bits(seed=9), Samples.of(description, inputs, labels))
    assert (another.results(inputs) != trained.results(inputs)).any()


def test_pruned_weights_are_zero_in_the_file(tmp_path: Path) -> None:
    import codesign
    from codesign.ir.layers import Dense
    from codesign.scan.qat.samples import Samples
    from codesign.scan.qat.train import train

    layers = DENSE[1] | {"a": {"kind": "dense", "units": 8, "prune": 0.75}}
    description = described(DENSE[0], layers, epochs=6)
    inputs, labels = data(description)
    trained = train(description, Samples.of(description, inputs, labels))
    weight = trained.quantized.layers[0][0].weight
    assert int((weight == 0).sum()) == round(0.75 * 72)
    trained.export(tmp_path / "net.onnx")
    compiled = codesign.compile(tmp_path / "net.onnx", target="u50", csim=False)
    first = next(n.layer for n in compiled.network if isinstance(n.layer, Dense))
    assert int((first.weights == 0).sum()) >= round(0.75 * 72)


@pytest.mark.parametrize("schedule", ["one_cycle", "cyclical", "constant"])
def test_training_learns_and_quantization_costs_little(schedule: str) -> None:
    from codesign.scan.qat.samples import Samples
    from codesign.scan.qat.train import train
    from models.jet_tagger.generate import jets

    last = {"kind": "dense", "units": 5, "activation": "none", "norm": False}
    layers = {"a": {"kind": "dense", "units": 24}, "logits": last}
    description = described(
        {"jets": {"shape": [16]}}, layers, bits=6, loss="cross_entropy", epochs=5, quantized_epochs=3, batch=128,
        schedule=schedule, distill=0.3, patience=3,
    )  # fmt: skip
    x, y = jets(6000, 5)
    trained = train(description, Samples.of(description, [x], y))
    test_x, test_y = jets(2000, 6)
    assert (trained.results([test_x]).argmax(axis=1) == test_y).mean() > 0.55
    losses = trained.fitted["quantized"].losses
    assert min(losses) == losses[trained.fitted["quantized"].best_epoch]


def test_training_stops_when_nothing_improves() -> None:
    """Labels without any relation to the data: the validation loss soon only grows."""
    from codesign.scan.qat.samples import Samples
    from codesign.scan.qat.train import train

    description = described(*DENSE, epochs=200, patience=3, validation=0.4, quantized_epochs=1, frozen_norm=0.0)
    inputs, labels = data(description)
    trained = train(description, Samples.of(description, inputs, labels))
    assert len(trained.fitted["float"].losses) < 200


def test_bits_are_those_that_are_asked_for(tmp_path: Path) -> None:
    from codesign.scan.qat.network import Network

    description = described(*DENSE).with_bits(5, {"b": 3})
    network = Network(description)
    assert [module[0].weight_quant.bit_width().item() for module in network.layers] == [5, 3, 5]
    assert [module[-1].act_quant.bit_width().item() for module in network.layers[:2]] == [5, 3]
    assert network.inputs[0].act_quant.bit_width().item() == 8


def test_data_that_does_not_fit_is_refused() -> None:
    from codesign.scan.qat.samples import Samples

    description = described(*DENSE)
    (x,), labels = data(description)
    cases = [
        ([x[:, :5]], labels, r"x: data of shape \(96, 5\) and type float32, expected numbers \(n, 9\)"),
        ([x, x], labels, "2 arrays of data, expected 1: x"),
        ([x], labels[:50], "data of 96 samples with 50 labels"),
        ([x], labels[:, :2], r"labels of shape \(96, 2\) and type float32, expected numbers of \(3,\) each"),
        ([np.where(x > 2, np.nan, x)], labels, r"x: sample \d+ has NaN or infinity"),
        ([x], np.where(labels > 2, np.inf, labels), "labels with NaN or infinity"),
        ([x[:1]], labels[:1], "1 samples, of which 0 are kept"),
    ]
    for inputs, wanted, message in cases:
        with pytest.raises(ConfigError, match=message):
            Samples.of(description, inputs, wanted)
    classes = described(*DENSE, loss="cross_entropy")
    with pytest.raises(ConfigError, match=r"labels in 0\.\.3, but the network has 3 classes"):
        Samples.of(classes, [x], np.arange(96) % 4)
    with pytest.raises(ConfigError, match="cross_entropy takes class numbers"):
        Samples.of(classes, [x], labels)


def test_training_begins_with_the_scales_of_least_error() -> None:
    """Weights and activations as they are before the first step, against every threshold that could have been."""
    import torch

    from codesign.scan.qat.network import Network
    from codesign.scan.qat.start import SHARES, start

    torch.manual_seed(4)
    description = described({"x": {"shape": [9], "bits": 3}}, DENSE[1], bits=3)
    plain, quantized = Network(description, quantized=False), Network(description)
    quantized.load_state_dict(plain.state_dict(), strict=False)
    x = torch.from_numpy(data(description)[0][0])
    start(quantized, plain, [x])
    quantized.eval()

    def least(values: Any, largest: Any, low: int, high: int, steps: int, axis: int) -> Any:
        """The least sum of squared errors over all thresholds."""
        scales = [largest * share / steps for share in SHARES]
        errors = [((values / s).round().clamp(low, high) * s - values).square().sum(dim=axis) for s in scales]
        return torch.stack(errors).amin(dim=0)

    with torch.no_grad():
        weight = plain.layers[0][0].weight
        found = quantized.layers[0][0].quant_weight()
        assert (found.value / found.scale).abs().max() <= 3.001
        error = (found.value - weight).square().sum(dim=1)
        best = least(weight, weight.abs().amax(dim=1, keepdim=True), -3, 3, 3, 1)
        torch.testing.assert_close(error, best, rtol=1e-4, atol=0)  # float32 sums, in two orders
        error = (quantized.inputs[0](x) - x).square().sum()
        torch.testing.assert_close(error, least(x.flatten(), x.abs().max(), -4, 3, 4, 0), rtol=1e-4, atol=0)
        hidden = plain.layers[0][:2](x).relu()
        error = (quantized.layers[0][2](hidden) - hidden).square().sum()
        torch.testing.assert_close(error, least(hidden.flatten(), hidden.max(), 0, 7, 7, 0), rtol=1e-4, atol=0)


def test_what_training_begins_with_stays_where_no_epoch_is_better() -> None:
    from codesign.scan.qat.samples import Samples
    from codesign.scan.qat.train import train

    description = described(*DENSE, quantized_epochs=4, quantized_learning_rate=5.0, schedule="constant")
    inputs, labels = data(description)
    trained = train(description, Samples.of(description, inputs, labels))
    fitted = trained.fitted["quantized"]
    assert fitted.best_epoch == -1
    assert fitted.best == fitted.start < min(fitted.losses)
    still = described(*DENSE, quantized_epochs=1, quantized_learning_rate=1e-9, schedule="constant")
    gentle = train(still, Samples.of(still, inputs, labels))
    np.testing.assert_allclose(trained.results(inputs), gentle.results(inputs), atol=1e-4)  # a step of 1e-9 each

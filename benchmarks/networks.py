"""The networks that are measured: where each lies, how it is compiled, what it is fed with, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

ROOT = Path(__file__).parents[1]
MODELS = ROOT.parent / "shared" / "models"
DATA = ROOT.parent / "shared" / "data"
CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class Golden:
    """Inputs (n, *shape) and what other tools published for them."""

    inputs: np.ndarray
    expected: list[int]


@dataclass(frozen=True)
class Network:
    """A file with the options that compile it."""

    name: str
    path: Path
    input_type: str | None = None
    config: Path | None = None
    golden: Callable[[], Golden] | None = None
    inputs: Callable[[int], np.ndarray] | None = None
    """Samples (n, *shape) of the kind the network was made for, where that is known."""
    most: int = 1000
    """Of each kind as many are compared: exact arithmetic on large images takes seconds for each."""
    float_throughout: bool = False
    """Whether the file has float weights, so that the result depends on the types stated."""

    def options(self) -> list[str]:
        """Those of `codesign compile`."""
        typed = [] if self.input_type is None else ["--input-type", self.input_type]
        return typed if self.config is None else [*typed, "--config", str(self.config)]


def decided(outputs: np.ndarray) -> list[int]:
    """The class of each sample of outputs (n, *shape): the largest, or what the network itself gives as one number."""
    rows = outputs.reshape(len(outputs), -1)
    found: list[int] = (rows.argmax(axis=1) if rows.shape[1] > 1 else rows[:, 0].astype(np.int64)).tolist()
    return found


def _golden(inputs: Path, expected: Path, divisor: float = 1) -> Callable[[], Golden]:
    def load() -> Golden:
        answers = np.load(expected).astype(np.int64).ravel().tolist()
        return Golden(np.load(inputs) / np.float32(divisor), answers)

    return load


def jets(count: int) -> np.ndarray:
    """Standardised jet features (count, 16) as fixed<16,6> holds them, within +-4."""
    return np.random.default_rng(0).integers(-4096, 4097, (count, 16)).astype(np.float32) / 1024


def images(count: int) -> np.ndarray:
    """Pictures (count, 1, 28, 28) of noise in [0, 1), in steps of 1/256."""
    return np.random.default_rng(0).integers(0, 256, (count, 1, 28, 28)).astype(np.float32) / 256


def bytes_(count: int) -> np.ndarray:
    """The same in 0..255."""
    return images(count) * 256


def cepstra(count: int) -> np.ndarray:
    """Cepstral coefficients (count, 1, 10, 49) of the size that speech has, in steps of 1/64."""
    x = np.random.default_rng(0).normal(0, 10, (count, 1, 10, 49)).astype(np.float32)
    x[:, :, 0] -= 40
    rounded: np.ndarray = np.round(x * 64) / 64
    return rounded


def pictures(count: int) -> np.ndarray:
    """Gray pictures (count, 3, 96, 96) in -1..1: the two that were published with the benchmark, turned and moved."""
    random = np.random.default_rng(0)
    known = np.load(DATA / "mlperf_tiny_inputs" / "derived_vww_inputs.npy").reshape(-1, 96, 96)
    found = [*known]
    while len(found) < count:
        picture = known[len(found) % len(known)][:, :: random.choice([-1, 1])]
        found.append(np.roll(picture, random.integers(-12, 13), axis=random.integers(0, 2)))
    return np.repeat(np.stack(found[:count])[:, None], 3, axis=1).astype(np.float32)


def patches(count: int) -> np.ndarray:
    """Colour pictures (count, 3, 128, 128) in [0, 1) of smooth shades with some noise, in steps of 1/256."""
    random = np.random.default_rng(0)
    place = np.linspace(0, 2 * np.pi, 128)
    waves = [
        random.uniform(0.5, 6, (2, count, 3, 1)) * place + random.uniform(0, 6, (2, count, 3, 1)) for _ in range(2)
    ]
    shades = sum(np.sin(down)[..., None] * np.cos(across)[..., None, :] for down, across in waves)
    x = 0.5 + 0.2 * shades + random.normal(0, 0.02, (count, 3, 128, 128))
    return (np.clip(np.floor(x * 256), 0, 255) / 256).astype(np.float32)


def digits(count: int) -> np.ndarray:
    """Pictures (count, 1, 28, 28) in 0..255: the published one, moved."""
    random = np.random.default_rng(0)
    known = _published(_DIGIT / "test_data_set_0__input_0.pb")[0, 0]
    moves = [(0, 0), *random.integers(-3, 4, (count, 2)).tolist()][:count]
    return np.stack([np.roll(known, move, axis=(0, 1))[None] for move in moves]).astype(np.float32)


def showers(count: int) -> np.ndarray:
    """Calorimeter images (count, 4, 56, 11); at most the 256 events that there are."""
    with np.load(DATA / "deepcalo" / "synthetic_events.npz") as file:
        found: np.ndarray = file["image"][:count]
    return found


def _published(path: Path) -> np.ndarray:
    """The tensor in an ONNX test vector."""
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def _golden_digit() -> Golden:
    answer = _published(_DIGIT / "test_data_set_0__output_0.pb")
    return Golden(_published(_DIGIT / "test_data_set_0__input_0.pb"), [int(answer.argmax())])


def seeds(count: int) -> np.ndarray:
    """Track seeds (count, 14) of a cylindrical pixel detector: pT, eta, phi, three space points, vertex z, quality.

    Their means and variances are about those that the classifier's own normalisation states.
    """
    random = np.random.default_rng(0)
    eta, phi = random.uniform(-3, 3, count), random.uniform(-np.pi, np.pi, count)
    z0 = random.normal(0, 70, count)
    columns = [random.lognormal(-0.2, 0.9, count), eta, phi]
    for radius, spread in ((39, 3), (92, 15), (151, 20)):
        r, bend = radius + random.uniform(-spread, spread, count), random.normal(0, 0.01, (2, count))
        columns += [r * np.cos(phi + bend[0]), r * np.sin(phi + bend[1]), z0 + r * np.sinh(eta)]
    return np.stack([*columns, z0, random.gamma(0.65, 158, count)], axis=1).astype(np.float32)


def spectra(count: int) -> np.ndarray:
    """Five frames of 128 log-mel energies (count, 640) around the mean that the file's first batch norm saw.

    What one band does is common to the frames, as in the hum of a machine.
    """
    weights = {t.name: numpy_helper.to_array(t) for t in onnx.load(ALIBABA).graph.initializer}
    wanted = weights["layers.1.running_mean"] - weights["layers.0.bias"]
    mean = np.linalg.lstsq(weights["layers.0.weight"].astype(np.float64), wanted, rcond=None)[0]
    random = np.random.default_rng(0)
    bands = np.tile(random.normal(0, 6, (count, 128)), 5)
    x: np.ndarray = (mean + bands + random.normal(0, 3, (count, 640))).astype(np.float32)
    return x


_DIGIT = DATA / "mnist_conv_golden"
_MNIST = DATA / "finnex_verification_io"
_FINN = MODELS / "finn_tfc_w1a1_build_dataflow"
_UNIT = MODELS / "qonnx_history_qkeras_unit"
ALIBABA = MODELS / "mlperf_alibaba_ad" / "model_ad.onnx"
ACTS = MODELS / "acts_seed_dup_classifier" / "seedDuplicateClassifier.onnx"

OURS = Network("jet tagger of this project", ROOT / "models" / "jet_tagger" / "jet_tagger.onnx")
JETS = Network(
    "zoo_qkeras_jettagging",
    MODELS / "zoo_qkeras_jettagging" / "qkeras_jettagging.onnx",
    input_type="fixed<16,6>",
    inputs=jets,
)
KWS = Network(
    "zoo_kwsmlp_w3a3",
    MODELS / "zoo_kwsmlp_w3a3" / "kwsmlp_w3a3.onnx",
    golden=_golden(_MNIST / "kws_input.npy", _MNIST / "kws_expected_output.npy"),
    inputs=cepstra,
)
TFC_1W1A = Network(
    "zoo_tfc_1w1a",
    MODELS / "zoo_tfc_1w1a" / "TFC_1W1A.onnx",
    golden=_golden(_MNIST / "tfc_mnist_input.npy", _MNIST / "tfc_mnist_output.npy"),
    inputs=images,
)
TFC_1W2A = Network(
    "zoo_tfc_1w2a",
    MODELS / "zoo_tfc_1w2a" / "TFC_1W2A.onnx",
    golden=_golden(_MNIST / "tfc_mnist_input.npy", _MNIST / "tfc_mnist_output.npy", 255),
    inputs=images,
)
FINN = Network(
    "finn_tfc_w1a1_build_dataflow",
    _FINN / "model.onnx",
    golden=_golden(_FINN / "input.npy", _FINN / "expected_output.npy"),
    inputs=bytes_,
)
UNITS = (
    Network("qkeras_unit qdense_0", _UNIT / "model_test_qkeras_qdense_0.onnx", input_type="fixed<16,6>"),
    Network("qkeras_unit qactivation_0", _UNIT / "model_test_qkeras_qactivation_0.onnx"),
    Network("qkeras_unit qactivation_4", _UNIT / "model_test_qkeras_qactivation_4.onnx"),
)
SEEDS = Network(
    "acts_seed_dup_classifier",
    ACTS,
    config=CONFIGS / "seed_duplicate_classifier.yaml",
    inputs=seeds,
    float_throughout=True,
)
SPECTRA = Network(
    "mlperf_alibaba_ad", ALIBABA, config=CONFIGS / "anomaly_detection.yaml", inputs=spectra, float_throughout=True
)

DENSE = (JETS, KWS, TFC_1W1A, TFC_1W2A, FINN, *UNITS, SEEDS, SPECTRA)
"""The published dense networks, each with the options that a user would give."""

_CALO = MODELS / "deepcalo"
CALO_8 = Network("deepcalo image w8a8", _CALO / "deepcalo_image_only_w8a8_synthetic.onnx", inputs=showers, most=256)
CALO = Network("deepcalo image", _CALO / "deepcalo_image_only_synthetic.onnx", inputs=showers, most=256)
ESPCN = Network(
    "qonnx_espcn_nnresize_quant",
    MODELS / "qonnx_espcn_nnresize_quant" / "quant_model.onnx",
    input_type="ufixed<8,0>",
    inputs=patches,
    most=4,
)
ESPCN_FLOAT = Network(
    "qonnx_espcn_nnresize_float",
    MODELS / "qonnx_espcn_nnresize_float" / "float_model.onnx",
    input_type="ufixed<8,0>",
    config=CONFIGS / "super_resolution.yaml",
    inputs=patches,
    most=2,
    float_throughout=True,
)
RESIDUAL = Network(
    "qonnx_residual_block",
    MODELS / "qonnx_residual_block" / "residual_block_clean.onnx",
    input_type="fixed<12,4>",
    config=CONFIGS / "residual_block.yaml",
    most=20,
    float_throughout=True,
)
DIGITS = Network(
    "qonnx_mnist_conv",
    MODELS / "qonnx_mnist_conv" / "model.onnx",
    input_type="ufixed<8,8>",
    config=CONFIGS / "digits.yaml",
    golden=_golden_digit,
    inputs=digits,
    most=200,
    float_throughout=True,
)
CHANNELS = Network(
    "qonnx_eltwise_chanlast",
    MODELS / "qonnx_eltwise_chanlast" / "eltwise_chanlast_testcase.onnx",
    input_type="fixed<12,4>",
    most=10,
)
CONV_UNIT = Network(
    "qkeras_unit qconv2d_0", _UNIT / "model_test_qkeras_qconv2d_0.onnx", input_type="fixed<16,6>", most=200
)
WAKE = Network(
    "mlperf_alibaba_vww",
    MODELS / "mlperf_alibaba_vww" / "model_vww.onnx",
    input_type="fixed<8,1>",
    config=CONFIGS / "visual_wake_words.yaml",
    inputs=pictures,
    most=100,
    float_throughout=True,
)

IMAGES = (CALO_8, CALO, ESPCN, ESPCN_FLOAT, RESIDUAL, DIGITS, CHANNELS, CONV_UNIT, WAKE)
"""The published convolutional networks."""

"""The trained networks in models/, as they are: what the script wrote, and exact from the file to the C++."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import codesign
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.project import write_project
from codesign.compiler import Compiled
from codesign.ir.tensor import as_codes
from codesign.verification.ladder import compare_reference
from tools.hls_subset import check_project

MODELS = Path(__file__).parents[2] / "models"
FILES = {"kws_dscnn": "kws_dscnn.onnx", "resnet": "resnet.onnx", "deepcalo": "image_only.onnx"}
SAMPLES = 4
"""Of the validation samples, whose results under Brevitas are on file."""


@pytest.fixture(scope="module", params=FILES)
def folder(request: pytest.FixtureRequest) -> Path:
    return MODELS / str(request.param)


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return found


@pytest.fixture(scope="module")
def compiled(folder: Path) -> Compiled:
    """Compiled for the U50 as a user would."""
    return codesign.compile(folder / FILES[folder.name], target="u50", config=folder / "config.yaml", csim=False)


def test_the_file_is_the_one_that_training_wrote(folder: Path, expected: dict[str, Any]) -> None:
    file = folder / FILES[folder.name]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == expected["sha256"]
    assert b"site-packages" not in file.read_bytes()
    assert len(expected["validation_outputs"]) == len(np.load(folder / "validation_x.npy")) == 32


def test_every_meaning_is_the_same(compiled: Compiled) -> None:
    rungs = compiled.report.rungs
    assert [r.name for r in rungs] == ["exact meaning of the model", "integer network", "design"]
    assert [r.mismatches for r in rungs] == [0, 0, 0]


def test_the_generated_cpp_gives_what_brevitas_gave(compiled: Compiled, folder: Path, expected: dict[str, Any]) -> None:
    x = np.load(folder / "validation_x.npy")[:SAMPLES]
    brevitas = np.array(expected["validation_outputs"][:SAMPLES])
    (output,) = compiled.network.outputs
    codes = as_codes(compiled.network.run_codes(compiled.encode(x))[output.source])
    found = compiled.csim(x)
    np.testing.assert_array_equal(found, compiled.network[output.source].type.decode_float(codes))
    meaning = compiled.typed.run([x], keep=True)
    rung = compare_reference(compiled.typed, meaning, [brevitas])
    assert rung.mismatches == 0
    np.testing.assert_allclose(found.reshape(brevitas.shape), brevitas, atol=0.05 * np.abs(brevitas).max())


def test_the_generated_cpp_keeps_to_what_hls_tools_synthesize(compiled: Compiled, tmp_path: Path) -> None:
    sources = write_project(compiled.design, tmp_path, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    write_kernel(kernel(compiled.design, sources, 512), tmp_path, version="0", digest="0")
    assert check_project(tmp_path) == []


@pytest.mark.parametrize("name", ["kws_dscnn", "resnet"])
def test_a_classifier_finds_nearly_all_classes(name: str) -> None:
    expected = json.loads((MODELS / name / "expected.json").read_text())
    found = np.array(expected["validation_outputs"]).argmax(axis=1)
    assert (found == np.load(MODELS / name / "validation_y.npy")).mean() > 0.85
    assert expected["test_accuracy"] > 0.85
    assert expected["test_accuracy"] > expected["test_accuracy_unquantized"] - 0.02


def test_eight_bits_keep_the_resolution_of_the_energy_regression() -> None:
    """Better than any weighted sum of the layers, and within a tenth of the network without quantizers."""
    expected = json.loads((MODELS / "deepcalo" / "expected.json").read_text())
    ours, plain, best_sum = (
        expected[name]["20-200 GeV"]["sigma"] for name in ("test", "test_unquantized", "test_calibrated_sum")
    )
    assert ours < best_sum
    assert ours < 1.1 * plain
    energy = np.load(MODELS / "deepcalo" / "validation_energy.npy") / 100
    ratio = np.array(expected["validation_outputs"]) / energy
    assert np.abs(np.median(ratio) - 1) < 0.02 and np.abs(ratio - 1).max() < 0.25

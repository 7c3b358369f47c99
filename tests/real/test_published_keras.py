"""Published QKeras networks from their `.h5` files: exact in every number, compiled, and at work on real jets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import codesign
from benchmarks.deepsets import FILES, INPUT, PRECISION, jets
from codesign.compiler.convert import convert
from codesign.frontends import qonnx
from codesign.frontends.keras.container import read
from codesign.frontends.keras.execution import Execution
from codesign.frontends.keras.reader import load, load_file
from codesign.verification.ladder import compare_reference
from codesign.verification.reference import Reference

RESNET = "mlperf_hls4ml_resnet_v1_eembc_quantized_tiny/model_best.h5"
SHAPES = {RESNET: (32, 32, 3), **dict.fromkeys(FILES.values(), (8, 3))}


@pytest.mark.parametrize("file", SHAPES)
def test_a_published_file_means_what_qkeras_formulas_say(file: str, shared: Path) -> None:
    x = np.random.default_rng(0).integers(-256, 257, (6, *SHAPES[file])) / 256
    graph = load(shared / "models" / file)
    rung = compare_reference(graph, graph.run([x], keep=True), Execution(shared / "models" / file)([x]))
    assert (rung.mismatches, rung.ties) == (0, 0)


@pytest.mark.parametrize("file", SHAPES)
def test_a_published_file_is_converted_to_qonnx(file: str, shared: Path, tmp_path: Path) -> None:
    """qonnx executes the file that comes out, within float32 of what the one that went in means."""
    convert(shared / "models" / file, tmp_path / "net.onnx")
    x = np.random.default_rng(1).integers(-256, 257, (4, *SHAPES[file])) / 256
    graph = load(shared / "models" / file)
    rung = compare_reference(graph, graph.run([x], keep=True), Reference(tmp_path / "net.onnx")([x]))
    assert (rung.mismatches, rung.ties) == (0, 0)
    again = qonnx.load(tmp_path / "net.onnx")
    assert (again.values([x])[0] == graph.values([x])[0]).all()


@pytest.mark.parametrize("file", FILES.values())
def test_what_the_deep_sets_say_in_vain_is_noted(file: str, shared: Path) -> None:
    """Their activations are texts with parentheses within parentheses, of which QKeras takes the name alone."""
    graph, notes = load_file(read(shared / "models" / file))
    assert len(notes) == 4
    assert all("as quantized_relu(), with the default parameters" in note for note in notes)
    assert graph["q_activation"].type.high == 255


@pytest.mark.parametrize(("file", "least"), [(file, a) for file, a in zip(FILES.values(), (0.58, 0.6), strict=True)])
def test_the_compiled_deep_sets_tag_real_jets(file: str, least: float, shared: Path) -> None:
    x, classes = jets()
    compiled = codesign.compile(shared / "models" / file, target="u50", input_type=INPUT, precision=PRECISION)
    found = np.asarray(compiled.csim(x)).argmax(axis=-1)
    [real] = Execution(shared / "models" / file)([x])
    assert (found == classes).mean() > least
    assert (found == real.argmax(axis=-1)).mean() > 0.97
    assert not any(r.mismatches for r in compiled.report.rungs)


def test_the_residual_network_compiles_exactly(shared: Path, tmp_path: Path) -> None:
    compiled = codesign.compile(
        shared / "models" / RESNET, target="u50", input_type="ufixed<8,0>", output=tmp_path / "build", csim=False
    )
    assert [(r.name, r.mismatches) for r in compiled.report.rungs] == [
        ("exact meaning of the model", 0),
        ("integer network", 0),
        ("design", 0),
    ]
    assert [a.where for a in compiled.report.approximations] == ["softmax", "softmax"]

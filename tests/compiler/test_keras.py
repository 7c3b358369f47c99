"""A Keras file all the way: compiled, verified again from its folder, shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.compiler import compile, verify
from codesign.compiler.show import show
from codesign.errors import ModelError
from tests.frontends.keras.files import L, bits, save_h5, save_keras, source

Q = {"kernel_quantizer": bits(4, 1), "bias_quantizer": bits(4, 1), "activation": "quantized_relu(5,2)"}
R = np.random.default_rng(0)
LAYERS = [
    source((4, 3)),
    L("QActivation", "in", {"activation": bits(6, 2)}, ["x"]),
    L("QConv1D", "conv", {"filters": 2, "kernel_size": [2], **Q}, ["in"],
      {"kernel": R.normal(0, 0.5, (2, 3, 2)).astype(np.float32), "bias": R.normal(0, 0.5, 2).astype(np.float32)}),
    L("Flatten", "flat", {}, ["conv"]),
    L("QDense", "out", {"units": 2, **Q}, ["flat"],
      {"kernel": R.normal(0, 0.5, (6, 2)).astype(np.float32), "bias": R.normal(0, 0.5, 2).astype(np.float32)}),
]  # fmt: skip
RUNGS = ["exact meaning of the model", "integer network", "design", "csim, native integers"]


@pytest.mark.parametrize("save", [save_h5, save_keras])
def test_a_keras_file_becomes_a_verified_project(save, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = save(tmp_path / f"net{'.h5' if save is save_h5 else '.keras'}", LAYERS)
    compiled = compile(path, output=tmp_path / "build", name="keras_net")
    rungs = compiled.report.rungs
    assert [r.name for r in rungs] == [*RUNGS, "csim, ap_int"]
    assert rungs[0].against == "QKeras' formulas in double precision"
    assert not any(r.mismatches or r.ties for r in rungs)
    assert (tmp_path / "build" / "model" / path.name).read_bytes() == path.read_bytes()
    assert [n.origin for n in compiled.imported.inputs] == ["x"]
    again = verify(tmp_path / "build", inputs=20, cosim=False)
    assert [(r.name, r.mismatches) for r in again.rungs] == [(name, 0) for name in [*RUNGS, "csim, ap_int"]]


def test_a_keras_file_is_shown(tmp_path: Path) -> None:
    text = show(save_h5(tmp_path / "net.h5", LAYERS), after="import")
    assert "conv = Conv(conv_row, " in text
    assert "origin='conv'" in text


def test_what_a_file_says_in_vain_is_in_the_report(tmp_path: Path) -> None:
    vain = "quantized_relu(quantized_bits(4,0), 0)"
    layers = [*LAYERS, L("QActivation", "last", {"activation": vain}, ["out"])]
    compiled = compile(save_h5(tmp_path / "net.h5", layers), output=tmp_path / "build", csim=False)
    assert f"last: activation: QKeras reads {vain} as quantized_relu(), with the default parameters" in (
        compiled.report.notes
    )


def test_a_file_of_another_kind_says_what_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    path.write_text("no network")
    with pytest.raises(ModelError, match=r"net.h5: not an HDF5 file; save the model again with model.save\(\)"):
        compile(path, output=tmp_path / "build")
    assert not (tmp_path / "build").exists()

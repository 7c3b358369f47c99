"""The user's file, as qonnx executes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from codesign.errors import ModelError
from codesign.verification.reference import Reference
from tests.frontends.models import executed, model, node
from tests.verification.networks import classifier, saved

X = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)


def test_it_gives_what_qonnx_gives_sample_by_sample(tmp_path: Path) -> None:
    proto = classifier()
    [found] = Reference(saved(proto, tmp_path))([X])
    assert found.shape == (7, 3)
    np.testing.assert_array_equal(found, np.stack([executed(proto, x[None])[0][0] for x in X]))


@pytest.mark.parametrize("domain", ["", "onnx.brevitas", "finn.custom_op.general", "qonnx"])
def test_every_spelling_of_the_quantizers_domain_runs(domain: str, tmp_path: Path) -> None:
    wanted = Reference(saved(classifier(), tmp_path))([X])[0]
    proto = classifier()
    for n in proto.graph.node:
        if n.op_type == "Quant":
            n.domain = domain
    del proto.opset_import[:]
    proto.opset_import.append(onnx.helper.make_opsetid("", 13))
    np.testing.assert_array_equal(Reference(saved(proto, tmp_path))([X])[0], wanted)


@pytest.mark.parametrize("batch", ["batch", 0, 64])
def test_any_declared_batch_runs(batch: str | int, tmp_path: Path) -> None:
    proto = model(node("Relu", ["x"]), x=(batch, 4))
    np.testing.assert_array_equal(Reference(saved(proto, tmp_path))([X])[0], np.maximum(X, 0))


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    nodes = [node("Add", ["x", "z"], "y", "sum"), node("Sub", ["x", "z"], "d", "difference")]
    proto = model(nodes, more_inputs={"z": (1, 4)}, outputs=("y", "d"))
    total, difference = Reference(saved(proto, tmp_path))([X, 2 * X])
    np.testing.assert_array_equal(total, 3 * X)
    np.testing.assert_array_equal(difference, -X)


def test_what_qonnx_cannot_execute_is_told(tmp_path: Path) -> None:
    proto = model(node("MatMul", ["x", "w"]), {"w": np.ones((5, 2), dtype=np.float32)})
    with pytest.raises(ModelError, match=r"^net\.onnx: qonnx cannot execute the file: "):
        Reference(saved(proto, tmp_path))([X])


def test_constants_fold_whichever_domain_the_file_imports_first(tmp_path: Path) -> None:
    # qonnx folds constants with the version of the first import; Brevitas writes that of the quantizers first.
    weights = {"codes": np.array([[1, -2], [3, 4], [0, 7], [5, 6]], dtype=np.int8), "scale": np.float32(0.25)}
    nodes = [node("DequantizeLinear", ["codes", "scale"], "w", "weights"), node("MatMul", ["x", "w"])]
    proto = model(nodes, weights, opset=13)
    del proto.opset_import[:]
    proto.opset_import.extend(
        [onnx.helper.make_opsetid("qonnx.custom_op.general", 2), onnx.helper.make_opsetid("", 13)]
    )
    expected = X @ (weights["codes"] * np.float32(0.25))
    np.testing.assert_allclose(Reference(saved(proto, tmp_path))([X])[0], expected, rtol=1e-6, atol=1e-6)

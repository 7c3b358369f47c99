"""External data moves into the model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from codesign.errors import ModelError
from codesign.frontends.embed import embedded
from codesign.frontends.qonnx import load_model
from tests.frontends.models import dyadic, executed, layers, model, node

W = dyadic((4, 3)).astype(np.float32)
B = dyadic((3,), seed=1).astype(np.float32)


def outside(name: str, shape: tuple[int, ...], location: str) -> Any:
    """A tensor whose data lies in a file."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    return tensor


def split(folder: Path) -> Any:
    """A product whose weights are an initializer and whose bias is an attribute, both in files."""
    (folder / "w.bin").write_bytes(W.tobytes())
    (folder / "b.bin").write_bytes(B.tobytes())
    return model(
        [
            node("Constant", [], "b", "bias", value=outside("", B.shape, "b.bin")),
            node("MatMul", ["x", "w"], "h", "fc"),
            node("Add", ["h", "b"], "y", "add"),
        ],
        {"w": outside("w", W.shape, "w.bin")},
    )


def test_initializers_and_attributes_are_embedded(tmp_path: Path) -> None:
    proto = split(tmp_path)
    before = proto.SerializeToString()
    whole = embedded(proto, "net.onnx", tmp_path)
    assert proto.SerializeToString() == before
    (tmp_path / "w.bin").unlink()
    (tmp_path / "b.bin").unlink()
    x = dyadic((5, 4), seed=2)
    np.testing.assert_array_equal(executed(whole, x)[0], (x @ W + B).astype(np.float32))
    assert load_model(whole, "net.onnx").values([x])[0].tolist() == executed(whole, x)[0].tolist()


def test_a_model_that_holds_its_data_is_left_alone() -> None:
    proto = model(node("MatMul", ["x", "w"]), {"w": W})
    assert embedded(proto, "net.onnx", None) is proto


def test_what_no_output_needs_is_dropped_unread(tmp_path: Path) -> None:
    proto = split(tmp_path)
    proto.graph.initializer.append(outside("orphan", (2,), "/nowhere"))
    proto.graph.input.append(helper.make_tensor_value_info("orphan", TensorProto.FLOAT, [2]))
    proto.graph.node.append(node("MatMul", ["x", "orphan"], "unread", "dead", alpha=float("nan")))
    whole = embedded(proto, "net.onnx", tmp_path)
    assert [n.name for n in whole.graph.node] == ["bias", "fc", "add"]
    assert [i.name for i in whole.graph.input] == ["x"]
    assert layers(load_model(whole, "net.onnx")) == layers(load_model(proto, "net.onnx", tmp_path))


def test_tensors_of_inner_graphs_are_embedded(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(W.tobytes())
    inner = helper.make_graph(
        [node("Identity", ["v"], "r"), node("Identity", ["seen"], "s")],
        "inner",
        [],
        [helper.make_tensor_value_info("r", TensorProto.FLOAT, [4, 3])],
        [outside("v", W.shape, "w.bin")],
    )
    proto = model(
        node("If", ["x"], "y", then_branch=inner, else_branch=inner), {"seen": outside("seen", W.shape, "w.bin")}
    )
    whole = embedded(proto, "net.onnx", tmp_path)
    assert whole.graph.initializer[0].raw_data == W.tobytes()
    for attribute in whole.graph.node[0].attribute:
        assert attribute.g.initializer[0].raw_data == W.tobytes()


@pytest.mark.parametrize(
    ("location", "message"),
    [("none.bin", r"net\.onnx: tensor w: its external data none\.bin is missing"), ("../w.bin", "outside the model's")],
)
def test_data_that_cannot_be_had_is_refused(tmp_path: Path, location: str, message: str) -> None:
    proto = model(node("MatMul", ["x", "w"]), {"w": outside("w", W.shape, location)})
    with pytest.raises(ModelError, match=message):
        embedded(proto, "net.onnx", tmp_path)


def test_a_type_that_is_no_number_is_refused(tmp_path: Path) -> None:
    tensor = outside("w", (2,), "w.bin")
    tensor.data_type = TensorProto.STRING
    with pytest.raises(ModelError, match="tensor w has the type STRING, which is no number"):
        embedded(model(node("MatMul", ["x", "w"]), {"w": tensor}), "net.onnx", tmp_path)

"""Files that are no model, and tensors whose data is not what they say."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from codesign.errors import ModelError
from codesign.frontends.qonnx import load, load_model
from tests.frontends.models import dyadic, executed, layers, model, node

W = dyadic((4, 3)).astype(np.float32)


def network(tensor: Any = None) -> Any:
    return model(node("MatMul", ["x", "w"], name="fc"), {"w": W if tensor is None else tensor})


def saved(folder: Path, proto: Any = None) -> Path:
    path = folder / "net.onnx"
    path.write_bytes((proto or network()).SerializeToString())
    return path


def test_a_whole_file_loads(tmp_path: Path) -> None:
    graph = load(saved(tmp_path))
    assert layers(graph) == ["Dense"]
    assert graph.origin == "net.onnx"
    assert layers(load(str(tmp_path / "net.onnx"))) == ["Dense"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"net\.onnx: the file is empty; export the network again, as \.onnx"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), r"net\.onnx: not an ONNX file, or a truncated one; export"),
        (b"import torch\n" * 20, r"net\.onnx: not an ONNX file, or a truncated one; export"),
        (onnx.ModelProto(ir_version=8).SerializeToString(), r"net\.onnx: not an ONNX file, or one without a network"),
        (network().SerializeToString()[:-30], r"net\.onnx: not an ONNX file, or a truncated one; export"),
    ],
    ids=["empty", "picture", "text", "no graph", "truncated"],
)
def test_files_that_are_no_model(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load(tmp_path / "net.onnx")


def test_a_file_cut_anywhere_is_refused_or_whole(tmp_path: Path) -> None:
    whole = network().SerializeToString()
    path = tmp_path / "net.onnx"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        try:
            graph = load(path)
        except ModelError as error:
            assert str(error).startswith((str(path), "net.onnx: "))
        else:
            assert layers(graph) == ["Dense"]  # nothing but the version behind the network was cut


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"this is a folder; give the \.onnx file in it"):
        load(tmp_path)
    with pytest.raises(
        ModelError, match=r"nothing\.onnx: cannot be read \(No such file or directory\); check the path"
    ):
        load(tmp_path / "nothing.onnx")
    with pytest.raises(ModelError, match="this is no regular file"):
        load("/dev/null")
    with pytest.raises(ModelError, match=r"cannot be read .*; check the path"):
        load("a\0b")


def test_corrupted_files_are_read_or_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    whole = network().SerializeToString()
    path = tmp_path / "net.onnx"
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 2):
            data[at] = rng.integers(0, 256)
        path.write_bytes(data)
        try:
            load(path)
        except ModelError:
            refused += 1
    assert 0 < refused < 400


def external(folder: Path, location: str, **more: str) -> Any:
    """The network with its weights in a file beside the model."""
    tensor = TensorProto(data_type=TensorProto.FLOAT, dims=W.shape, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return saved(folder, network(tensor))


def test_external_data_beside_the_model_loads(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "w.bin").write_bytes(b"head" + W.tobytes() + b"tail")
    x = dyadic((3, 4))
    wanted = executed(network(), x)[0].tolist()
    graph = load(external(tmp_path, "data/w.bin", offset="4", length=str(W.nbytes)))
    assert graph.values([x])[0].tolist() == wanted
    graph = load(external(tmp_path, "data/w.bin", offset="4"))
    assert graph.values([x])[0].tolist() == wanted


@pytest.mark.parametrize(
    ("location", "more", "message"),
    [
        ("w.bin", {}, r"net\.onnx: node fc: tensor w: its external data w\.bin is missing; put it beside the model"),
        ("../outside/w.bin", {}, r"its external data \.\./outside/w\.bin lies outside the model's folder"),
        ("sub/../inside.bin", {}, "lies outside the model's folder"),
        ("ABSOLUTE", {}, "lies outside the model's folder"),
        ("link.bin", {}, "lies outside the model's folder"),
        ("linked/w.bin", {}, "lies outside the model's folder"),
        ("", {}, "lies outside the model's folder"),
        (".", {}, "lies outside the model's folder"),
        ("inside.bin", {"length": "3"}, "its external data has 3 bytes, its shape needs 48"),
        ("inside.bin", {"offset": "8"}, "its external data inside.bin is too short for its shape"),
        ("inside.bin", {"offset": "-8"}, "needs 48"),
        ("inside.bin", {"offset": "many"}, "offset and length of its external data must be numbers"),
        ("a\0b", {}, "cannot be opened|is missing"),
    ],
)
def test_external_data_elsewhere_is_refused(tmp_path: Path, location: str, more: dict[str, str], message: str) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "model"
    outside.mkdir()
    folder.mkdir()
    (outside / "w.bin").write_bytes(W.tobytes())
    (folder / "inside.bin").write_bytes(W.tobytes())
    os.symlink(outside / "w.bin", folder / "link.bin")
    os.symlink(outside, folder / "linked")
    location = str(outside / "w.bin") if location == "ABSOLUTE" else location
    with pytest.raises(ModelError, match=message):
        load(external(folder, location, **more))


def test_external_data_of_a_model_in_memory(tmp_path: Path) -> None:
    proto = onnx.load(str(external(tmp_path, "w.bin")), load_external_data=False)
    with pytest.raises(
        ModelError, match=r"node fc: tensor w lies in the external file w\.bin; load the model from its path"
    ):
        load_model(proto, "net.onnx")


def test_external_data_that_nobody_needs_is_not_read(tmp_path: Path) -> None:
    proto = network()
    orphan = proto.graph.initializer.add(name="orphan", data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    orphan.external_data.add(key="location", value="/nowhere")
    assert layers(load(saved(tmp_path, proto))) == ["Dense"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dims": [4, 3], "raw_data": bytes(20)}, "tensor w does not hold the data of its shape"),
        ({"dims": [4, 3], "raw_data": bytes(21)}, "tensor w does not hold the data of its shape"),
        ({"dims": [4, 3], "float_data": [1, 2]}, "tensor w does not hold the data of its shape"),
        ({"dims": [4, -3]}, r"tensor w has the shape \(4, -3\)"),
        ({"dims": [1 << 40, 1 << 20]}, "a constant of shape .* is beyond"),
        ({"data_type": TensorProto.STRING, "dims": [1]}, "tensor w has the type STRING, which is no number"),
        ({"data_type": TensorProto.COMPLEX64, "dims": [1]}, "tensor w has the type COMPLEX64"),
        ({"data_type": 99, "dims": [1]}, "tensor w has the type 99, which is no number"),
    ],
)
def test_tensors_that_do_not_hold_what_they_say(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=r"net\.onnx: node fc: " + message):
        load_model(network(TensorProto(**{"data_type": TensorProto.FLOAT, **fields})), "net.onnx")


@pytest.mark.parametrize("kind", ["FLOAT16", "DOUBLE", "BFLOAT16"])
def test_weights_in_other_float_types(kind: str) -> None:
    tensor = onnx.helper.make_tensor("w", TensorProto.DataType.Value(kind), W.shape, W.ravel().tolist())
    graph = load_model(network(tensor), "net.onnx")
    assert (graph["fc"].layer.weights * float(graph["fc"].layer.step[0]) == W).all()  # type: ignore[attr-defined]


def test_a_huge_input_is_refused_and_allocates_nothing() -> None:
    with pytest.raises(ModelError, match=r"node n: a result of shape \(1099511627776, 1048576\) has .* elements"):
        load_model(model(node("Relu", ["x"]), x=(1 << 40, 1 << 40, 1 << 20)), "net.onnx")


def test_raw_and_typed_data_are_the_same() -> None:
    typed = onnx.helper.make_tensor("w", TensorProto.FLOAT, W.shape, W.ravel().tolist())
    raw = numpy_helper.from_array(W, "w")
    assert typed.raw_data != raw.raw_data
    for tensor in (typed, raw):
        assert layers(load_model(network(tensor), "net.onnx")) == ["Dense"]

"""The order of a model's layers, and what each reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from codesign.errors import LayerError, ModelError
from codesign.frontends.keras.reader import load
from codesign.frontends.keras.topology import Tensor, topology
from tests.frontends.keras.files import L, functional, save_h5, save_keras, source

ADD = L("Add", "sum", {}, ["r", "x"])
RELU = L("ReLU", "r", {}, ["x"])


def test_layers_come_behind_what_they_read() -> None:
    """Files need not list them so."""
    last = L("ReLU", "last", {}, ["sum"])
    found = topology(functional([last, ADD, source((3,)), RELU], ["last"]))
    assert [c.name for c in found.calls] == ["x", "r", "sum", "last"]
    assert found.calls[2].inputs == (Tensor("r"), Tensor("x"))
    assert (found.inputs, found.outputs) == ((Tensor("x"),), (Tensor("last"),))


@pytest.mark.parametrize("version", [2, 3])
def test_both_versions_of_keras_say_what_a_layer_reads(version: int) -> None:
    found = topology(functional([source((3,)), RELU, ADD], version=version))
    assert [c.inputs for c in found.calls] == [(), (Tensor("x"),), (Tensor("r"), Tensor("x"))]


def test_layers_that_no_output_needs_are_left_out() -> None:
    found = topology(functional([source((3,)), RELU, L("Lambda", "unused", {}, ["x"])], ["r"]))
    assert [c.name for c in found.calls] == ["x", "r"]


def sequential(*layers: L, **more: object) -> dict[str, Any]:
    entries = [{"class_name": la.kind, "config": {"name": la.name, **la.config}} for la in layers]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": entries, **more}}


@pytest.mark.parametrize(
    "config",
    [
        sequential(source((3,)), RELU),
        sequential(L("ReLU", "r", {"batch_input_shape": [None, 3]})),
        sequential(RELU, build_input_shape=[None, 3]),
    ],
)
def test_a_sequential_model_is_a_chain(config: dict[str, Any], tmp_path: Path) -> None:
    graph = load(save_h5(tmp_path / "net.h5", [RELU], config=config))
    x = np.array([[-1.0, 0.0, 2.5]])
    assert graph.values([x])[0].tolist() == [[0, 0, 2.5]]
    assert [o.origin for o in graph.outputs] == ["r"]


def test_a_shared_layer_is_called_twice(tmp_path: Path) -> None:
    config = functional([source((2,), "x"), source((2,), "y"), L("Dense", "d", {"units": 1}), L("Add", "s")], ["s"])
    layers = config["config"]["layers"]  # type: ignore[index]
    layers[2]["inbound_nodes"] = [[["x", 0, 0, {}]], [["y", 0, 0, {}]]]
    layers[3]["inbound_nodes"] = [[["d", 0, 0, {}], ["d", 1, 0, {}]]]
    weights = {"kernel": np.array([[2.0], [1.0]], np.float32), "bias": np.array([0.5], np.float32)}
    shown = [source((2,), "x"), source((2,), "y"), L("Dense", "d", {}, (), weights), L("Add", "s")]
    graph = load(save_h5(tmp_path / "net.h5", shown, config=config))
    values = graph.values([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
    assert values[0].tolist() == [[15.0]]
    assert [n.name for n in graph if n.origin == "d"] == ["d", "d_bias", "d_2", "d_bias_2"]


def test_inputs_and_outputs_keep_the_order_of_the_model(tmp_path: Path) -> None:
    layers = [source((2,), "b"), source((2,), "a"), L("Subtract", "s", {}, ["a", "b"]), L("ReLU", "r", {}, ["s"])]
    config = functional(layers, ["r", "s"])
    config["config"]["input_layers"] = [["a", 0, 0], ["b", 0, 0]]  # type: ignore[index]
    graph = load(save_h5(tmp_path / "net.h5", layers, config=config))
    assert [n.name for n in graph.inputs] == ["a", "b"]
    assert [(o.name, o.origin) for o in graph.outputs] == [("r_output", "r"), ("s_output", "s")]


def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    config = functional([source((3,)), RELU, ADD])
    change(config)
    return config


def layer(config: Mapping[str, Any], k: int) -> Any:
    return config["config"]["layers"][k]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(class_name="MyModel"), "the model is a MyModel; only Sequential and Functional models"),
        (lambda c: c.update(config=3), "only Sequential and Functional models"),
        (lambda c: c["config"].pop("layers"), "has no list of layers"),
        (lambda c: c["config"].pop("output_layers"), "has no output_layers"),
        (
            lambda c: c["config"].update(input_layers=[["r", 0, 0]]),
            "its input_layers are not those of class InputLayer",
        ),
        (lambda c: c["config"].update(input_layers=[["x", 0, 0]] * 2), "its input_layers are not those of class"),
        (lambda c: layer(c, 1).pop("class_name"), "one of its layers has no class_name and config"),
        (lambda c: layer(c, 1)["config"].update(name=7), "a layer of class ReLU has no name"),
        (lambda c: layer(c, 1)["config"].update(name="sum"), "two of its layers have one name"),
        (lambda c: layer(c, 1).update(inbound_nodes=[[["sum", 0, 0, {}]]]), "reads its own result; loops are not"),
        (lambda c: layer(c, 1).update(inbound_nodes=[[["no\x1b", 0, 0, {}]]]), r"no call 0 of a layer no\\x1b"),
        (lambda c: layer(c, 1).update(inbound_nodes=[[["x", 0, 1, {}]]]), "layer r: result 1 of layer x is read"),
        (lambda c: layer(c, 1).update(inbound_nodes=[[["x", 0, 0, {"scale": 2}]]]), "it is called with scale=2, whose"),
        (lambda c: layer(c, 1).update(inbound_nodes=[3]), "does not say what it reads"),
        (lambda c: layer(c, 1).update(inbound_nodes=[[3]]), "what it reads is not stated as"),
        (lambda c: layer(c, 1).update(inbound_nodes=[{"args": [2.0]}]), "it reads 2.0, which is no result of a layer"),
        (lambda c: layer(c, 1).update(inbound_nodes=None), "has no list of inbound_nodes"),
    ],
)
def test_a_configuration_that_connects_nothing_is_refused(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(LayerError, match=message):
        topology(changed(change))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"batch_input_shape": [None, None, 3]}, "every axis but the batch must have a fixed length"),
        ({"batch_input_shape": [None, 1 << 40, 3]}, "has more than 67,108,864 elements; check its axes"),
        ({"batch_input_shape": [None]}, "every axis but the batch must have a fixed length"),
        ({"batch_input_shape": [None, 3], "dtype": "string"}, "sparse, ragged or of type string"),
        ({"batch_input_shape": [None, 3], "sparse": True}, "sparse, ragged"),
    ],
)
def test_an_input_without_numbers_of_a_known_shape_is_refused(
    entries: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = save_h5(tmp_path / "net.h5", [L("InputLayer", "x", entries), RELU])
    with pytest.raises(ModelError, match=f"^net.h5: layer x: .*{message}"):
        load(path)


def test_integer_inputs_bring_their_type(tmp_path: Path) -> None:
    graph = load(save_h5(tmp_path / "net.h5", [source((3,), dtype="uint8"), RELU]))
    assert (graph["r"].type.low, graph["r"].type.high) == (0, 255)


def test_hostile_names_become_identifiers_and_keep_their_spelling(tmp_path: Path) -> None:
    hostile = 'a"; $(rm -rf)\n`x'
    graph = load(save_keras(tmp_path / "net.keras", [source((3,), "in"), L("ReLU", hostile, {}, ["in"])]))
    assert [n.name for n in graph] == ["node_in", "a_rm_rf_x"]
    assert graph.outputs[0].name == "a_rm_rf_x_output"
    assert graph.outputs[0].origin == 'a"; $(rm -rf)\\n`x'


def test_the_version_of_keras_is_read_from_either_place(tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", [source((3,)), RELU])
    with h5py.File(path, "r+") as file:
        assert json.loads(file.attrs["model_config"])["class_name"] == "Functional"
        del file.attrs["keras_version"]
        file["model_weights"].attrs["keras_version"] = "3.1.0"
    from codesign.frontends.keras.container import read

    assert read(path).version == 3

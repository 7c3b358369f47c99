"""Scans of a network that is described: quantized after training, and trained with quantizers, at each width."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError, ModelError
from codesign.scan.run import scan
from tests.scan.conftest import Case

TEXT = """
Inputs: {jets: {shape: [16], bits: 8}}
Layers:
  hidden: {kind: dense, units: 8}
  logits: {kind: dense, units: 5, activation: none, norm: false}
Training: {loss: cross_entropy, epochs: 6, quantized_epochs: 4, batch: 64, learning_rate: 0.01}
"""


@pytest.fixture
def options(jets: Case, tmp_path: Path) -> dict[str, Any]:
    """A description, data to train it on, and other data to judge it by."""
    from models.jet_tagger.generate import jets as generated

    (tmp_path / "net.yaml").write_text(TEXT)
    x, y = generated(2500, 8)
    np.save(tmp_path / "tx.npy", x)
    np.save(tmp_path / "ty.npy", y)
    training = {"train_data": tmp_path / "tx.npy", "train_labels": tmp_path / "ty.npy"}
    named = {"metric": "accuracy", "bits": "2,6", "output": tmp_path / "out", "design": False}
    return jets.options(**training, **named, input_type={"": "fixed<8,5>"}) | {"model": tmp_path / "net.yaml"}


@pytest.mark.train
def test_trained_networks_stand_beside_quantized_ones(options: dict[str, Any], jets: Case, tmp_path: Path) -> None:
    import codesign

    found = scan(**options)
    two, six = found.retrained
    assert (two.bits, six.bits, len(found.outcomes)) == (2, 6, 2)
    assert two.outcome.value > found.outcomes[0].value  # two bits are too few for weights that were not trained so
    assert two.outcome.bit_operations == found.outcomes[0].bit_operations
    compiled = codesign.compile(two.file, csim=False)
    codes = compiled.design.evaluate(compiled.encode(jets.x))[0]
    right = compiled.design.outputs[0].tensor.decode_float(codes).argmax(axis=1) == jets.y
    assert right.mean() == two.outcome.value
    told = json.loads((tmp_path / "out" / "retrained.json").read_text())
    assert [(r["bits"], r["value"]) for r in told] == [(r.bits, r.outcome.value) for r in found.retrained]
    assert "trained with quantizers" in (tmp_path / "out" / "scan.html").read_text()

    files = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "out" / "trained").iterdir()}
    assert sorted(name.partition("-")[0] + name.partition(".")[1] + name.partition(".")[2] for name in files) == [
        "2.onnx", "2.training.json", "6.onnx", "6.training.json", "float.npz", "float.onnx",
    ]  # fmt: skip
    again = scan(**options)
    assert [r.outcome.value for r in again.retrained] == [r.outcome.value for r in found.retrained]
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "out" / "trained").iterdir()} == files
    (tmp_path / "net.yaml").write_text(TEXT.replace("epochs: 6", "epochs: 5"))
    scan(**options | {"name": "other"})
    assert len(list((tmp_path / "out" / "trained").iterdir())) == 2 * len(files)


@pytest.mark.train
def test_several_inputs_bear_the_names_of_the_description(tmp_path: Path) -> None:
    """One .npz serves to train and to judge, and `compile` names the inputs so too."""
    from codesign.frontends import model_file

    (tmp_path / "net.yaml").write_text("""
Inputs: {near: {shape: [4]}, far: {shape: [3]}}
Layers:
  one: {kind: dense, units: 6, from: near}
  other: {kind: dense, units: 4, from: far}
  both: {kind: concat, from: [one, other]}
  sum: {kind: dense, units: 1, activation: none, norm: false}
Training: {loss: mse, epochs: 2, quantized_epochs: 1, batch: 16}
""")
    rng = np.random.default_rng(2)
    x = {"far": rng.normal(size=(80, 3)).astype(np.float32), "near": rng.normal(size=(80, 4)).astype(np.float32)}
    np.savez(tmp_path / "x.npz", **x)
    np.save(tmp_path / "y.npy", x["near"].sum(axis=1, keepdims=True))
    files = {"train_data": tmp_path / "x.npz", "train_labels": tmp_path / "y.npy", "data": tmp_path / "x.npz"}
    found = scan(tmp_path / "net.yaml", **files, labels=tmp_path / "y.npy", metric="mae", bits="6", design=False,
                 output=tmp_path / "out", input_type={"near": "fixed<8,4>", "far": "fixed<8,4>"})  # fmt: skip
    (trained,) = found.retrained
    assert [n.origin for n in model_file.read(trained.file).graph.inputs] == ["near", "far"]


@pytest.mark.train
def test_an_input_called_like_a_tensor_of_the_exporter_keeps_its_name(tmp_path: Path) -> None:
    import onnx

    from codesign.frontends import model_file
    from codesign.scan.qat.description import Description
    from codesign.scan.qat.network import Network
    from codesign.scan.qat.train import export_whole

    def exported(name: str) -> Path:
        last = {"kind": "dense", "units": 2, "activation": "none", "norm": False}
        description = Description.of({"Inputs": {name: {"shape": [3]}}, "Layers": {"last": last}})
        export_whole(Network(description), tmp_path / "net.onnx")
        return tmp_path / "net.onnx"

    graph = onnx.load(exported("x")).graph
    of_its_own = sorted(
        {name for node in graph.node for name in node.output if name.isidentifier() and name[0].isalpha()}
    )
    assert of_its_own
    for name in (*of_its_own[:2], graph.output[0].name):
        assert [n.origin for n in model_file.read(exported(name)).graph.inputs] == [name]
        made = onnx.load(tmp_path / "net.onnx").graph
        defined = [t.name for t in (*made.input, *made.initializer)] + [o for n in made.node for o in n.output]
        assert len(defined) == len(set(defined))
        assert {i for n in made.node for i in n.input} | {made.output[0].name} <= set(defined)


def test_a_description_needs_data_to_train_on(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"net\.yaml: to train a network give --train-data and --train-labels"):
        scan(**options | {"train_labels": None})


def test_a_trained_network_needs_none(options: dict[str, Any], jets: Case) -> None:
    with pytest.raises(ConfigError, match=r"net\.onnx is trained already; give a description in YAML"):
        scan(**options | {"model": jets.model})


@pytest.mark.train
def test_widths_added_later_start_from_the_same_network(options: dict[str, Any], tmp_path: Path) -> None:
    """What a scan in two sittings trains is, byte for byte, what one sitting trains."""
    whole = scan(**options)
    first = scan(**options | {"bits": "2", "output": tmp_path / "again"})
    second = scan(**options | {"bits": "2,6", "output": tmp_path / "again"})
    assert [r.file.read_bytes() for r in second.retrained] == [r.file.read_bytes() for r in whole.retrained]
    assert first.retrained[0].file.stat().st_mtime_ns == second.retrained[0].file.stat().st_mtime_ns


@pytest.mark.train
def test_damaged_weights_are_refused_by_their_file(options: dict[str, Any], tmp_path: Path) -> None:
    scan(**options | {"bits": "2"})
    (kept,) = (tmp_path / "out" / "trained").glob("float-*.npz")
    kept.write_bytes(kept.read_bytes()[:200])
    with pytest.raises(ModelError, match=f"^{kept}: these weights cannot be used .*; remove the file to train again"):
        scan(**options | {"bits": "2,6"})

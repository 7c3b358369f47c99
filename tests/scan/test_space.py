"""What a scan varies is what the configuration can state, and the configuration of a point is one that compiles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from codesign.config import Config
from codesign.errors import ModelError
from codesign.frontends import qonnx
from codesign.ir.fixed import Fixed
from codesign.passes.tune_precision import Part
from codesign.scan.space import Space, digest, read, spelled
from tests.frontends.models import model, node
from tests.scan.conftest import Case


def space(case: Case, config: Config | None = None, inputs: dict[str, Fixed] | None = None) -> Space:
    return Space.of(qonnx.load(case.model), config or Config(), inputs or {})


def test_weights_biases_and_the_results_that_feed_products_are_sites(jets: Case) -> None:
    assert [s.key for s in space(jets).sites] == [
        "x.result",
        "dense_0.weight", "dense_0.bias", "relu_0.result",
        "dense_1.weight", "dense_1.bias", "relu_1.result",
        "dense_2.weight", "dense_2.bias",
    ]  # fmt: skip


def test_each_product_knows_where_its_input_comes_from_and_how_often_it_multiplies(images: Case) -> None:
    found = space(images)
    assert found.feeds == {
        "conv_0": ("x.result",), "conv_1": ("relu_0.result",), "dense": ("relu_1.result",)
    }  # fmt: skip
    assert found.products == {"conv_0": 8 * 6 * 4 * 18, "conv_1": 4 * 3 * 5 * 36, "dense": 60}


def test_what_the_user_states_of_a_layer_is_not_varied(jets: Case) -> None:
    stated = Config.of({"LayerName": {"dense_1": {"Precision": {"weight": "fixed<5,1>"}}}})
    found = space(jets, stated, {"": Fixed(8, 4)})
    keys = [s.key for s in found.sites]
    assert "dense_1.weight" not in keys
    assert "x.result" not in keys
    assert "dense_1.bias" in keys
    network = found.passed({key: Fixed(8, 4) for key in keys}).network
    assert network["dense_1"].layer.bits == Fixed(5, 4)  # type: ignore[attr-defined]


def test_every_site_gets_the_type_of_the_point(images: Case) -> None:
    found = space(images)
    types = {s.key: Fixed(7 + i, 3) for i, s in enumerate(found.sites)}
    notes = found.passed(types, after="tune_precision").approximations
    assert {f"{a.node}.{a.part.value}": a.fixed for a in notes if a.part is not None} == types


def test_the_configuration_of_a_point_reads_back_from_its_text(jets: Case) -> None:
    base = Config.of(
        {
            "Model": {"Precision": "fixed<16,6>", "InputPrecision": "fixed<9,2>", "ReuseFactor": 4},
            "LayerType": {"Relu": {"Strategy": "Latency"}},
            "LayerName": {
                "dense_1": {"Multiplier": "dsp", "Rounding": "floor", "Precision": {"weight": "fixed<5,-1>"}}
            },
            "Budget": {"dsp": 300},
            "Target": "u250",
            "ClockMHz": 250.0,
            "Streams": "single",
            "Interval": 4,
            "LatencyUs": 2.5,
        }
    )
    found = space(jets, base)
    config = found.config({s.key: Fixed(6, 9, s.key != "relu_0.result") for s in found.sites})
    assert Config.of(config.data()) == config


def test_a_point_reads_back_from_its_text_and_has_one_digest() -> None:
    types = {"a.weight": Fixed(8, 12), "b.result": Fixed(4, 0, False), "c.bias": Fixed(5, -3)}
    assert read(spelled(types)) == types
    assert digest(types) == digest(dict(reversed(types.items())))
    assert digest(types) != digest({**types, "c.bias": Fixed(5, -2)})


def test_a_network_whose_quantizers_say_everything_is_refused() -> None:
    path = Path(__file__).parents[2] / "models" / "jet_tagger" / "jet_tagger.onnx"
    with pytest.raises(ModelError, match=r"jet_tagger\.onnx: there is nothing to scan: .* give a network with float"):
        Space.of(qonnx.load(path), Config(), {})


def test_results_behind_tiny_biases_are_sites(tmp_path: Path) -> None:
    """A bias that coarse types round to 0 leaves a sum exact; with a finer one the sum needs a type of its own."""
    rng = np.random.default_rng(5)
    constants = {name: rng.normal(size=shape).astype(np.float32)
                 for name, shape in {"w0": (3, 4), "w1": (2, 5), "w2": (9, 2)}.items()}  # fmt: skip
    constants |= {"b0": np.full(4, 1e-3, np.float32), "b1": np.full(5, 1e-3, np.float32)}
    nodes = [
        node("Gemm", ["x", "w0", "b0"], "g0", "dense_0"), node("Relu", ["g0"], "r0", "relu_0"),
        node("Gemm", ["z", "w1", "b1"], "g1", "dense_1"), node("Relu", ["g1"], "r1", "relu_1"),
        node("Concat", ["r0", "r1"], "c", "join", axis=1), node("MatMul", ["c", "w2"], "y", "dense_2"),
    ]  # fmt: skip
    onnx.save(model(nodes, constants, x=(1, 3), more_inputs={"z": (1, 2)}), tmp_path / "net.onnx")
    found = Space.of(qonnx.load(tmp_path / "net.onnx"), Config(), {"": Fixed(8, 4)})
    assert {s.key for s in found.sites if s.part is Part.RESULT} >= {"relu_0.result", "relu_1.result"}
    types = {s.key: Fixed(24, 20) if s.part is Part.BIAS else Fixed(6, 3) for s in found.sites}
    notes = found.passed(types, after="tune_precision").approximations
    assert {a.fixed for a in notes if a.part is Part.RESULT} == {Fixed(6, 3)}

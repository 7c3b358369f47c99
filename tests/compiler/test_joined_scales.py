"""Streams of different scales and zero points side by side: padded, flattened and multiplied, exactly."""

from typing import Any

import numpy as np

from codesign.config import Config
from codesign.ir.kernels import Apply
from codesign.passes import pipeline
from codesign.passes.builder import Fold, is_product
from codesign.passes.lower import lower
from tests.frontends.models import dyadic, imported, model, node


def quant(x: str, y: str, step: str, zero: str = "z", bits: str = "b4", signed: int = 0) -> Any:
    return node("Quant", [x, step, zero, bits], y, y, signed=signed, narrow=0, rounding_mode="ROUND")


def joined() -> Any:
    """0.3 * (a - 3) and 0.5 * (b - 5), read by a padded convolution and, flattened, by a product."""
    nodes = [
        quant("x", "x0", "s1", bits="b6", signed=1), quant("x0", "a", "s3", "z3"), quant("x0", "b", "s5", "z5"),
        node("Concat", ["a", "b"], "c", "join", axis=1),
        node("Conv", ["c", "w"], "cv", "conv", pads=[1, 1, 1, 1]), quant("cv", "y", "s5", signed=1),
        node("Flatten", ["c"], "f", "flat"), node("MatMul", ["f", "v"], "fv", "fc"), quant("fv", "z2", "s5", signed=1),
    ]  # fmt: skip
    constants = {
        "z": 0.0, "z3": 3.0, "z5": 5.0, "s1": 0.125, "s3": 0.3, "s5": 0.5, "b4": 4.0, "b6": 6.0,
        "w": dyadic((3, 4, 3, 2), scale=0.25, most=7).astype(np.float32),
        "v": dyadic((4 * 5 * 3, 2), scale=0.25, most=7).astype(np.float32),
    }  # fmt: skip
    return model(nodes, constants, x=(1, 2, 5, 3), outputs=("y", "z2"))


def test_streams_of_different_scales_are_joined_exactly() -> None:
    graph = imported(joined())
    x = np.random.default_rng(1).normal(0, 3, (50, 2, 5, 3))
    expected = graph.values([x])

    network = pipeline.run(graph, Config(), {}).network

    for found, wanted in zip(network.values([x]), expected, strict=True):
        assert found.tolist() == wanted.tolist()
    design = lower(network, {n.name: Fold(1, 1) for n in network if is_product(n.layer)})
    codes = design.encode([x])
    results = network.run_codes(codes)
    for found_codes, output in zip(design.evaluate(codes), network.outputs, strict=True):
        assert np.array_equal(found_codes, results[output.source])
    assert any(isinstance(p.kernel, Apply) and p.name.startswith("conv_input") for p in design)

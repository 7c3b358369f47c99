"""Sums and products of streams of different shapes, and Expand, against onnxruntime; channels-first and -last."""

from typing import Any

import numpy as np
import pytest

from codesign.config import Config
from codesign.errors import ModelError
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Transpose
from codesign.passes import pipeline
from tests.frontends.models import assert_exact, dyadic, executed, imported, model, node

IMAGE = (4, 3, 5)
"""Channels, height, width."""


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul"])
@pytest.mark.parametrize(
    "shape",
    [(4, 1, 1), (1, 3, 5), (4, 3, 1), (4, 1, 5), (1, 1, 5), (1, 3, 1), (1, 1, 1), IMAGE],
    ids=str,
)
def test_a_stream_is_broadcast_along_any_axes(kind: str, shape: tuple[int, ...]) -> None:
    x, z = dyadic((3, *IMAGE)), dyadic((3, *shape), seed=1)
    for inputs in (["x", "z"], ["z", "x"]):
        assert_exact(model(node(kind, inputs), x=(1, *IMAGE), more_inputs={"z": (1, *shape)}), x, z)


@pytest.mark.parametrize(("x", "z"), [((4, 1, 1), (1, 3, 5)), ((4, 1), (1, 3)), ((1, 3), (4, 1)), ((4, 1), (4, 1))])
def test_both_sides_are_broadcast(x: tuple[int, ...], z: tuple[int, ...]) -> None:
    proto = model(node("Mul", ["x", "z"]), x=(1, *x), more_inputs={"z": (1, *z)})
    assert_exact(proto, dyadic((3, *x)), dyadic((3, *z), seed=1))


@pytest.mark.parametrize("shape", [(1, 1, 1, 2), (2, 3, 1, 1), (2, 1, 1, 2), (1, 1, 5, 2), (1,) * 4])
def test_tensors_of_many_axes_are_broadcast_in_two_groups(shape: tuple[int, ...]) -> None:
    proto = model(node("Mul", ["x", "z"]), x=(1, 2, 3, 5, 2), more_inputs={"z": (1, *shape)})
    assert_exact(proto, dyadic((2, 2, 3, 5, 2)), dyadic((2, *shape), seed=1))


def test_a_square_and_a_product_of_two_streams() -> None:
    assert_exact(model(node("Mul", ["x", "x"])), dyadic((5, 4)), expect=["Multiply"])
    proto = model([node("Relu", ["x"], "r"), node("Mul", ["x", "r"])])
    assert_exact(proto, dyadic((5, 4)), expect=["Relu", "Multiply"])


def film(before: str, axes: Any, x: tuple[int, ...], channels: int) -> Any:
    """(gamma + 1) * conv(x) + beta for a channels-first image, gamma and beta from the input z."""
    constants = {
        "w": dyadic((channels, x[0], 2, 1), seed=3, most=3).astype(np.float32), "axes": np.asarray(axes), "one": 1.0,
        "a0": np.array([0]), "a1": np.array([channels]), "b1": np.array([2 * channels]), "dim": np.array([1]),
    }  # fmt: skip
    nodes = [
        node("Conv", ["x", "w"], "c", "conv"),
        node("Slice", ["z", "a0", "a1", "dim"], "g", "gamma"),
        node("Slice", ["z", "a1", "b1", "dim"], "b", "beta"),
        node(before, ["g", "axes"], "gu", "gamma_axes"), node(before, ["b", "axes"], "bu", "beta_axes"),
        node("Add", ["gu", "one"], "g1", "gamma_one"), node("Mul", ["c", "g1"], "m", "scaled"),
        node("Add", ["m", "bu"], "y", "shifted"),
    ]  # fmt: skip
    return model(nodes, constants, x=(1, *x), more_inputs={"z": (1, 2 * channels)})


@pytest.mark.parametrize(
    ("before", "axes"), [("Unsqueeze", [2, 3]), ("Reshape", [0, 5, 1, 1]), ("Reshape", [-1, 5, 1, 1])]
)
def test_a_modulated_convolution_needs_no_transpose_but_at_the_ports(before: str, axes: list[int]) -> None:
    proto = film(before, axes, (2, 4, 3), 5)
    x, z = dyadic((3, 2, 4, 3)), dyadic((3, 10), seed=1)
    graph = assert_exact(proto, x, z)
    given = Config.of({"Model": {"Precision": "fixed<16,8>"}})
    after = pipeline.run(graph, given, {"": Fixed(8, 3)}, after="channels_last").network
    assert [n.origin for n in after if isinstance(n.layer, Transpose)] == ["shifted"]
    (ours,), (theirs,) = after.values([x, z]), executed(proto, x, z)
    assert ours.astype(float).tolist() == theirs.tolist()


@pytest.mark.parametrize(
    ("shape", "to"),
    [
        ((4, 1, 1), (1, 4, 3, 5)),
        ((1, 3, 1), (1, 1, 1, 5)),
        ((1, 1, 5), (1, 4, 1, 1)),
        (IMAGE, (1, *IMAGE)),
        ((1,), (1, 6)),
    ],
)
def test_expand_repeats_along_axes_of_length_one(shape: tuple[int, ...], to: tuple[int, ...]) -> None:
    assert_exact(model(node("Expand", ["x", "s"]), {"s": np.array(to)}, x=(1, *shape)), dyadic((3, *shape)))


def expand(shape: tuple[int, ...], to: list[int]) -> Any:
    return model(node("Expand", ["x", "s"], name="n"), {"s": np.array(to)}, x=shape)


def two(kind: str, x: tuple[int, ...], z: tuple[int, ...]) -> Any:
    return model(node(kind, ["x", "z"], name="n"), x=x, more_inputs={"z": z})


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (two("Mul", (1, 4, 3), (1, 4)), r"shapes \(batch, 4, 3\) and \(batch, 4\) cannot be combined .* as many axes"),
        (two("Add", (1, 4, 3), (1, 4, 2)), r"shapes \(batch, 4, 3\) and \(batch, 4, 2\) cannot be combined"),
        (two("Sub", (1, 2, 3, 5, 2), (1, 1, 3, 1, 2)), r"positions are \(1, 3, 1\) cannot be repeated to \(2, 3, 5\)"),
        (expand((1, 4), [5, 4]), r"the shape \[5, 4\] does not keep the batch"),
        (expand((1, 4), [1, 1, 4]), r"the shape \[1, 1, 4\] does not keep the batch"),
        (expand((1, 4), [1, 8]), r"cannot be repeated to \[1, 8\]; only axes of length 1 are"),
        (
            model(node("Expand", ["x", "z"], name="n"), more_inputs={"z": (1, 2)}),
            "the shape of Expand must be constant",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"node n: .*{message}"):
        imported(proto)

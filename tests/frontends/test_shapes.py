"""Reshape and its kin against onnxruntime, the batch staying first."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, imported, layers, model, node

IMAGE = dyadic((3, 2, 3, 4))


def reshape(target: list[int], x: tuple[int | str, ...] = (1, 2, 3, 4), **attributes: int) -> Any:
    return model(node("Reshape", ["x", "t"], **attributes), {"t": np.array(target, np.int64)}, x=x, opset=14)


@pytest.mark.parametrize("target", [[0, -1], [-1, 24], [0, 2, 12], [0, 0, -1], [-1, 4, 6], [0, 4, 3, 2], [-1, 24, 1]])
def test_targets_that_keep_the_batch_for_any_batch(target: list[int]) -> None:
    assert_exact(reshape(target), IMAGE, expect=["Reshape"])


@pytest.mark.parametrize("batch", [1, 0, "batch_size", 7])
def test_a_batch_written_as_a_number_is_the_declared_one(batch: int | str) -> None:
    first = 7 if batch == 7 else 1
    graph = imported(reshape([first, -1], x=(batch, 2, 3, 4)))
    assert [n.type.shape for n in graph] == [(2, 3, 4), (24,)]


def test_reshapes_in_a_row_are_one() -> None:
    proto = model(
        [node("Reshape", ["x", "a"], "r"), node("Flatten", ["r"], "f", "f"), node("Reshape", ["f", "b"], name="last")],
        {"a": np.array([0, 6, 4]), "b": np.array([-1, 4, 6])},
        x=(1, 2, 3, 4),
    )
    assert_exact(proto, IMAGE, expect=["Reshape"])


def computed(x: tuple[int | str, ...], index: int = 0, factor: int = 1) -> Any:
    """Reshape to [Shape(x)[index] * factor, -1], as older exporters write it."""
    return model(
        [
            node("Shape", ["x"], "s"),
            node("Gather", ["s", "i"], "g", axis=0),
            node("Mul", ["g", "f"], "m"),
            node("Unsqueeze", ["m", "zero"], "u"),
            node("Concat", ["u", "rest"], "t", axis=0),
            node("Reshape", ["x", "t"], name="r"),
        ],
        {"i": np.array(index), "f": np.array(factor), "zero": np.array([0]), "rest": np.array([-1])},
        x=x,
    )


@pytest.mark.parametrize("batch", [1, "n", 0, 5])
def test_a_computed_shape_keeps_the_batch(batch: int | str) -> None:
    graph = imported(computed((batch, 2, 3, 4)))
    assert layers(graph) == ["Reshape"]
    assert graph["r"].type.shape == (24,)


@pytest.mark.parametrize("batch", [1, "n", 5])
def test_a_computed_shape_that_mixes_is_refused(batch: int | str) -> None:
    for proto in (computed((batch, 2, 3, 4), factor=2), computed((batch, 2, 3, 4), index=1)):
        with pytest.raises(ModelError, match=r"test\.onnx: node r: the shape .* mixes the batch with the data"):
            imported(proto)


def test_the_batch_size_as_data_is_refused() -> None:
    proto = model(
        [
            node("Shape", ["x"], "s"),
            node("Cast", ["s"], "f", to=1),
            node("Gather", ["f", "i"], "g"),
            node("Mul", ["x", "g"], name="m"),
        ],
        {"i": np.array(0)},
    )
    with pytest.raises(ModelError, match="node m: tensor g depends on the batch size; data must not"):
        imported(proto)


def test_a_length_that_is_no_batch_may_be_data() -> None:
    proto = model(
        [
            node("Shape", ["x"], "s"),
            node("Cast", ["s"], "f", to=1),
            node("Gather", ["f", "i"], "g"),
            node("Mul", ["x", "g"], name="m"),
        ],
        {"i": np.array(1)},
    )
    assert_exact(proto, dyadic((3, 4)), expect=["Affine"])


@pytest.mark.parametrize(("shape", "axis"), [((2, 3, 4), 1), ((4,), -1), ((4,), 1), ((1, 4), 2), ((2, 3, 4), -3)])
def test_flatten(shape: tuple[int, ...], axis: int) -> None:
    assert_exact(model(node("Flatten", ["x"], axis=axis), x=(1, *shape)), dyadic((1, *shape)))


@pytest.mark.parametrize("perm", [[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2]])
def test_transpose(perm: list[int]) -> None:
    assert_exact(model(node("Transpose", ["x"], perm=perm), x=(1, 2, 3, 4)), IMAGE, expect=["Transpose"])


def test_a_transpose_that_moves_nothing() -> None:
    assert_exact(model(node("Transpose", ["x"], perm=[0, 1, 2, 3]), x=(1, 2, 3, 4)), IMAGE, expect=["Identity"])


@pytest.mark.parametrize("opset", [11, 13])
@pytest.mark.parametrize(("kind", "axes", "shape"), [
    ("Squeeze", [1], (1, 4)), ("Squeeze", [-2, 1], (1, 1, 4)),
    ("Unsqueeze", [1], (4,)), ("Unsqueeze", [-1, 1], (4,)), ("Unsqueeze", [2], (4,)),
])  # fmt: skip
def test_squeeze_and_unsqueeze(opset: int, kind: str, axes: list[int], shape: tuple[int, ...]) -> None:
    if opset == 11:
        proto = model(node(kind, ["x"], axes=axes), x=(1, *shape), opset=opset)
    else:
        proto = model(node(kind, ["x", "a"]), {"a": np.array(axes)}, x=(1, *shape), opset=opset)
    assert_exact(proto, dyadic((3, *shape)), expect=["Reshape"])


MIXES = "mixes the batch with the data"


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (reshape([24]), MIXES),
        (reshape([2, 12]), MIXES),
        (reshape([2, -1]), MIXES),
        (reshape([-1, 6]), MIXES),
        (reshape([0, 5, -1]), MIXES),
        (reshape([0, -1, -1]), MIXES),
        (reshape([0, -2, 3]), MIXES),
        (reshape([1, -1], x=(7, 2, 3, 4)), MIXES),
        (reshape([0, -1], allowzero=1), MIXES),
        (reshape([]), MIXES),
        (model(node("Reshape", ["x", "t"]), {"t": [1.0, 4.0]}), "its shape must be a list of integers"),
        (model([node("Relu", ["x"], "r"), node("Reshape", ["x", "r"])]), "the shape of Reshape must be constant"),
        (model(node("Flatten", ["x"], axis=0)), "flattening at axis 0 mixes the batch"),
        (model(node("Flatten", ["x"], axis=2), x=(1, 2, 3, 4)), "flattening at axis 2 mixes the batch"),
        (model(node("Flatten", ["x"], axis=3)), "axis 3 does not exist in a tensor of 2 axes"),
        (model(node("Transpose", ["x"])), r"perm \[1, 0\] moves the batch axis"),
        (model(node("Transpose", ["x"], perm=[0, 0])), r"perm \[0, 0\] does not permute the 2 axes"),
        (model(node("Squeeze", ["x"]), x=(1, 1, 4)), "squeeze without axes would drop the batch"),
        (model(node("Squeeze", ["x"], axes=[0]), x=(1, 1, 4), opset=11), "squeeze of axis 0 would drop the batch"),
        (model(node("Squeeze", ["x"], axes=[2]), x=(1, 1, 4), opset=11), "axis 2 has length 4; only axes of length 1"),
        (model(node("Squeeze", ["x"], axes=[1]), x=(1, 1), opset=11), "squeeze leaves no axis but the batch"),
        (model(node("Unsqueeze", ["x"], axes=[0]), opset=11), "unsqueeze of axis 0 would put an axis before the batch"),
        (model(node("Unsqueeze", ["x"], axes=[1, 1]), opset=11), r"axes \[1, 1\] name one twice"),
        (model(node("Unsqueeze", ["x"]), opset=11), "unsqueeze needs axes"),
        (model(node("Unsqueeze", ["x"], axes=[5]), opset=11), "axis 5 does not exist in a tensor of 3 axes"),
    ],
)
def test_what_would_move_the_batch_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: node n: .*" + message):
        imported(proto)

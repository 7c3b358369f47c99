"""Concat, Split and Slice against onnxruntime."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, imported, model, node

X = dyadic((2, 4, 3, 5))


def test_streams_are_joined_along_any_axis() -> None:
    r = node("Relu", ["x"], "r")
    for axis, layers in ((1, ["Transpose", "Transpose", "Concat", "Transpose"]), (-1, ["Concat"])):
        proto = model([r, node("Concat", ["x", "r", "x"], axis=axis)], x=(1, 4, 3, 5))
        moved = ["Transpose", *layers] if axis == 1 else layers
        assert_exact(proto, X, expect=["Relu", *moved])


def test_inputs_of_different_lengths_are_joined() -> None:
    proto = model(node("Concat", ["x", "z"], axis=1), x=(1, 4, 3), more_inputs={"z": (1, 2, 3)})
    assert_exact(proto, dyadic((2, 4, 3)), dyadic((2, 2, 3), seed=1))


@pytest.mark.parametrize(
    ("opset", "sizes", "attributes"),
    [(13, None, {}), (13, [1, 3], {}), (11, None, {"split": [3, 1]}), (18, None, {"num_outputs": 2})],
)
def test_a_stream_is_split(opset: int, sizes: list[int] | None, attributes: dict[str, Any]) -> None:
    constants = {} if sizes is None else {"s": np.array(sizes)}
    one = node("Split", ["x", *constants], ["a", "b"], axis=1, **attributes)
    proto = model(one, constants, x=(1, 4, 3, 5), opset=opset, outputs=("a", "b"))
    assert_exact(proto, X)


@pytest.mark.parametrize(
    ("starts", "ends", "axes"),
    [([1], [3], [1]), ([-3], [2**63 - 1], [1]), ([1], [-1], [-1]), ([0, 1, 2], [2**31, 3, 5], [0, 1, 3])],
)
def test_a_part_of_a_stream(starts: list[int], ends: list[int], axes: list[int]) -> None:
    constants = {"s": np.array(starts), "e": np.array(ends), "a": np.array(axes)}
    assert_exact(model(node("Slice", ["x", *constants]), constants, x=(1, 4, 3, 5)), X)


def test_a_part_by_attributes_and_the_whole() -> None:
    old = model(node("Slice", ["x"], starts=[1], ends=[9], axes=[2]), x=(1, 4, 3, 5), opset=9)
    assert_exact(old, X, expect=["Crop"])
    whole = model(node("Slice", ["x"], starts=[0], ends=[9], axes=[2]), x=(1, 4, 3, 5), opset=9)
    assert_exact(whole, X, expect=["Identity"])


def sliced(**constants: list[int]) -> Any:
    given = {k: np.array(v) for k, v in constants.items()}
    return model(node("Slice", ["x", *given], name="n"), given, x=(1, 4, 3, 5))


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (sliced(s=[0], e=[4], a=[1], t=[2]), r"steps \[2\] are not supported"),
        (sliced(s=[1], e=[2**31], a=[0]), "a slice of the batch is not supported"),
        (sliced(s=[3], e=[2], a=[1]), "elements 3 to before 2 of axis 1 .* are none"),
        (sliced(s=[3], e=[2, 3], a=[1]), "must be of one length"),
        (sliced(s=[1, 0], e=[2, 1], a=[1, -3]), r"its axes \[1, -3\] name one twice"),
        (model(node("Concat", ["x", "x"], name="n", axis=0), x=(1, 4)), "Concat along the batch axis"),
        (
            model(node("Concat", ["x", "z"], name="n", axis=1), x=(1, 4, 3), more_inputs={"z": (1, 2, 5)}),
            r"\(batch, 4, 3\), \(batch, 2, 5\) cannot be joined along axis 1; the others must agree",
        ),
        (
            model(node("Concat", ["x", "z"], name="n", axis=1), x=(1, 4, 3), more_inputs={"z": (1, 2)}),
            "they must have as many axes",
        ),
        (
            model(node("Concat", ["x", "c"], name="n", axis=1), {"c": np.ones((1, 4), np.float32)}),
            "Concat of the constant c is not supported",
        ),
        (
            model(node("Split", ["x", "s"], ["a", "b"], "n", axis=1), {"s": np.array([1, 2])}, outputs=("a", "b")),
            r"parts of \[1, 2\] do not make up axis 1",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"node n: .*{message}"):
        imported(proto)

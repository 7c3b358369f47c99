"""ReduceSum and ReduceMean against onnxruntime, over all sets of axes."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.ir.layers import SumPool
from tests.frontends.models import assert_exact, dyadic, imported, model, node

SHAPES = [(4,), (4, 2), (4, 2, 8)]
"""Powers of two, whose means float32 gives exactly."""
CASES = [(s, a) for s in SHAPES for n in range(1, len(s) + 1) for a in combinations(range(1, len(s) + 1), n)]


@pytest.mark.parametrize("kind", ["ReduceSum", "ReduceMean"])
@pytest.mark.parametrize(("shape", "axes"), CASES, ids=str)
def test_any_axes_with_and_without_their_places(kind: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    x = dyadic((3, *shape))
    for keep in (0, 1) if len(axes) < len(shape) else (1,):
        stated = {"axes": axes} if kind == "ReduceMean" else {}
        given = {} if stated else {"a": np.array(axes) - len(shape) - 1}
        proto = model(node(kind, ["x", *given], keepdims=keep, **stated), given, x=(1, *shape))
        assert_exact(proto, x)


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("axes", [(1,), (2,), (3,), (2, 3), (1, 3), (1, 2, 3)])
def test_over_images_that_a_convolution_made(axes: tuple[int, ...], keep: int) -> None:
    nodes = [node("Conv", ["x", "w"], "c", "conv"), node("ReduceMean", ["c", "a"], name="mean", keepdims=keep)]
    if len(axes) == 3 and not keep:
        nodes[1].attribute[0].i = 1
    constants = {"w": dyadic((2, 3, 1, 1), most=3).astype(np.float32), "a": np.array(axes)}
    assert_exact(model(nodes, constants, x=(1, 3, 4, 8), opset=18), dyadic((2, 3, 4, 8)))


def test_many_positions_are_one_pool() -> None:
    proto = model(node("ReduceSum", ["x", "a"], keepdims=0), {"a": np.array([1, 2, 3])}, x=(1, 2, 3, 5, 4))
    graph = assert_exact(proto, dyadic((2, 2, 3, 5, 4)))
    assert [n.layer.size for n in graph if isinstance(n.layer, SumPool)] == [(1, 30)]


def test_no_axes_may_mean_nothing_to_do() -> None:
    proto = model(node("ReduceSum", ["x"], noop_with_empty_axes=1, keepdims=0), x=(1, 4))
    assert_exact(proto, dyadic((3, 4)), expect=["Identity"])


@pytest.mark.parametrize("flag", [0, 1])
def test_axes_that_are_stated_count_whatever_none_would_mean(flag: int) -> None:
    proto = model(
        node("ReduceSum", ["x", "a"], noop_with_empty_axes=flag, keepdims=0), {"a": np.array([1])}, x=(1, 3, 4)
    )
    assert_exact(proto, dyadic((2, 3, 4)))


def reduced(axes: list[int] | None, shape: tuple[int, ...] = (1, 2, 3, 5, 4), **more: Any) -> Any:
    given = {} if axes is None else {"a": np.array(axes)}
    return model(node("ReduceSum", ["x", *given], name="n", **more), given, x=shape)


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (reduced([0, 1]), r"over axes \[0, 1\] of \(batch, 2, 3, 5, 4\) it would mix the samples of a batch"),
        (reduced(None), "it would mix the samples of a batch"),
        (reduced([1, 3]), r"sums over axes \[1, 3\] of \(batch, 2, 3, 5, 4\) are not supported; at most two groups"),
        (reduced([5]), "axis 5 does not exist in a tensor of 5 axes"),
        (reduced([1], (1, 4), keepdims=0), "leaves no axis but the batch; export it with keepdims=1"),
    ],
)
def test_what_it_does_not_do_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"node n: .*{message}"):
        imported(proto)

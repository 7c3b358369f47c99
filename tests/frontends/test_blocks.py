"""DepthToSpace and SpaceToDepth against onnxruntime, and as training tools write them out."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, imported, model, node

X = dyadic((2, 12, 3, 5))
SHUFFLE = ["Transpose", "Reshape", "Transpose", "Reshape", "Transpose"]


def one(kind: str, shape: tuple[int, ...] = (12, 3, 5), **attributes: Any) -> Any:
    return model(node(kind, ["x"], name="b", **attributes), x=(1, *shape))


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_channels_become_blocks_of_pixels(mode: str) -> None:
    assert_exact(one("DepthToSpace", blocksize=2, mode=mode), X, expect=SHUFFLE)
    x = dyadic((2, 9, 2, 5), seed=1)
    assert_exact(one("DepthToSpace", (9, 2, 5), blocksize=3, mode=mode), x)


def test_depth_comes_before_columns_and_rows_unless_the_file_says_otherwise() -> None:
    assert_exact(one("DepthToSpace", blocksize=2), X)


def test_blocks_of_pixels_become_channels() -> None:
    assert_exact(one("SpaceToDepth", (3, 4, 10), blocksize=2), dyadic((2, 3, 4, 10)), expect=SHUFFLE)


@pytest.mark.parametrize("perm", [(0, 1, 4, 2, 5, 3), (0, 3, 4, 1, 5, 2)])
def test_a_shuffle_written_out_is_the_same(perm: tuple[int, ...]) -> None:
    split = [0, 3, 2, 2, 3, 5] if perm[1] == 1 else [0, 2, 2, 3, 3, 5]
    nodes = [
        node("Reshape", ["x", "a"], "r", "r"),
        node("Transpose", ["r"], "t", "t", perm=list(perm)),
        node("Reshape", ["t", "c"], "y", "y"),
    ]
    proto = model(nodes, {"a": np.array(split), "c": np.array([0, 3, 6, 10])}, x=(1, 12, 3, 5))
    assert_exact(proto, X, expect=["Reshape", "Transpose", "Reshape"])


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (one("DepthToSpace", blocksize=5), "12 channels are no whole number of blocks of 5 x 5; check blocksize"),
        (one("SpaceToDepth", blocksize=2), "an image of 3 x 5 is no whole number of blocks of 2 x 2; pad or crop it"),
        (one("DepthToSpace", blocksize=0), "its blocksize 0 must be positive"),
        (one("DepthToSpace", blocksize=2, mode="RCD"), "its mode RCD is not supported; there are DCR and CRD"),
        (one("DepthToSpace", (12, 3), blocksize=2), r"DepthToSpace of a tensor of shape \(batch, 12, 3\)"),
    ],
)
def test_blocks_that_do_not_fit_are_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"node b: .*{message}"):
        imported(proto)

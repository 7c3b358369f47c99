"""MultiThreshold against qonnx."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, imported, model, node

X = dyadic((5, 4))
ROWS = np.array([[-1, 0, 1.5], [0, 0, 2], [-3, -2, -1], [1, 2, 3]], dtype=np.float32)


def thresholds(levels: Any, x: tuple[int, ...] = (1, 4), **attributes: Any) -> Any:
    attributes.setdefault("out_dtype", "FLOAT32")
    return model(
        node("MultiThreshold", ["x", "t"], name="mt", **attributes), {"t": np.asarray(levels, np.float32)}, x=x
    )


@pytest.mark.parametrize("levels", [ROWS, ROWS[:1], ROWS[:, ::-1]], ids=["rows", "one row", "descending"])
@pytest.mark.parametrize(("scale", "bias"), [(1.0, 0.0), (2.0, -1.0), (0.25, 0.5), (-1.0, 2.0)])
def test_values_are_counted_as_qonnx_does(levels: np.ndarray, scale: float, bias: float) -> None:
    assert_exact(thresholds(levels, out_scale=scale, out_bias=bias), X, expect=["MultiThreshold"])


@pytest.mark.parametrize(
    ("layout", "shape"), [("NC", (4,)), ("NHWC", (1, 3, 4)), ("NWC", (3, 4)), ("", (4,)), ("", (3, 4))]
)
def test_layouts_with_the_channels_last(layout: str, shape: tuple[int, ...]) -> None:
    assert_exact(thresholds(ROWS, (1, *shape), data_layout=layout), dyadic((2, *shape)), expect=["MultiThreshold"])


@pytest.mark.parametrize(("layout", "shape"), [("NCHW", (4, 1, 1)), ("", (4, 1, 1))])
def test_channels_first_of_one_pixel(layout: str, shape: tuple[int, ...]) -> None:
    expect = ["Reshape", "MultiThreshold", "Reshape"]
    assert_exact(thresholds(ROWS, (1, *shape), data_layout=layout), dyadic((2, *shape)), expect=expect)


@pytest.mark.parametrize(
    ("levels", "attributes", "message"),
    [
        (
            ROWS[:, :2],
            {"out_dtype": "BIPOLAR", "out_scale": 2.0, "out_bias": -1.0},
            r"its results -1 to 3 lie outside .* BIPOLAR",
        ),
        (ROWS, {"out_dtype": "INT2"}, r"its results 0 to 3 lie outside its out_dtype INT2 \(-2 to 1\); correct"),
        (ROWS, {"out_dtype": "UINT2", "out_bias": -1.0}, "results -1 to 2 lie outside its out_dtype UINT2"),
        (ROWS[:3], {}, "thresholds for 3 channels, the input has 4"),
        (ROWS[0], {}, r"have the shape \(3,\); they must be \(channels or 1, levels\)"),
        (np.where(ROWS == 3, np.nan, ROWS), {}, "tensor t holds nan"),
        (np.where(ROWS == 3, np.inf, ROWS), {}, "tensor t holds inf"),
        (ROWS, {"out_scale": 0.0}, "its out_scale is 0"),
        (ROWS, {"out_scale": float("inf")}, "attribute out_scale is inf; it must be finite"),
        (ROWS, {"data_layout": "NHWC"}, "data_layout NHWC does not fit a tensor of 2 axes"),
    ],
)
def test_bad_thresholds_are_refused_by_name(levels: np.ndarray, attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=r"test\.onnx: node mt: .*" + message):
        imported(thresholds(levels, **attributes))


def test_channels_first_of_an_image_move_last() -> None:
    proto = thresholds(ROWS, (1, 4, 2, 3))
    assert_exact(proto, dyadic((3, 4, 2, 3)), expect=["Transpose", "MultiThreshold", "Transpose"])


def test_types_that_hold_the_results_pass() -> None:
    for kind in ("UINT2", "INT3", "TERNARY", "BINARY", "BIPOLAR"):
        levels = {"TERNARY": ROWS[:, :1], "BINARY": ROWS[:, :1], "BIPOLAR": ROWS[:, :1]}.get(kind, ROWS)
        assert_exact(thresholds(levels, out_dtype=kind), X)

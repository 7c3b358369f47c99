"""Resize, Upsample and Pad against onnxruntime."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ModelError
from tests.frontends.models import assert_exact, dyadic, executed, imported, model, node

X = dyadic((2, 3, 4, 5))
FLOOR = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def resize(scales: list[float], shape: tuple[int, ...] = (3, 4, 5), **attributes: Any) -> Any:
    given = {"r": np.zeros(0, np.float32), "s": np.array(scales, np.float32)}
    return model(node("Resize", ["x", "r", "s"], name="r", **attributes), given, x=(1, *shape))


def test_pixels_are_repeated() -> None:
    image = ["Transpose", "Upsample", "Transpose"]
    assert_exact(resize([1, 1, 3, 2], **FLOOR), X, expect=image)
    assert_exact(resize([1, 1, 1, 4], **FLOOR), X, expect=image)
    sequence = ["Transpose", "Reshape", "Upsample", "Reshape", "Transpose"]
    assert_exact(resize([1, 1, 3], (3, 5), **FLOOR), dyadic((2, 3, 5)), expect=sequence)
    assert_exact(resize([1, 3, 2, 1], **FLOOR), X, expect=["Upsample"])
    assert_exact(resize([1, 1, 1, 1], **FLOOR), X, expect=["Identity"])


def test_the_roi_may_be_missing_and_sizes_may_be_given() -> None:
    one = node("Resize", ["x", "", "s"], **FLOOR)
    proto = model(one, {"s": np.array([1, 1, 2, 3], np.float32)}, x=(1, 3, 4, 5))
    assert_exact(proto, X, expect=["Transpose", "Upsample", "Transpose"])
    sized = model(node("Resize", ["x", "", "", "n"], **FLOOR), {"n": np.array([2, 3, 8, 15])}, x=(2, 3, 4, 5))
    assert_exact(sized, X, expect=["Transpose", "Upsample", "Transpose"])


PLACES = ["asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"]
NEAREST = ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("nearest", NEAREST)
@pytest.mark.parametrize("factors", [(2, 3), (1, 5), (4, 1)])
def test_a_mapping_is_taken_exactly_where_it_repeats_pixels(
    places: str, nearest: str, factors: tuple[int, int]
) -> None:
    proto = resize([1, 1, *factors], coordinate_transformation_mode=places, nearest_mode=nearest)
    (theirs,) = executed(proto, X)
    repeated = X.repeat(factors[0], axis=2).repeat(factors[1], axis=3)
    if (theirs == repeated).all():
        assert_exact(proto, X)
    else:
        with pytest.raises(ModelError, match=r"node r: resizing axis . by . .* does not repeat each element"):
            imported(proto)


def test_the_operator_of_older_files() -> None:
    given = {"s": np.array([1, 1, 3, 2], np.float32)}
    proto = model(node("Upsample", ["x", "s"], mode="nearest"), given, x=(1, 3, 4, 5), opset=9)
    assert_exact(proto, X, expect=["Transpose", "Upsample", "Transpose"])
    proto = model(node("Resize", ["x", "s"], mode="nearest"), given, x=(1, 3, 4, 5), opset=10)
    assert_exact(proto, X, expect=["Transpose", "Upsample", "Transpose"])


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (resize([1, 1, 1.5, 2], **FLOOR), r"resizing axis 2 by 1.5 \(asymmetric, floor\) does not repeat"),
        (resize([1, 1, 0.5, 2], **FLOOR), "resizing axis 2 by 0.5"),
        (resize([1, 2, 2, 2], **FLOOR), "only of an image's height and width"),
        (resize([2, 1, 2, 2], **FLOOR), "do not fit a tensor of shape .* the batch unchanged"),
        (resize([1, 1, 2, 2], mode="linear"), "its mode linear is not supported; only nearest"),
        (
            resize([1, 1, 2, 2], coordinate_transformation_mode="tf_crop_and_resize"),
            "tf_crop_and_resize with round_prefer_floor is not supported",
        ),
        (model(node("Resize", ["x"], name="r", **FLOOR), x=(1, 3, 4, 5)), "has neither scales nor sizes"),
    ],
)
def test_other_resizing_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"node r: .*{message}"):
        imported(proto)


def pad(pads: list[int], shape: tuple[int, ...] = (3, 4, 5), value: float | None = None, **attributes: Any) -> Any:
    constants: dict[str, Any] = {"p": np.array(pads)}
    if value is not None:
        constants["v"] = value
    return model(node("Pad", ["x", *constants], name="p", **attributes), constants, x=(1, *shape))


def test_zeros_are_put_around_images_and_sequences() -> None:
    image = ["Transpose", "Pad", "Transpose"]
    assert_exact(pad([0, 0, 1, 0, 0, 0, 2, 3]), X, expect=image)
    assert_exact(pad([0, 0, 1, 2, 0, 0, 0, 0], value=0.0), X, expect=image)
    assert_exact(pad([0, 2, 1, 0, 0, 1, 0, 0]), X, expect=["Pad"])
    sequence = ["Transpose", "Reshape", "Pad", "Reshape", "Transpose"]
    assert_exact(pad([0, 0, 1, 0, 0, 2], (3, 5)), dyadic((2, 3, 5)), expect=sequence)
    assert_exact(pad([0] * 8, mode="reflect"), X, expect=["Identity"])


def test_pads_as_an_attribute_and_for_named_axes() -> None:
    old = model(node("Pad", ["x"], pads=[0, 0, 1, 0, 0, 0, 2, 3]), x=(1, 3, 4, 5), opset=10)
    assert_exact(old, X, expect=["Transpose", "Pad", "Transpose"])
    constants = {"p": np.array([1, 2, 3, 4]), "v": 0.0, "a": np.array([-1, 2])}
    named = model(node("Pad", ["x", "p", "v", "a"]), constants, x=(1, 3, 4, 5), opset=18)
    assert_exact(named, X, expect=["Transpose", "Pad", "Transpose"])


@pytest.mark.parametrize(
    ("proto", "message"),
    [
        (pad([0, 0, 1, 0, 0, 0, 2, 3], value=1.0), "padding by a value that is not 0 is not supported; only by zeros"),
        (pad([0, 0, 1, 0, 0, 0, 2, 3], mode="reflect"), "padding by mode reflect is not supported; only by zeros"),
        (pad([0, 0, -1, 0, 0, 0, 2, 3]), "would cut the tensor off"),
        (pad([1, 0, 1, 0, 0, 0, 2, 3]), "padding of the batch axis is not supported"),
        (pad([0, 1, 1, 1, 0, 0, 0, 0]), "only of an image's height and width"),
        (pad([0, 0, 1, 0, 0, 0, 2]), "do not fit a tensor of shape"),
    ],
)
def test_other_padding_is_refused_by_name(proto: Any, message: str) -> None:
    with pytest.raises(ModelError, match=f"node p: .*{message}"):
        imported(proto)

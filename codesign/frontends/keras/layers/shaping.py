"""Layers that move, repeat, add or drop elements without computing."""

from __future__ import annotations

from math import prod

from codesign.frontends.converters.building import Stream, shape_text
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.layers.images import image, image_back
from codesign.frontends.names import spelled
from codesign.ir.layers import Crop, Pad, Reshape, Transpose, Upsample


def flatten(node: KerasLayer) -> Stream:
    """All axes but the batch into one: Reshape."""
    layout = node.fields.text("data_format", "channels_last")
    if layout != "channels_last" and node.x.rank > 2:
        node.refuse(f"its data_format is {spelled(layout)}; only channels_last is supported: build the model so")
    return node.reshaped(node.x, (node.x.type.size,))


def reshape(node: KerasLayer) -> Stream:
    """To a target_shape, -1 included: Reshape."""
    x, target = node.x, list(node.fields.integers("target_shape"))
    known = prod(n for n in target if n != -1)
    if target.count(-1) == 1 and known > 0 and not x.type.size % known:
        target[target.index(-1)] = x.type.size // known
    if not target or min(target) < 1 or prod(target) != x.type.size:
        node.refuse(f"a tensor of shape {shape_text(x)} cannot become {target}: it has {x.type.size} elements")
    return node.reshaped(x, tuple(target))


def permute(node: KerasLayer) -> Stream:
    """Any order of the axes but the batch: Transpose."""
    x, dims = node.x, node.fields.integers("dims")
    if sorted(dims) != list(range(1, x.rank)):
        node.refuse(f"its dims {list(dims)} do not permute the axes 1 to {x.rank - 1} of {shape_text(x)}")
    return node.same(x) if list(dims) == sorted(dims) else node.emit(Transpose(tuple(d - 1 for d in dims)), x)


def repeat_vector(node: KerasLayer) -> Stream:
    """(channels) n times: Upsample."""
    x, n = node.x, node.fields.integer("n")
    if x.rank != 2 or n < 1:
        node.refuse(f"it repeats {shape_text(x)} {n} times; expected (batch, channels), at least once")
    node.check_size((n, *x.shape))
    pixel = node.emit(Reshape((1, 1, *x.shape)), x, part="pixel")
    return node.emit(Reshape((n, *x.shape)), node.emit(Upsample((1, n)), pixel), part="shape")


def zero_padding1d(node: KerasLayer) -> Stream:
    """Zeros before and behind a sequence: Pad."""
    return _padded(node, 1)


def zero_padding2d(node: KerasLayer) -> Stream:
    """Zeros around an image: Pad."""
    return _padded(node, 2)


def _padded(node: KerasLayer, axes: int) -> Stream:
    x = image(node, axes)
    (top, bottom), (left, right) = _sides(node, "padding", axes)
    node.check_size((x.shape[0] + top + bottom, x.shape[1] + left + right, x.shape[2]))
    return image_back(node, node.emit(Pad(top, bottom, left, right), x), axes)


def cropping1d(node: KerasLayer) -> Stream:
    """A sequence without its first and last elements: Crop."""
    return _cropped(node, 1)


def cropping2d(node: KerasLayer) -> Stream:
    """An image without its first and last rows and columns: Crop."""
    return _cropped(node, 2)


def _cropped(node: KerasLayer, axes: int) -> Stream:
    x = image(node, axes)
    (top, bottom), (left, right) = _sides(node, "cropping", axes)
    height, width, channels = x.shape
    if top + bottom >= height or left + right >= width:
        node.refuse(f"its cropping leaves nothing of {shape_text(node.x)}")
    crop = Crop((top, left, 0), (height - bottom, width - right, channels))
    return image_back(node, node.emit(crop, x), axes)


def _sides(node: KerasLayer, key: str, axes: int) -> list[tuple[int, int]]:
    """(before, after) of rows and columns: a number for all sides, for both of an axis, or one for each."""
    stated = node.fields.other(key, [1] * axes)
    items = stated if isinstance(stated, list) else [stated] * axes
    if axes == 1:
        items = [items * 2 if len(items) == 1 else items]
    pairs = [(item, item) if isinstance(item, int) else tuple(item) if isinstance(item, list) else () for item in items]
    found = [(p[0], p[1]) for p in pairs if len(p) == 2 and all(isinstance(n, int) and 0 <= n < 1 << 31 for n in p)]
    if len(pairs) != axes or len(found) != axes:
        node.fields.fail(key, stated, "whole numbers of 0 or above, one or two for each axis")
    return [(0, 0)] * (2 - axes) + found


def up_sampling1d(node: KerasLayer) -> Stream:
    """Each element of a sequence several times: Upsample."""
    x, factor = image(node, 1), node.fields.integer("size", 2)
    return _repeated(node, x, (1, factor), 1)


def up_sampling2d(node: KerasLayer) -> Stream:
    """Each pixel of an image several times (interpolation nearest): Upsample."""
    mode = node.fields.text("interpolation", "nearest")
    if mode != "nearest":
        node.fields.fail("interpolation", mode, "nearest")
    rows, columns = node.fields.integers("size", 2, 2)
    return _repeated(node, image(node, 2), (rows, columns), 2)


def _repeated(node: KerasLayer, x: Stream, factors: tuple[int, int], axes: int) -> Stream:
    if min(factors) < 1:
        node.refuse(f"its size {list(factors)} must be 1 or above")
    node.check_size((x.shape[0] * factors[0], x.shape[1] * factors[1], x.shape[2]))
    return image_back(node, node.emit(Upsample(factors), x), axes)

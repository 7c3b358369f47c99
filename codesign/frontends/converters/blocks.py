"""Blocks of pixels and channels become each other: DepthToSpace and SpaceToDepth."""

from __future__ import annotations

from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.frontends.names import spelled
from codesign.ir.layers import Reshape, Transpose


def depth_to_space(node: Conversion) -> Stream:
    """The channels of each pixel as a block of pixels, modes DCR and CRD: Reshape, Transpose, Reshape."""
    x, size = _image(node)
    mode = node.op.text("mode", "DCR")
    if mode not in ("DCR", "CRD"):
        node.refuse(f"its mode {spelled(mode)} is not supported; there are DCR and CRD")
    channels, height, width = x.shape
    if channels % (size * size):
        node.refuse(f"{channels} channels are no whole number of blocks of {size} x {size}; check blocksize")
    left = channels // (size * size)
    pixels = node.put_last(x, 0)
    if mode == "DCR":
        y = shuffled(node, pixels, (size, size, left), (0, 2, 1, 3, 4))
    else:
        y = shuffled(node, pixels, (left, size, size), (0, 3, 1, 4, 2))
    y = node.emit(Reshape((height * size, width * size, left)), y, part="pixels")
    return node.put_back(y, 0)


def space_to_depth(node: Conversion) -> Stream:
    """Each block of pixels as the channels of one: Reshape, Transpose, Reshape."""
    x, size = _image(node)
    channels, height, width = x.shape
    if height % size or width % size:
        node.refuse(f"an image of {height} x {width} is no whole number of blocks of {size} x {size}; pad or crop it")
    pixels = node.put_last(x, 0)
    y = node.emit(Reshape((height // size, size, width // size, size, channels)), pixels, part="blocks")
    y = node.emit(Transpose((0, 2, 1, 3, 4)), y)
    y = node.emit(Reshape((height // size, width // size, size * size * channels)), y, part="pixels")
    return node.put_back(y, 0)


def shuffled(node: Conversion, x: Stream, parts: tuple[int, ...], axes: tuple[int, ...]) -> Stream:
    """An image whose channels are taken for several axes, and all axes put into another order."""
    return node.emit(Transpose(axes), node.emit(Reshape((*x.shape[:2], *parts)), x, part="blocks"))


def _image(node: Conversion) -> tuple[Stream, int]:
    """The image (channels, height, width), and the size of a block."""
    x, size = node.stream(0), node.op.integer("blocksize", 0)
    if x.rank != 4:
        node.refuse(
            f"{node.op.kind} of a tensor of shape {shape_text(x)} is not supported; only of images (batch, channels, "
            "height, width)"
        )
    if size < 1:
        node.refuse(f"its blocksize {size} must be positive")
    return x, size

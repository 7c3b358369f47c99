"""What convolutions and pools share: the image that an operator reads, and the windows that slide over it."""

from __future__ import annotations

from dataclasses import dataclass

from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.frontends.names import spelled
from codesign.ir.layers import Reshape
from codesign.ir.layers.window import Padding, Pair


@dataclass(frozen=True)
class Windows:
    """Size, stride, dilation, and padding at the top, bottom, left and right."""

    size: Pair
    stride: Pair
    dilation: Pair
    padding: Padding


def image(node: Conversion, x: Stream) -> Stream:
    """`x` as (height, width, channels); a sequence is an image of one row."""
    if x.rank not in (3, 4):
        node.refuse(
            f"{node.op.kind} of a tensor of shape {shape_text(x)} is not supported; only images (batch, channels, "
            "height, width) and sequences (batch, channels, length)"
        )
    if not node.op.channels_last:
        x = node.put_last(x, 0)
    return x if x.rank == 4 else node.emit(Reshape((1, *x.shape)), x, part="row")


def image_back(node: Conversion, y: Stream, rank: int) -> Stream:
    """The result in the layout of the operator's input, which had `rank` axes."""
    if rank == 3:
        y = node.emit(Reshape(y.shape[1:]), y, part="sequence")
    return y if node.op.channels_last else node.put_back(y, 0)


def windows(node: Conversion, x: Stream, kernel: tuple[int, ...] | None, ceil: bool = False) -> Windows:
    """The windows over the image `x` that the attributes describe; `kernel` is the size that the weights say.

    `ceil` counts a window that is cut off at the end, which then has more padding there; one that would start
    behind the image is none.
    """
    size = kernel_size(node, x, kernel)
    axes = len(size)
    stride, dilation = each(node, "strides", axes), each(node, "dilations", axes)
    lengths = x.shape[2 - axes : 2]
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    before, after = _pads(node, lengths, reach, stride)
    if ceil:
        for k, (n, r, s) in enumerate(zip(lengths, reach, stride, strict=True)):
            more = -(n + before[k] + after[k] - r) % s
            if n + before[k] + after[k] + more - r < n + before[k]:
                after[k] += more
    whole = [n + a + b for n, a, b in zip(lengths, before, after, strict=True)]
    node.check_size(whole)
    stride = tuple(min(s, n) for s, n in zip(stride, whole, strict=True))  # there is one window alone beyond that
    (top, left), (bottom, right) = _pair(before, 0), _pair(after, 0)
    return Windows(_pair(size, 1), _pair(stride, 1), _pair(dilation, 1), (top, bottom, left, right))


def kernel_size(node: Conversion, x: Stream, kernel: tuple[int, ...] | None) -> tuple[int, ...]:
    """The window's length along one or both axes of the image `x`, stated or as the weights say."""
    stated = node.op.integers("kernel_shape")
    if stated is None and kernel is None:
        node.refuse(f"{node.op.kind} has no kernel_shape; export the network again")
    if stated is not None and kernel is not None and stated != kernel:
        node.refuse(f"its kernel_shape {list(stated)} is not that of its weights, {list(kernel)}")
    size = stated or kernel or ()
    if len(size) not in (1, 2) or (len(size) == 1 and x.shape[0] != 1) or min(size) < 1:
        node.refuse(f"its kernel_shape {list(size)} does not fit an image of {x.shape[0]} x {x.shape[1]}")
    return size


def each(node: Conversion, key: str, axes: int) -> tuple[int, ...]:
    """A list attribute with one number per axis, 1 where it is absent."""
    found = node.op.integers(key) or (1,) * axes
    if len(found) != axes or min(found) < 1:
        node.refuse(f"its {key} {list(found)} must be {axes} positive numbers, one for each axis of its kernel")
    return found


def _pads(
    node: Conversion, lengths: tuple[int, ...], reach: list[int], stride: tuple[int, ...]
) -> tuple[list[int], list[int]]:
    """The padding (before, after) of each axis, stated or as `auto_pad` asks."""
    axes = len(lengths)
    mode = node.op.text("auto_pad", "NOTSET") or "NOTSET"
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        return stated_pads(node, axes)
    pads = node.op.integers("pads")
    if any(pads or ()):
        node.refuse(f"it has both pads {list(pads or ())} and auto_pad {spelled(mode)}; keep one")
    total = [max(0, (-(-n // s) - 1) * s + r - n) for n, r, s in zip(lengths, reach, stride, strict=True)]
    less, more = [t // 2 for t in total], [t - t // 2 for t in total]
    return (less, more) if mode == "SAME_UPPER" else (more, less)


def stated_pads(node: Conversion, axes: int) -> tuple[list[int], list[int]]:
    """The padding (before, after) of each axis as the attribute pads says; none where auto_pad says VALID."""
    mode = node.op.text("auto_pad", "NOTSET") or "NOTSET"
    pads = node.op.integers("pads") or (0,) * (2 * axes)
    if mode not in ("NOTSET", "VALID"):
        node.refuse(f"its auto_pad {spelled(mode)} is not supported; there are NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    if len(pads) != 2 * axes:
        node.refuse(f"its pads {list(pads)} must be {2 * axes} numbers, all beginnings before all ends")
    if mode == "VALID" and any(pads):
        node.refuse(f"it has both pads {list(pads)} and auto_pad VALID; keep one")
    if min(pads) < 0:
        node.refuse(f"its pads {list(pads)} would cut the image off; only positive padding is supported")
    return list(pads[:axes]), list(pads[axes:])


def _pair(values: tuple[int, ...] | list[int], first: int) -> Pair:
    """Vertical and horizontal; `first` where there is one axis alone, the horizontal one."""
    return (first, values[0]) if len(values) == 1 else (values[0], values[1])

"""Images made larger: by repeating pixels, and by zeros around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor

from codesign.frontends.converters.conversion import Conversion, Stream, shape_text
from codesign.frontends.names import spelled
from codesign.ir.layers import Pad, Reshape, Upsample

Places = Callable[[int], Fraction]
"""For each element of the result, the place in the input that it comes from."""


def resize(node: Conversion) -> Stream:
    """The nearest pixel, where each is repeated a whole number of times: Upsample."""
    x = node.stream(0)
    for ignored in ("cubic_coeff_a", "exclude_outside", "extrapolation_value", "antialias"):
        node.op.other(ignored)
    if node.op.text("keep_aspect_ratio_policy", "stretch") != "stretch" or node.op.integers("axes") is not None:
        node.refuse("keep_aspect_ratio_policy and axes are not supported; state the scales of all axes")
    old = node.opset < 11
    scales = node.optional_constant(1 if old else 2, "scales")
    sizes = None if old else node.optional_constant(3, "sizes")
    places = node.op.text("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    nearest = node.op.text("nearest_mode", "floor" if old else "round_prefer_floor")
    _check_mode(node, "nearest")
    if sizes is not None and sizes.base.size and scales is not None and scales.base.size:
        node.refuse("it has both scales and sizes; keep one")
    if sizes is not None and sizes.base.size:
        lengths = sizes.base.tolist()[1:]
        if len(lengths) != len(x.shape):
            node.refuse(f"its sizes {sizes.base.tolist()} do not fit a tensor of shape {shape_text(x)}")
        factors = [Fraction(int(m), n) for m, n in zip(lengths, x.shape, strict=True)]
    elif scales is not None and scales.base.size:
        factors = _scales(node, x, scales.fractions().ravel().tolist())
    else:
        node.refuse("Resize has neither scales nor sizes; export the network again")
    return _repeated(node, x, factors, places, nearest)


def upsample(node: Conversion) -> Stream:
    """The operator before Resize, the nearest pixel repeated a whole number of times: Upsample."""
    x = node.stream(0)
    _check_mode(node, "nearest")
    stated = node.op.other("scales")
    given = stated if isinstance(stated, list) else node.constant(1, "scales").fractions().ravel().tolist()
    return _repeated(node, x, _scales(node, x, [Fraction(v) for v in given]), "asymmetric", "floor")


def _check_mode(node: Conversion, default: str) -> None:
    mode = node.op.text("mode", default)
    if mode != "nearest":
        node.refuse(f"its mode {spelled(mode)} is not supported; only nearest, by whole factors")


def _scales(node: Conversion, x: Stream, scales: Sequence[Fraction]) -> list[Fraction]:
    if len(scales) != x.rank or scales[0] != 1:
        node.refuse(
            f"its scales {[float(s) for s in scales]} do not fit a tensor of shape {shape_text(x)}, the batch unchanged"
        )
    return list(scales[1:])


def _repeated(node: Conversion, x: Stream, factors: Sequence[Fraction], places: str, nearest: str) -> Stream:
    node.check_size([abs(int(n * factor)) for n, factor in zip(x.shape, factors, strict=True)])
    for axis, (factor, length) in enumerate(zip(factors, x.shape, strict=True), start=1):
        whole = factor.denominator == 1 and factor >= 1
        if not whole or not _repeats(node, length, int(factor), places, nearest):
            node.refuse(
                f"resizing axis {axis} by {float(factor):g} ({spelled(places)}, {spelled(nearest)}) does not repeat "
                "each element a whole number of times; use an integer factor, with asymmetric and floor"
            )
    axes = [a for a, factor in enumerate(factors) if factor != 1]
    if not axes:
        return node.same(x)
    channel = _channel_axis(node, x, axes)
    image = node.put_last(x, channel)
    kept = [int(f) for a, f in enumerate(factors) if a != channel]
    if x.rank == 3:
        image = node.emit(Reshape((1, *image.shape)), image, part="row")
    y = node.emit(Upsample((1, kept[0]) if x.rank == 3 else (kept[0], kept[1])), image)
    if x.rank == 3:
        y = node.emit(Reshape(y.shape[1:]), y, part="sequence")
    return node.put_back(y, channel)


def _channel_axis(node: Conversion, x: Stream, axes: Sequence[int]) -> int:
    """The axis of the sample that stands for the channels: the first, or the last where that one changes."""
    if x.rank not in (3, 4) or {0, len(x.shape) - 1} <= set(axes):
        node.refuse(
            f"{node.op.kind} of the axes {[a + 1 for a in axes]} of a tensor of shape {shape_text(x)} is not "
            "supported; only of an image's height and width"
        )
    return len(x.shape) - 1 if 0 in axes else 0


def _repeats(node: Conversion, length: int, factor: int, places: str, nearest: str) -> bool:
    """Whether every result element j is input element j // factor, by the standard's formulas in exact numbers."""
    if factor == 1 and places != "tf_crop_and_resize":
        return True
    count, half = length * factor, Fraction(1, 2)
    transforms: dict[str, Places] = {
        "asymmetric": lambda j: Fraction(j, factor),
        "half_pixel": lambda j: (j + half) / factor - half,
        "pytorch_half_pixel": lambda j: (j + half) / factor - half if count > 1 else Fraction(0),
        "half_pixel_symmetric": lambda j: (j + half) / factor - half,  # the same for whole factors
        "tf_half_pixel_for_nn": lambda j: (j + half) / factor,
        "align_corners": lambda j: Fraction(j * (length - 1), count - 1) if count > 1 else Fraction(0),
    }
    roundings: dict[str, Callable[[Fraction], int]] = {
        "floor": floor,
        "ceil": ceil,
        "round_prefer_floor": lambda v: ceil(v - half),
        "round_prefer_ceil": lambda v: floor(v + half),
    }
    if places not in transforms or nearest not in roundings:
        node.refuse(f"{spelled(places)} with {spelled(nearest)} is not supported; use asymmetric and floor")
    place, to_integer = transforms[places], roundings[nearest]
    return all(min(max(to_integer(place(j)), 0), length - 1) == j // factor for j in range(count))


def pad(node: Conversion) -> Stream:
    """By zeros, around an image or a sequence: Pad."""
    x = node.stream(0)
    mode = node.op.text("mode", "constant")
    pads = _pads(node, x)
    if not any(pads):
        return node.same(x)
    value = node.optional_constant(2, "value")
    zero = (node.op.real("value", 0.0) if value is None else value.number()) == 0
    if mode != "constant" or not zero:
        what = f"mode {spelled(mode)}" if mode != "constant" else "a value that is not 0"
        node.refuse(f"padding by {what} is not supported; only by zeros")
    if min(pads) < 0:
        node.refuse(f"its pads {pads} would cut the tensor off; only positive padding is supported")
    before, after = pads[: x.rank], pads[x.rank :]
    if before[0] or after[0]:
        node.refuse("padding of the batch axis is not supported")
    axes = [a for a in range(len(x.shape)) if before[a + 1] or after[a + 1]]
    channel = _channel_axis(node, x, axes)
    image = node.put_last(x, channel)
    sides = [(before[a + 1], after[a + 1]) for a in range(len(x.shape)) if a != channel]
    if x.rank == 3:
        image = node.emit(Reshape((1, *image.shape)), image, part="row")
        sides = [(0, 0), *sides]
    y = node.emit(Pad(*sides[0], *sides[1]), image)
    if x.rank == 3:
        y = node.emit(Reshape(y.shape[1:]), y, part="sequence")
    return node.put_back(y, channel)


def _pads(node: Conversion, x: Stream) -> list[int]:
    """Beginnings of all axes of the file's tensor, then ends."""
    stated = node.op.integers("pads") or node.op.integers("paddings")
    given = list(stated) if stated is not None else node.constant(1, "pads").integers()
    axes = node.optional_constant(3, "axes")
    if axes is not None:
        named = [node.axis(a, x.rank) for a in axes.integers()]
        if len(given) != 2 * len(named) or len(set(named)) != len(named):
            node.refuse(f"its pads {given} do not fit its axes {named}")
        spread = dict(zip(named, zip(given[: len(named)], given[len(named) :], strict=True), strict=True))
        given = [spread.get(a, (0, 0))[k] for k in (0, 1) for a in range(x.rank)]
    if len(given) != 2 * x.rank:
        node.refuse(f"its pads {given} do not fit a tensor of shape {shape_text(x)}")
    return given

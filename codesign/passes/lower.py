"""Network to design: each layer becomes a process, each edge a stream, converters where lanes differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import singledispatch
from math import gcd, prod
from typing import Any

from codesign.config import Strategy
from codesign.errors import ModelError
from codesign.ir.design import Design, Port
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.kernels import (
    Append,
    Apply,
    Border,
    Depthwise,
    IndexOfMax,
    InsideMatVec,
    InsideWindow,
    Join,
    MatVec,
    Memory,
    Permute,
    Pick,
    PoolUnit,
    Reorder,
    Repack,
    Repeat,
    SoftmaxUnit,
    Times,
    WideWindow,
    Window,
)
from codesign.ir.kernels.base import Kernel
from codesign.ir.layers import (
    Add,
    ArgMax,
    Concat,
    Conv,
    Crop,
    Dense,
    FloatConv,
    Input,
    Layer,
    MatMul,
    MaxPool,
    Multiply,
    Pad,
    Requantize,
    Reshape,
    Slice,
    Softmax,
    SoftmaxTable,
    SumPool,
    Transpose,
    Upsample,
)
from codesign.ir.layers.multiply import factors
from codesign.ir.layers.window import image, zero_codes
from codesign.ir.tensor import Tensor
from codesign.passes.beats import most_lanes, port_lanes
from codesign.passes.builder import Builder, Fold, matrix_shape, source_order, windows_before
from codesign.passes.grouped import grouped, grouped_fold
from codesign.passes.linebuffer import WindowKernel, Windows, depthwise, slowest, windows_of
from codesign.passes.reorder import LARGEST_SHUFFLE, walk
from codesign.passes.strategy import default_multiplier, made_of, memory_style

__all__ = ["Builder", "Fold", "lower", "lower_layer", "matvec"]


def lower(
    graph: Graph,
    folding: Mapping[str, Fold],
    *,
    strategies: Mapping[str, Strategy] | None = None,
    pace: int | None = None,
) -> Design:
    """The design of a network whose tensors all have types.

    `folding` has a Fold for each matrix product (Dense, or Conv of one group) by its name; what stands between two
    products takes over the lanes it is given. No process need be faster than `pace` cycles per sample; without it than
    the slowest product.
    `strategies` says what a layer's constants are kept in (AUTO where it is silent). FIFO depths are not yet set.
    Raises ModelError for a layer that has no hardware, IRError for a Fold that does not divide its layer.
    """
    graph = graph.copy()
    graph.prune()
    for node in graph:
        if node.type.rows:
            raise ModelError(f"{graph.origin}: node {node.origin}: {_why_no_rows(node)}")
        if node.type.real:
            raise ModelError(f"{graph.origin}: node {node.origin}: {_why_real(node, graph)}")
    builder = Builder(graph, folding, strategies or {}, pace)
    for node in graph:
        if not builder.has_no_hardware(node):
            lower_layer(node.layer, node, builder)
    for output in graph.outputs:
        builder.output(output)
    return builder.design


@singledispatch
def lower_layer(layer: Layer, node: Node, build: Builder) -> None:
    """Adds the processes of one node; a new layer registers its own function here."""
    raise build.refusal(
        node, f"there is no hardware for {type(layer).__name__}; use it between quantizers, or remove it"
    )


@lower_layer.register
def _(layer: Input, node: Node, build: Builder) -> None:
    if not build.readers[node.name]:
        raise build.refusal(node, "no output depends on this input; remove it from the model")
    lanes = build.wanted_lanes(node.name) or build.keep_up(node.type.channels, node.type.size, node.type.type)
    lanes = port_lanes(lanes, node.type.type.width)
    stream = build.stream(node.name, node.type.type, lanes, node.type.size // lanes)
    build.design.inputs.append(Port(node.name, stream, node.type, node.origin, layer))
    build.publish(node, stream)


@lower_layer.register
def _(layer: Dense, node: Node, build: Builder) -> None:
    fold = build.fold(node)
    stream = build.read(node, 0, fold.simd)
    x = build.design.streams[stream].element
    build.process(node, matvec(node, x, fold, build.strategies.get(node.name, Strategy.AUTO)), stream)


@lower_layer.register
def _(layer: Conv, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    if any(layer.padding):
        _zero(node, x, build)
    strategy = build.strategies.get(node.name, Strategy.AUTO)
    if depthwise(layer):
        lanes, beside, before = _keeping_up(windows_of(layer, x), node, build)
        kernel = channelwise(node, x.type, lanes, strategy, beside)
        build.process(node, kernel, _windows(before, node, build, lanes))
    elif layer.groups > 1:
        pe, simd = grouped_fold(layer, node, x, build.pace)
        before = windows_of(layer, x).serial(simd)
        build.process(node, grouped(node, x.type, pe, simd, strategy), _windows(before, node, build, simd))
    else:
        fold = build.fold(node)
        before, product = windows_before(node, x, fold, build.pace), matvec(node, x.type, fold, strategy)
        if before and isinstance(before[-1], InsideWindow):
            product = InsideMatVec.of(product, before[-1])
        build.process(node, product, _windows(before, node, build, fold.simd))


def _windows(kernels: tuple[WindowKernel, ...], node: Node, build: Builder, lanes: int) -> str:
    """The stream that these make of the node's input; its input, `lanes` at a time, where there are none."""
    stream = build.read(node, 0, kernels[0].reads[0].lanes if kernels else lanes)
    for kernel in kernels:
        stream = build.before(node, _NAMES[type(kernel)], kernel, stream)
    return stream


def _keeping_up(windows: Windows, node: Node, build: Builder) -> tuple[int, int, tuple[WindowKernel, ...]]:
    """(lanes, taps side by side in a beat, what gives these of each window) for a kernel that takes a beat per cycle.

    The fewest lanes that do not slow the design; where all channels at once still would, the fewest taps side by side.
    """
    x, taps = windows.x, prod(windows.size)
    all_lanes = slowest(windows.serial(x.channels)) * x.channels
    lanes = build.fewest_lanes(x.channels, all_lanes, x.type, build.lanes(node, 0))
    chosen = lanes, 1, windows.serial(lanes)
    for beside in (n for n in range(2, taps + 1) if taps % n == 0 and n * x.channels <= most_lanes(x.type.width)):
        if slowest(chosen[2]) > build.pace:
            chosen = min(chosen, (x.channels, beside, windows.wide(beside * x.channels)), key=lambda c: slowest(c[2]))
    return chosen


_NAMES: dict[type[Kernel], str] = {
    Border: "border",
    InsideWindow: "window",
    Window: "window",
    WideWindow: "window",
    Repack: "repack",
}


def _zero(node: Node, x: Tensor, build: Builder) -> int:
    """The code of the value zero."""
    codes = {int(code) for code in zero_codes(x)}
    if len(codes) > 1:
        raise build.refusal(
            node, "the channels of its input have different zero points, so there is no one code to pad with; use one"
        )
    return codes.pop()


def matvec(node: Node, x: Fixed, fold: Fold, strategy: Strategy) -> MatVec:
    """The kernel of a product that reads codes of type `x`, each of its memories in the style that suits it."""
    layer = node.layer
    assert isinstance(layer, (Dense, Conv))
    inputs, outputs = matrix_shape(layer)
    bias = layer.bias if layer.bias is not None and layer.bias.any() else None
    depth, width = fold.reuse(inputs, outputs), fold.pe * fold.simd * layer.bits.width
    positions = prod(node.type.shape[:-1])
    kernel = MatVec.fold(
        node.name, layer.weights.reshape(inputs, outputs), bias, layer.bits, x, node.type.type, positions, fold.pe,
        fold.simd, memory_style(depth, width, strategy),
    )  # fmt: skip
    return made_of(replace(kernel, bias=_styled(kernel.bias, strategy)), fold.multiplier)


def channelwise(node: Node, x: Fixed, lanes: int, strategy: Strategy, beside: int = 1) -> Depthwise:
    """The kernel of a convolution with weights for each channel, which reads codes of type `x`."""
    layer = node.layer
    assert isinstance(layer, Conv)
    bias = layer.bias if layer.bias is not None and layer.bias.any() else None
    matrix = layer.weights.reshape(-1, layer.weights.shape[3])
    taps, outputs = matrix.shape
    depth = layer.groups // lanes * taps // beside
    width = outputs // layer.groups * lanes * beside * layer.bits.width
    kernel = Depthwise.fold(
        node.name, matrix, bias, layer.bits, x, node.type.type, prod(node.type.shape[:-1]), layer.groups, lanes,
        memory_style(depth, width, strategy), default_multiplier(x, layer.bits), beside,
    )  # fmt: skip
    return replace(kernel, bias=_styled(kernel.bias, strategy))


def _styled(bias: Memory | None, strategy: Strategy) -> Memory | None:
    """A bias in the style that suits it."""
    return None if bias is None else replace(bias, style=memory_style(bias.depth, bias.width, strategy))


@lower_layer.register
def _(layer: MaxPool, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    _pool(Windows(x, layer.size, layer.stride, layer.padding, fill=x.low, by_channel=True), True, node, build)


@lower_layer.register
def _(layer: SumPool, node: Node, build: Builder) -> None:
    _pool(Windows(build.tensor(node, 0), layer.size, layer.stride, by_channel=True), False, node, build)


def _pool(windows: Windows, largest: bool, node: Node, build: Builder) -> None:
    x, y, taps = windows.x, node.type.type, prod(windows.size)
    if windows.whole:
        lanes = build.fewest_lanes(x.channels, x.size, x.type, build.lanes(node, 0))
        kernel = PoolUnit(1, taps, x.channels // lanes, lanes, largest, x.type, y)
        build.process(node, kernel, build.read(node, 0, lanes))
    else:
        lanes, beside, before = _keeping_up(windows, node, build)
        positions = prod(windows.count) * x.channels // lanes
        kernel = PoolUnit(positions, taps, 1, lanes, largest, x.type, y, beside)
        build.process(node, kernel, _windows(before, node, build, lanes))


@lower_layer.register
def _(layer: Upsample, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    height, width, channels = image(x)
    lanes = build.fewest_lanes(channels, node.type.size, x.type, build.lanes(node, 0))
    kernel = Repeat(height, width, channels, lanes, layer.factors, x.type)
    build.process(node, kernel, build.read(node, 0, lanes))


@lower_layer.register
def _(layer: Pad, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    height, width, channels = image(x)
    lanes = build.fewest_lanes(channels, node.type.size, x.type, build.lanes(node, 0))
    padding = (layer.top, layer.bottom, layer.left, layer.right)
    fill = _zero(node, x, build) if any(padding) else 0
    kernel = Border(height, width, channels, lanes, padding, fill, x.type)
    build.process(node, kernel, build.read(node, 0, lanes))


@lower_layer.register
def _(layer: Concat, node: Node, build: Builder) -> None:
    parts = [build.tensor(node, i) for i in range(len(node.inputs))]
    z = node.type
    lanes = _common_lanes([x.channels for x in parts], z, build, build.lanes(node, 0))
    positions = z.size // z.channels
    stream, done, element = build.read(node, 0, lanes), parts[0].channels // lanes, parts[0].type
    for i, x in enumerate(parts[1:], start=1):
        kernel = Append(positions, done, x.channels // lanes, lanes, element, x.type, z.type)
        streams = stream, build.read(node, i, lanes)
        if i == len(parts) - 1:
            build.process(node, kernel, *streams)
            return
        stream, done, element = build.before(node, "part", kernel, *streams), done + x.channels // lanes, z.type
    build.process(node, Pick(positions, done, 0, done, lanes, element, z.type), stream)  # a join of one


@lower_layer.register
def _(layer: Slice, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    lanes = _common_lanes([layer.start, layer.stop, x.channels], x, build, build.lanes(node, 0))
    start, stop = layer.start // lanes, layer.stop // lanes
    kernel = Pick(x.size // x.channels, x.channels // lanes, start, stop, lanes, x.type, node.type.type)
    build.process(node, kernel, build.read(node, 0, lanes))


@lower_layer.register
def _(layer: Crop, node: Node, build: Builder) -> None:
    """Axis after axis, first the one that leaves least; what lies behind an axis goes with it."""
    x = build.tensor(node, 0)
    lanes = _common_lanes([layer.start[-1], layer.stop[-1], x.channels], x, build, build.lanes(node, 0))
    shape, start, stop = ([*n[:-1], n[-1] // lanes] for n in (x.shape, layer.start, layer.stop))  # in beats
    cut = [a for a, n in enumerate(shape) if stop[a] - start[a] < n] or [0]
    cut.sort(key=lambda a: (stop[a] - start[a]) / shape[a])
    stream = build.read(node, 0, lanes)
    for a in cut:
        each, y = prod(shape[a + 1 :]), node.type.type if a == cut[-1] else x.type
        kernel = Pick(prod(shape[:a]), shape[a] * each, start[a] * each, stop[a] * each, lanes, x.type, y)
        shape[a] = stop[a] - start[a]
        if a == cut[-1]:
            build.process(node, kernel, stream)
        else:
            stream = build.before(node, "part", kernel, stream)


def _common_lanes(channels: Sequence[int], whole: Tensor, build: Builder, preferred: int) -> int:
    """Lanes that divide all these numbers of channels, for a kernel that sees all elements of `whole`."""
    return build.fewest_lanes(gcd(*channels), whole.size, whole.type, preferred)


@lower_layer.register
def _(layer: Requantize, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    lanes = build.lanes(node, 0)
    positions, channels = x.size // x.channels, x.channels
    if layer.function.channels == 1:
        # Every element is treated alike, so lanes may span positions.
        positions, channels = (positions, channels) if channels % lanes == 0 else (1, x.size)
    else:
        lanes = build.keep_up(channels, x.size, x.type, lanes)
    stream = build.read(node, 0, lanes)
    build.process(node, Apply(layer.function, positions, channels, lanes, x.type, node.type.type), stream)


@lower_layer.register
def _(layer: ArgMax, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    lanes = build.keep_up(x.channels, x.size, x.type, build.lanes(node, 0))
    stream = build.read(node, 0, lanes)
    kernel = IndexOfMax(x.size // x.channels, x.channels, lanes, x.type, node.type.type)
    build.process(node, kernel, stream)


@lower_layer.register
def _(layer: SoftmaxTable, node: Node, build: Builder) -> None:
    x = build.tensor(node, 0)
    lanes = build.lanes(node, 0)
    if x.channels % lanes or (lanes < x.channels and 3 * x.size // lanes > build.pace):
        # Three sweeps over a position, unless it is one beat, which the most lanes make it.
        lanes = build.keep_up(x.channels, 3 * x.size, x.type)
    stream = build.read(node, 0, lanes)
    kernel = SoftmaxUnit(layer, x.size // x.channels, x.channels, lanes, x.type, node.type.type)
    build.process(node, kernel, stream)


@lower_layer.register
def _(layer: Transpose, node: Node, build: Builder) -> None:
    """Through a ring where elements move within blocks, such as the rows of an image; through whole samples else."""
    x, lanes = build.tensor(node, 0), build.lanes(node, 0)
    found = walk(x.shape, layer.axes)
    kernel: Permute | Reorder
    if found.blocks > 1 or (lanes > 1 and x.size > LARGEST_SHUFFLE):
        lanes = build.fewest_lanes(found.run, x.size, x.type, lanes)
        kernel = Reorder(found.beats(lanes), lanes, x.type)
        if found.blocks == 1 and kernel.interval >= x.size:
            kernel = Permute(source_order(layer, x), lanes := 1, x.type)  # two whole samples, in memories
    else:
        kernel = Permute(source_order(layer, x), lanes, x.type)
    build.process(node, kernel, build.read(node, 0, lanes))


@lower_layer.register
def _(layer: Add, node: Node, build: Builder) -> None:
    _combine(Join, layer.multipliers(build.tensor(node, 0), build.tensor(node, 1))[1:], node, build)


@lower_layer.register
def _(layer: Multiply, node: Node, build: Builder) -> None:
    _combine(Times, factors(build.tensor(node, 0), build.tensor(node, 1)), node, build)


def _combine(kind: type[Join] | type[Times], constants: tuple[Any, Any], node: Node, build: Builder) -> None:
    """The sum or product of the two inputs, with a constant (or two) for each. A vector that is kept comes second."""
    first, second = (1, 0) if build.repeats(node, 0) > 1 else (0, 1)
    x, y, repeats = build.tensor(node, first), build.tensor(node, second), build.repeats(node, second)
    lanes = _met_lanes(node, build)
    if (period := x.size // repeats) % lanes:
        lanes = build.keep_up(period, x.size, x.type)
    streams = build.read(node, first, lanes), build.read(node, second, lanes)
    sides = constants[first], constants[second]
    build.process(node, kind(*sides, x.size // lanes, lanes, x.type, y.type, node.type.type, repeats), *streams)


def _met_lanes(node: Node, build: Builder) -> int:
    """The lanes at which the two streams that a node reads meet; those of an image where a vector is kept beside it."""
    x, y = build.tensor(node, 0), build.tensor(node, 1)
    a, b = build.lanes(node, 0), build.lanes(node, 1)
    for kept, other in ((0, b), (1, a)):
        if build.repeats(node, kept) > 1:
            return other
    if max(a, b) % min(a, b) == 0:
        return min(a, b)
    return build.between(a, b, x.size, max(x.type.width, y.type.width))


def _why_no_rows(node: Node) -> str:
    """What a user can do about a node of a network of graphs or points."""
    kind = type(node.layer).__name__
    return f"there is no hardware for {kind} on rows of a set ({node.type.rows}); such networks are exported to ONNX"


def _why_real(node: Node, graph: Graph) -> str:
    """What a user can do about a node whose result has no type."""
    match node.layer:
        case Input():
            return "this input has no quantizer; give its type, e.g. --input-type 'fixed<16,6>'"
        case MatMul() | FloatConv():
            return "a product with float weights has no hardware; quantize the weights, or give the layer a precision"
        case Softmax():
            return "a softmax of real numbers has no hardware; give its input and its result a precision"
        case MaxPool() if not graph[node.inputs[0]].type.real:
            return "its input has a scale that is not positive, so its codes cannot be compared; use positive scales"
        case Dense() | Conv() | Add() | Reshape() | Transpose() if not any(graph[i].type.real for i in node.inputs):
            return "the channels of its input have different scales, so their codes cannot be combined; use one scale"
        case layer:
            return f"there is no hardware for {type(layer).__name__} on a real tensor; give it a precision"

"""Network to design: each layer becomes a process, each edge a stream, converters where lanes differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import singledispatch
from math import prod

from codesign.config import Strategy
from codesign.errors import ModelError
from codesign.ir.design import Design, Port
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.kernels import Apply, IndexOfMax, Join, MatVec, Permute, SoftmaxUnit
from codesign.ir.layers import (
    Add,
    ArgMax,
    Dense,
    Input,
    Layer,
    MatMul,
    Requantize,
    Reshape,
    Softmax,
    SoftmaxTable,
    Transpose,
)
from codesign.passes.builder import Builder, Fold, moves_nothing, source_order
from codesign.passes.strategy import memory_style

__all__ = ["Builder", "Fold", "lower", "lower_layer", "matvec"]


def lower(graph: Graph, folding: Mapping[str, Fold], *, strategies: Mapping[str, Strategy] | None = None) -> Design:
    """The design of a network whose tensors all have types.

    `folding` has a Fold for each Dense by its name; what stands between two products takes over the lanes it is given.
    `strategies` says what a layer's constants are kept in (AUTO where it is silent). FIFO depths are not yet set.
    Raises ModelError for a layer that has no hardware, IRError for a Fold that does not divide its layer.
    """
    graph = graph.copy()
    graph.prune()
    for node in graph:
        if node.type.real:
            raise ModelError(f"{graph.origin}: node {node.origin}: {_why_real(node, graph)}")
    builder = Builder(graph, folding, strategies or {})
    for node in graph:
        if not moves_nothing(node.layer, node.inputs, graph):
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
    stream = build.stream(node.name, node.type.type, lanes, node.type.size // lanes)
    build.design.inputs.append(Port(node.name, stream, node.type, node.origin, layer))
    build.publish(node, stream)


@lower_layer.register
def _(layer: Dense, node: Node, build: Builder) -> None:
    fold = build.fold(node, *layer.weights.shape)
    stream = build.read(node, 0, fold.simd)
    x = build.design.streams[stream].element
    build.process(node, matvec(node, x, fold, build.strategies.get(node.name, Strategy.AUTO)), stream)


def matvec(node: Node, x: Fixed, fold: Fold, strategy: Strategy) -> MatVec:
    """The kernel of a Dense that reads codes of type `x`, each of its memories in the style that suits it."""
    assert isinstance(node.layer, Dense)
    layer = node.layer
    inputs, outputs = layer.weights.shape
    bias = layer.bias if layer.bias is not None and layer.bias.any() else None
    depth, width = fold.reuse(inputs, outputs), fold.pe * fold.simd * layer.bits.width
    positions = prod(node.type.shape[:-1])
    kernel = MatVec.fold(
        node.name, layer.weights, bias, layer.bits, x, node.type.type, positions, fold.pe, fold.simd,
        memory_style(depth, width, strategy),
    )  # fmt: skip
    if kernel.bias is None:
        return kernel
    style = memory_style(kernel.bias.depth, kernel.bias.width, strategy)
    return replace(kernel, bias=replace(kernel.bias, style=style))


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
    x = build.tensor(node, 0)
    lanes = build.lanes(node, 0)
    stream = build.read(node, 0, lanes)
    build.process(node, Permute(source_order(layer, x), lanes, x.type), stream)


@lower_layer.register
def _(layer: Add, node: Node, build: Builder) -> None:
    x, y = build.tensor(node, 0), build.tensor(node, 1)
    _, left, right = layer.multipliers(x, y)
    a, b = build.lanes(node, 0), build.lanes(node, 1)
    lanes = min(a, b) if max(a, b) % min(a, b) == 0 else build.between(a, b, x.size, max(x.type.width, y.type.width))
    streams = build.read(node, 0, lanes), build.read(node, 1, lanes)
    kernel = Join(left, right, x.size // lanes, lanes, x.type, y.type, node.type.type)
    build.process(node, kernel, *streams)


def _why_real(node: Node, graph: Graph) -> str:
    """What a user can do about a node whose result has no type."""
    match node.layer:
        case Input():
            return "this input has no quantizer; give its type, e.g. --input-type 'fixed<16,6>'"
        case MatMul():
            return "a product with float weights has no hardware; quantize the weights, or give the layer a precision"
        case Softmax():
            return "a softmax of real numbers has no hardware; give its input and its result a precision"
        case Dense() | Add() | Reshape() | Transpose() if not any(graph[i].type.real for i in node.inputs):
            return "the channels of its input have different scales, so their codes cannot be combined; use one scale"
        case layer:
            return f"there is no hardware for {type(layer).__name__} on a real tensor; give it a precision"

"""The rules of a network, checked after every pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite

import numpy as np

from codesign.errors import CodesignError, IRError
from codesign.ir.fixed import LEAST_ACCUMULATOR, MAX_WIDTH, Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    BatchNorm,
    Dense,
    FloatConv,
    Input,
    Layer,
    MatMul,
    MultiplyShift,
    MultiThreshold,
    Product,
    Quantize,
    Requantize,
    Shift,
    SoftmaxTable,
    Table,
    Thresholds,
)
from codesign.ir.layers.rows import KernelMapConv, LayerNorm, Linear
from codesign.ir.tensor import Tensor

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def verify(graph: Graph, after: str) -> None:
    """Raises IRError naming the pass `after` which the network is checked, and the node that breaks a rule.

    Names are C identifiers; nodes stand behind what they read; types are those that the layers derive from their
    inputs; codes fit 63 bits and their type; weights fit their bits; step functions are defined on their whole domain
    and never leave 63 bits there. That a step function's results lie in its low..high depends on the range of each
    channel: `analysis.ranges` proves that.
    """
    for where, problem in _problems(graph):
        raise IRError(f"after {after}: {where}: {problem}")


def _problems(graph: Graph) -> Iterator[tuple[str, str]]:
    if not IDENTIFIER.fullmatch(graph.name):
        yield "graph", f"the name {graph.name!r} is not a C identifier"
    defined: set[str] = set()
    for name, node in graph.nodes.items():
        for problem in _node_problems(graph, name, node, defined):
            yield f"node {name}", problem
        defined.add(name)
    if not graph.outputs:
        yield "graph", "it has no outputs"
    for k, output in enumerate(graph.outputs):
        if not IDENTIFIER.fullmatch(output.name):
            yield f"output {k}", f"the name {output.name!r} is not a C identifier"
        if output.source not in defined:
            yield f"output {output.name}", f"its source {output.source} does not exist"
        if any(o.name == output.name for o in graph.outputs[:k]):
            yield f"output {output.name}", "two outputs have this name"


def _node_problems(graph: Graph, key: str, node: Node, defined: set[str]) -> Iterator[str]:
    if node.name != key:
        yield f"it is filed under another name than its own, {node.name}"
    if not IDENTIFIER.fullmatch(node.name):
        yield "the name is not a C identifier"
    for i in node.inputs:
        if i not in defined:
            yield f"it reads {i}, which is not defined before it"
    types = [graph[i].type for i in node.inputs]
    yield from _layer_problems(node.layer, types)
    try:
        derived = node.layer.result_on_rows(*types)
    except (CodesignError, IRError) as error:
        yield f"its layer refuses its inputs: {error}"
        return
    if derived != node.type:
        yield f"it is typed {node.type}, but its layer gives {derived}"
    yield from _tensor_problems(node.type)


def _tensor_problems(t: Tensor) -> Iterator[str]:
    for name in (t.rows, t.index):
        if name and not IDENTIFIER.fullmatch(name):
            yield f"the set of rows {name!r} is not a C identifier"
    if t.index and (t.real or t.low < 0):
        yield f"an index of {t.index} has to have codes that are not negative"
    if t.missing and not t.index:
        yield "rows are missing, but it is no index"
    if any(n < 1 for n in t.shape):
        yield f"the shape {t.shape} is empty"
    for what, v in (("scales", t.scale), ("offsets", t.offset)):
        if len(v) not in (1, t.channels):
            yield f"{len(v)} {what} for {t.channels} channels"
    if t.fixed is None:
        return
    if t.fixed.width > MAX_WIDTH:
        yield f"codes of {t.fixed.width} bits, at most {MAX_WIDTH} are supported"
    if not t.fixed.low <= t.low <= t.high <= t.fixed.high:
        yield f"codes {t.low}..{t.high} do not fit {t.fixed}"


def _layer_problems(layer: Layer, types: list[Tensor]) -> Iterator[str]:
    match layer:
        case Input():
            yield from _input_problems(layer)
        case MatMul():
            if layer.weights.ndim != 2:
                yield f"weights of {layer.weights.ndim} dimensions"
            if not np.isfinite(layer.weights).all():
                yield "weights that are not numbers (NaN or infinite)"
        case Linear() | LayerNorm() | KernelMapConv():
            if not all(np.isfinite(v).all() for v in vars(layer).values() if isinstance(v, np.ndarray)):
                yield "weights that are not numbers (NaN or infinite)"
        case FloatConv():
            if not np.isfinite(layer.weights).all():
                yield "weights that are not numbers (NaN or infinite)"
        case Product():
            yield from _product_problems(layer)
        case Quantize():
            if layer.low > layer.high:
                yield f"no codes in {layer.low}..{layer.high}"
            if min(layer.step.values) <= 0:
                yield f"the quantizer's step is {min(layer.step.values)}, not positive"
        case MultiThreshold():
            if layer.thresholds.ndim != 2 or not np.isfinite(layer.thresholds).all():
                yield "thresholds that are not numbers (NaN or infinite)"
            elif (np.diff(layer.thresholds, axis=1) < 0).any():
                yield "thresholds that do not ascend"
            if 0 in layer.step.values:
                yield "the step is 0"
        case BatchNorm():
            if min(layer.variance.values) + layer.epsilon <= 0:
                yield "variance + epsilon is not positive"
        case Requantize():
            channels = types[0].channels if types else 1
            yield from _requantize_problems(layer, channels)
        case SoftmaxTable():
            channels = types[0].channels if types else 1
            if layer.table.ndim != 1 or not layer.table.size or layer.table.min() < 0 or layer.table[0] < 1:
                yield "the table is empty or negative, or starts with 0"
            elif int(layer.table.max()) * ((2 << layer.frac) + channels) >= 1 << MAX_WIDTH:
                yield f"the quotient needs more than {MAX_WIDTH} bits"


def _input_problems(layer: Input) -> Iterator[str]:
    if layer.axes is not None and sorted(layer.axes) != list(range(len(layer.tensor.shape))):
        yield f"the axes {layer.axes} do not permute a shape {layer.tensor.shape}"
        return
    if layer.tensor.real:
        if layer.encoder:
            yield "a real input has an encoder"
        return
    encoded = Tensor(layer.tensor.shape)
    for function in layer.encoder:
        yield from _layer_problems(function, [encoded])
        encoded = function.result(encoded)
    if layer.encoder and encoded != layer.tensor:
        yield f"its encoder gives {encoded}, the input is {layer.tensor}"


def _product_problems(layer: Product) -> Iterator[str]:
    w, bits = layer.weights, layer.bits
    axes, kind = (2, "matrix") if isinstance(layer, Dense) else (4, "array (rows, columns, inputs, outputs)")
    if w.dtype != np.int64 or w.ndim != axes or not w.size:
        yield f"weights are {w.dtype} of shape {w.shape}, not an int64 {kind}"
        return
    if bits.width > MAX_WIDTH or w.min() < bits.low or w.max() > bits.high:
        yield f"weights {w.min()}..{w.max()} do not fit {bits}"
    if layer.bias is not None and (layer.bias.dtype != np.int64 or layer.bias.shape != w.shape[-1:]):
        yield f"the bias is {layer.bias.dtype} of shape {layer.bias.shape}, not int64 of shape {w.shape[-1:]}"
    if len(layer.step) not in (1, w.shape[-1]) or not all(isfinite(s) for s in layer.step.values):
        yield f"{len(layer.step)} scales for {w.shape[-1]} outputs"
    if layer.bounds is not None and not layer.bounds[0] <= 0 <= layer.bounds[1]:
        yield f"the accumulator starts at 0, outside its bounds {layer.bounds}"
    if layer.wrap is not None:
        safe = MAX_WIDTH + 1 if layer.bounds is None else Fixed.covering(*layer.bounds).width
        if not LEAST_ACCUMULATOR <= layer.wrap < safe:
            yield f"sums wrap to {layer.wrap} bits, which is not {LEAST_ACCUMULATOR}..{safe - 1}"


def _requantize_problems(layer: Requantize, channels: int) -> Iterator[str]:
    first, last = layer.domain
    largest = max(abs(first), abs(last))
    if layer.low > layer.high or first > last:
        yield f"no codes in {layer.low}..{layer.high}, or in the domain {layer.domain}"
    for what, array in vars(layer.function).items():
        dimensions = 2 if what in ("levels", "entries") else 1
        if isinstance(array, np.ndarray) and (array.dtype != np.int64 or array.ndim != dimensions):
            yield f"{what} is {array.dtype} of shape {array.shape}, not int64 of {dimensions} dimensions"
            return
        if isinstance(array, np.ndarray) and len(array) not in (1, channels):
            yield f"{what} has {len(array)} rows for {channels} channels"
            return
    match layer.function:
        case Shift(bias=bias, shift=shift):
            if abs(shift) > MAX_WIDTH - 1 or (largest + abs(bias) + 1) << max(-shift, 0) >= 1 << MAX_WIDTH:
                yield f"codes {first}..{last} plus {bias}, shifted by {shift}, leave {MAX_WIDTH} bits"
        case MultiplyShift(multiplier=multiplier, addend=addend, shift=shift):
            if len(multiplier) != len(addend):
                yield f"{len(multiplier)} multipliers and {len(addend)} addends"
            steepest, most = int(np.abs(multiplier).max()), int(np.abs(addend).max())
            if not 0 <= shift < MAX_WIDTH or largest * steepest + most >= 1 << MAX_WIDTH:
                yield f"codes {first}..{last} times {steepest} leave {MAX_WIDTH} bits"
        case Thresholds(base=base, direction=direction, levels=levels):
            if not len(base) == len(direction) == len(levels):
                yield "base, direction and levels are of different lengths"
            if (np.diff(levels, axis=1) < 0).any() or (np.abs(direction) != 1).any():
                yield "the levels do not ascend, or the direction is not 1 or -1"
        case Table(first=start, entries=entries):
            if start > first or start + entries.shape[1] <= last:
                yield f"the table covers {start}..{start + entries.shape[1] - 1}, the domain is {first}..{last}"

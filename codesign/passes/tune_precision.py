"""Types for what the model left in float, which changes results: it says where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

import numpy as np

from codesign.analysis.chains import MOVES, chain_ending_in, is_stepper
from codesign.config import Config
from codesign.errors import ModelError
from codesign.ir.fixed import Fixed, Rounding
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import (
    Affine,
    Concat,
    Conv,
    Dense,
    Elementwise,
    FloatConv,
    Input,
    MatMul,
    Multiply,
    Pad,
    Product,
    Quantize,
    Sigmoid,
    Slice,
    Tanh,
)
from codesign.ir.vector import ONE, Vector

BOUNDED = {Sigmoid: Fixed(16, 16, False), Tanh: Fixed(16, 15, True)}
"""Result types of functions whose range is known, where the user says nothing of the layer."""

TABLE_INPUT = Fixed(12, 8, True)
"""What addresses the table of a smooth function whose result the model does not quantize: 4096 entries from -8 to 8,
beyond which sigmoid and tanh are within 2^-11 of their limits."""


class Part(Enum):
    """The numbers of a layer that a configuration gives types to, by its keys."""

    WEIGHT = "weight"
    BIAS = "bias"
    RESULT = "result"
    ACCUMULATOR = "accumulator"
    """Its sums, which have bits only: `narrow_accumulators`."""


@dataclass(frozen=True)
class Approximation:
    """A place where the hardware may differ from the model's real numbers, and what was done there."""

    node: str
    origin: str
    what: str
    part: Part | None = None
    """What was rounded, where it has a type of its own."""
    fixed: Fixed | None = None
    """That type."""


def tune_precision(graph: Graph, config: Config) -> list[Approximation]:
    """matmul(x, float weights) becomes dense(quantize(x), integer weights) with the types of the configuration, and so
    for convolutions; real results that nothing quantizes get a quantizer. Layers that the model quantized are left
    alone.

    Batch norm and other scales behind float weights are folded into them first, so that one rounding remains.
    Returns what was approximated. ModelError for a float layer without a type.
    """
    tuned = _Tuner(graph, config)
    graph.rewrite(tuned.factors)  # first: sums of products of wide types could not be multiplied as they are
    tuned.users = graph.users()
    graph.rewrite(tuned.weights)
    graph.prune()
    tuned.quantize_results()
    return tuned.found


class _Tuner:
    def __init__(self, graph: Graph, config: Config) -> None:
        self.graph = graph
        self.config = config
        self.users = graph.users()
        self.found: list[Approximation] = []
        self.folded: dict[str, Affine] = {}
        """Affines whose scale went into the weights before them, and what is left of them."""
        self.real = {node.name for node in graph if node.type.real}
        """What the model left real."""
        self.added: set[str] = set()
        """The quantizers that stand in front of a layer."""

    def weights(self, node: Node) -> list[Node] | None:
        """The rule for a product with float weights, and for the affine behind one."""
        if node.name in self.folded:
            return [replace(node, layer=self.folded[node.name])]
        if not isinstance(node.layer, (MatMul, FloatConv)):
            return None
        wanted = self.config.for_layer(node.name, type(node.layer).__name__, node.origin)
        if wanted.weight is None or wanted.result is None:
            raise ModelError(
                f"{self.graph.origin}: node {node.origin}: its weights are float and have no type; state one, e.g. "
                f"--precision 'fixed<16,6>' or in the configuration "
                f"LayerName: {{{node.name}: {{Precision: 'fixed<16,6>'}}}}"
            )
        weights = self._fold_scale(node, node.layer.weights, wanted.bias or wanted.weight)
        w = wanted.weight
        codes, clipped = _quantized(weights, w)
        what = f"float weights rounded to {w}" + (f", {clipped} of them saturated" if clipped else "")
        self._note(node, what, Part.WEIGHT, w)
        step = Vector.of(w.step)
        match node.layer:
            case MatMul():
                layer: Product = Dense(codes, w, step)
            case FloatConv(_, stride, dilation, padding, groups):
                layer = Conv(codes, w, stride, dilation, padding, groups, step)
        dense = replace(node, layer=layer)
        before = self._quantized_input(node)
        return [*before, replace(dense, inputs=(before[-1].name,))] if before else [dense]

    def _fold_scale(self, node: Node, weights: np.ndarray, bias: Fixed) -> np.ndarray:
        """The weights times the scale of the affines that follow, whose offsets become one bias of type `bias`."""
        scale, offset = ONE, Vector.of(0)
        reader = node
        while len(self.users[reader.name]) == 1 and not self.graph.is_output(reader.name):
            reader = self.users[reader.name][0]
            if not isinstance(reader.layer, Affine):
                break
            scale, offset = scale * reader.layer.scale, offset * reader.layer.scale + reader.layer.offset
            self.folded[reader.name] = Affine()
            last = reader.name
        if offset != Vector.of(0):
            values = np.array([float(v) for v in offset.values])
            codes, clipped = _quantized(values, bias)
            what = f"bias rounded to {bias}" + (f", {clipped} of them saturated" if clipped else "")
            self._note(node, what, Part.BIAS, bias)
            self.folded[last] = Affine(ONE, Vector.of([Fraction(int(c)) * bias.step for c in codes]))
        factors = np.array([float(v) for v in scale.values])
        folded: np.ndarray = weights * factors
        return folded

    def _quantized_input(self, node: Node) -> list[Node]:
        """A quantizer before `node`, unless codes of a quantizer or a typed input come in already."""
        source = self._source(node)
        if source is None:
            return []
        fixed = self._result_type(source)
        if fixed is None:
            raise ModelError(
                f"{self.graph.origin}: node {source.origin}: its float result feeds {node.origin} and has no type; "
                f"state one, e.g. --precision 'fixed<16,6>'"
            )
        return [self._quantizer(source, node.inputs[0], fixed)]

    def factors(self, node: Node) -> list[Node] | None:
        """The rule for a product of two streams: a quantizer before each side that the model left real and that has a
        type."""
        if not isinstance(node.layer, Multiply):
            return None
        added: dict[str, Node] = {}
        for name in dict.fromkeys(node.inputs):
            source = self._behind(name) if name in self.real else None
            if source is not None and (fixed := self._result_type(source)) is not None:
                added[name] = self._quantizer(source, name, fixed)
        inputs = tuple(added[name].name if name in added else name for name in node.inputs)
        return [*added.values(), replace(node, inputs=inputs)] if added else None

    def _quantizer(self, source: Node, name: str, fixed: Fixed) -> Node:
        """A new node that rounds what the node `name` gives, which is the result of `source`."""
        quantizer = Quantize(fixed.low, fixed.high, Vector.of(fixed.step), rounding=self._rounding(source))
        fresh = self.graph.fresh(f"{source.name}_quantized")
        added = self.graph.node(fresh, quantizer, name, origin=source.origin)
        self.graph.nodes[fresh] = added
        self.added.add(fresh)
        self._note_result(source, fixed)
        return added

    def _rounding(self, source: Node) -> Rounding:
        """How the result of `source` is rounded; the host rounds inputs half to even."""
        asked = self.config.for_layer(source.name, type(source.layer).__name__, source.origin).rounding
        return Rounding.ROUND if asked is None or isinstance(source.layer, Input) else asked

    def _source(self, node: Node) -> Node | None:
        """The first node behind `node`, but for what moves elements, that gives no codes of a quantizer or an input."""
        return next((found for name in node.inputs if (found := self._behind(name)) is not None), None)

    def _behind(self, name: str) -> Node | None:
        """The node `name` or, behind what moves elements, another, that gives no codes of a quantizer or an input."""
        source = self.graph[name]
        if isinstance(source.layer, (*MOVES, Pad, Concat, Slice)):
            return self._source(source)
        typed = is_stepper(source) or (isinstance(source.layer, Input) and not source.type.real)
        return None if typed else source

    def _result_type(self, last: Node) -> Fixed | None:
        """The type asked for the result of a run of elementwise layers that ends in `last`."""
        if isinstance(last.layer, Input):
            return self.config.input_type(last.name, last.origin)
        if (named := self._stated(self._run_ending_in(last))) is not None:
            return named
        for kind, fixed in BOUNDED.items():
            if isinstance(last.layer, kind):
                return fixed
        return self.config.for_layer(last.name, type(last.layer).__name__, last.origin).result

    def _run_ending_in(self, last: Node) -> list[Node]:
        """The elementwise layers up to `last`, behind the layer that they follow."""
        if not isinstance(last.layer, Elementwise):
            return [last]
        chain = chain_ending_in(self.graph, last, self.graph.users())
        return [self.graph[chain[0].inputs[0]], *chain]

    def _stated(self, chain: Sequence[Node]) -> Fixed | None:
        """What the configuration says of the last layer of the chain that it speaks of by name or by type."""
        bare = replace(self.config, model=replace(self.config.model, result=None))
        for node in reversed(chain):
            if (found := bare.for_layer(node.name, type(node.layer).__name__, node.origin).result) is not None:
                return found
        return None

    def quantize_results(self) -> None:
        """A quantizer behind every real result that is an output or feeds a layer which mixes elements, and behind
        layers whose result type the configuration states by name."""
        for node in self.graph:
            if not isinstance(node.layer, (Elementwise, Dense)) or is_stepper(node):
                continue
            readers = self.graph.users()[node.name]
            if isinstance(node.layer, (Sigmoid, Tanh)) and any(r.name in self.added for r in readers):
                source = self.graph[node.inputs[0]]
                if source.type.real or source.type.type.width > TABLE_INPUT.width:
                    self._insert_after(source, TABLE_INPUT)
            if any(isinstance(r.layer, Elementwise) for r in readers) and not self.graph.is_output(node.name):
                continue
            chain = self._run_ending_in(node)
            exact = not node.type.real or all(isinstance(n.layer, Affine) or not n.type.real for n in chain)
            fixed = self._stated(chain) if exact else self._result_type(node)
            if fixed is None:
                continue
            self._insert_after(node, fixed)
            if isinstance(node.layer, (Sigmoid, Tanh)):
                self._insert_after(self.graph[node.inputs[0]], TABLE_INPUT)

    def _insert_after(self, node: Node, fixed: Fixed) -> None:
        name = self.graph.fresh(f"{node.name}_quantized")
        quantizer = Quantize(fixed.low, fixed.high, Vector.of(fixed.step), rounding=self._rounding(node))
        self.graph.insert_after(node.name, name, quantizer)
        self._note_result(node, fixed)

    def _note_result(self, node: Node, fixed: Fixed) -> None:
        mode = self._rounding(node)
        how = "" if mode is Rounding.ROUND else f", by {mode.value}"
        self._note(node, f"result rounded to {fixed}{how}", Part.RESULT, fixed)

    def _note(self, node: Node, what: str, part: Part, fixed: Fixed) -> None:
        self.found.append(Approximation(node.name, node.origin, what, part, fixed))


def _quantized(values: np.ndarray, fixed: Fixed) -> tuple[np.ndarray, int]:
    """(codes, how many saturated): rounded half to even."""
    codes = np.rint(np.ldexp(values.astype(np.float64), fixed.frac))
    clipped = np.clip(codes, fixed.low, fixed.high)
    return clipped.astype(np.int64), int((codes != clipped).sum())

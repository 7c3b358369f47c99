"""A trained network in a Keras file becomes a `Graph`, without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

from codesign.errors import LayerError, ModelError
from codesign.frontends.converters.building import LARGEST_RESULT, Stream
from codesign.frontends.keras.container import KerasFile, StoredWeights, read
from codesign.frontends.keras.fields import Fields
from codesign.frontends.keras.layer import KerasLayer
from codesign.frontends.keras.table import LAYERS, REFUSED
from codesign.frontends.keras.topology import Call, Tensor, topology
from codesign.frontends.names import Names, identifier, spelled
from codesign.ir import tensor
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Input, Quantize

INPUT_TYPES: Mapping[str, Fixed | None] = {
    "float32": None,
    "float64": None,
    "float16": None,
    "uint8": Fixed(8, 0, False),
    "int8": Fixed(8),
    "uint16": Fixed(16, 0, False),
    "int16": Fixed(16),
}
"""The element types of inputs, and the integers that the narrow ones hold."""


def load(path: str | Path) -> Graph:
    """The network in the file `path`; ModelError names file, layer and cure."""
    return load_file(read(Path(path)))[0]


def load_file(file: KerasFile) -> tuple[Graph, tuple[str, ...]]:
    """The network in a Keras file, and notes on what its configuration says in vain."""
    reading = _Import(file)
    return reading.graph, tuple(dict.fromkeys(reading.notes))


class _Import:
    """Walks the layers of a model in order and keeps what the result of each has become."""

    def __init__(self, file: KerasFile) -> None:
        self.file = file
        self.names = Names()
        self.notes: list[str] = []
        self.graph = Graph(identifier(Path(file.origin).stem, "network"), file.origin)
        self.values: dict[Tensor, Stream] = {}
        try:
            model = topology(file.config)
        except LayerError as error:
            raise ModelError(f"{file.origin}: {error}") from error
        outputs = [self.names.unique(f"{o.layer}_output") for o in model.outputs]
        first = [c for c in model.calls if c.kind == "InputLayer"]
        for call in sorted(first, key=lambda c: model.inputs.index(Tensor(c.name))):
            self._convert(call, self._input)
        for call in model.calls:
            if call.kind != "InputLayer":
                self._convert(call, self._layer)
        for name, output in zip(outputs, model.outputs, strict=True):
            if output not in self.values:
                raise ModelError(f"{file.origin}: output {spelled(output.layer)} is the result of no layer")
            self.graph.outputs.append(Output(name, self.values[output].name, spelled(output.layer)))
        self.graph.prune()

    def _convert(self, call: Call, convert: Callable[[Call], Stream]) -> None:
        where = f"{self.file.origin}: layer {spelled(call.name)}"
        try:
            self.values[Tensor(call.name, call.number)] = convert(call)
        except LayerError as error:
            raise ModelError(f"{where}: {error}") from error
        except OverflowError as error:
            reason = "its constants lead beyond the range of double precision; scale them"
            raise ModelError(f"{where}: {reason}") from error

    def _input(self, call: Call) -> Stream:
        fields = Fields(call.kind, call.config)
        key = "batch_shape" if "batch_shape" in call.config else "batch_input_shape"
        stated = fields.other(key)
        shape = stated[1:] if isinstance(stated, list) else None
        if not shape or not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in shape):
            raise LayerError(
                f"its {key} is {spelled(repr(stated))}; every axis but the batch must have a fixed length: build the "
                "model with Input(shape=...) of whole numbers"
            )
        if prod(shape) > LARGEST_RESULT:
            raise LayerError(f"its {key} {stated} has more than {LARGEST_RESULT:,} elements; check its axes")
        dtype = fields.text("dtype", "float32")
        if fields.flag("sparse", False) or fields.flag("ragged", False) or dtype not in INPUT_TYPES:
            raise LayerError(f"its inputs are sparse, ragged or of type {spelled(dtype)}; use dense float32 numbers")
        node = self.graph.add(
            self.names.unique(call.name, "input"), Input(tensor.Tensor(tuple(shape))), origin=spelled(call.name)
        )
        fixed = INPUT_TYPES[dtype]
        if fixed is not None:
            label = self.names.unique(f"{node.name}_integers")
            node = self.graph.add(label, Quantize(fixed.low, fixed.high), node.name, origin=spelled(call.name))
        return Stream(node.name, node.type)

    def _layer(self, call: Call) -> Stream:
        if call.kind not in LAYERS:
            reason = REFUSED.get(call.kind, "the table of Keras layers in the documentation says which are")
            raise LayerError(f"the layer class {spelled(call.kind)} is not supported: {reason}")
        weights = self.file.weights.get(call.name, StoredWeights())
        inputs = [self.values[t] for t in call.inputs]
        node = KerasLayer(
            call.kind,
            call.name,
            Fields(call.kind, call.config),
            weights,
            inputs,
            self.file.version,
            self.graph,
            self.names,
            self.notes,
        )
        found = LAYERS[call.kind](node)
        node.check_used()
        return found

"""A trained network in an ONNX or QONNX file becomes a `Graph`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codesign.errors import LayerError, ModelError
from codesign.frontends import reading
from codesign.frontends.cleanup import InputTensor, Model, Op, clean
from codesign.frontends.constants import Constant
from codesign.frontends.converters import SUPPORTED
from codesign.frontends.converters.conversion import Codes, Conversion, Stream, Value
from codesign.frontends.folding import fold, foldable
from codesign.frontends.names import Names, identifier, spelled
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Output
from codesign.ir.layers import Input, Quantize
from codesign.ir.tensor import Tensor

__all__ = ["SUPPORTED", "load", "load_model"]

INPUT_TYPES: dict[int, Fixed | None] = {
    1: None, 11: None, 10: None, 16: None,  # float, double, float16, bfloat16
    2: Fixed(8, 0, False), 3: Fixed(8), 4: Fixed(16, 0, False), 5: Fixed(16),
    6: None, 7: None, 12: None, 13: None,  # 32 and 64 bits: the numbers used are far fewer, so the user says which
}  # fmt: skip
"""The element types of inputs, as TensorProto numbers them, and the integers that the narrow ones hold."""


def load(path: str | Path) -> Graph:
    """The network in the file `path`, as the training tool wrote it; ModelError names file, node and cure."""
    path = Path(path)
    return load_model(reading.read(path), path.name, path.parent)


def load_model(proto: Any, origin: str, folder: Path | None = None) -> Graph:
    """The network in a ModelProto; `origin` stands for its file in messages, external data is read below `folder`."""
    origin = spelled(origin)
    return _Import(clean(proto, origin, folder)).graph


class _Import:
    """Walks the operators of a model in order and keeps what each tensor of the file has become."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.names = Names()
        self.graph = Graph(identifier(Path(model.origin).stem, "network"), model.origin)
        self.values: dict[str, Value] = {}
        self.read = frozenset(model.outputs).union(*(op.inputs for op in model.ops))
        batches = {i.batch for i in model.inputs}
        self.batch = batches.pop() if len(batches) == 1 else None
        inputs = [self.names.unique(i.name, "net") for i in model.inputs]
        outputs = [self.names.unique(name, "net") for name in model.outputs]
        for name, tensor in zip(inputs, model.inputs, strict=True):
            self._add_input(name, tensor)
        for op in model.ops:
            self._convert(op)
        for name, origin in zip(outputs, model.outputs, strict=True):
            self._add_output(name, origin)
        self.graph.prune()

    def _add_input(self, name: str, tensor: InputTensor) -> None:
        if tensor.element not in INPUT_TYPES:
            raise ModelError(
                f"{self.model.origin}: input {spelled(tensor.name)} holds no numbers; use float or integers"
            )
        node = self.graph.add(name, Input(Tensor(tensor.shape)), origin=spelled(tensor.name))
        fixed = INPUT_TYPES[tensor.element]
        if fixed is not None:
            # The file itself says which integers can come.
            label = self.names.unique(f"{name}_integers")
            node = self.graph.add(label, Quantize(fixed.low, fixed.high), name, origin=spelled(tensor.name))
        self.values[tensor.name] = Stream(node.name, node.type)

    def _convert(self, op: Op) -> None:
        try:
            results = self._results(op)
        except LayerError as error:
            raise ModelError(f"{self.model.origin}: node {op.name}: {error}") from error
        except OverflowError as error:
            reason = "its constants lead beyond the range of double precision; scale them"
            raise ModelError(f"{self.model.origin}: node {op.name}: {reason}") from error
        for name, value in zip(op.outputs, results, strict=False):
            if name and value is not None:
                self.values[name] = value

    def _results(self, op: Op) -> tuple[Value | None, ...]:
        args = [self._value(op, name) for name in op.inputs]
        constants = [a for a in args if a is None or isinstance(a, Constant)]
        if args and len(constants) == len(args) and foldable(op):
            return fold(op, constants, self.model.opset)
        if op.kind not in SUPPORTED:
            if foldable(op):
                raise LayerError(f"{op.kind} is supported for constants only; here it depends on the network's input")
            raise LayerError(
                f"the operator {spelled(op.kind)} is not supported; the table of operators in the "
                "documentation says which are: build this part of the network from them"
            )
        node = Conversion(op, args, self.model.opset, self.batch, self.read, self.graph, self.names, self.model.folder)
        found = SUPPORTED[op.kind](node)
        unknown = sorted(set(op.attributes) - op.used)
        if unknown:
            raise LayerError(
                f"{op.kind} has the unknown attribute {spelled(unknown[0])}, whose meaning cannot be kept; remove it"
            )
        return found if isinstance(found, tuple) else (found,)

    def _value(self, op: Op, name: str) -> Value | None:
        if not name:
            return None
        if name not in self.values:
            if name not in self.model.tensors:
                raise LayerError(
                    f"its input {spelled(name)} is an output that this compiler does not compute; export without it"
                )
            self.values[name] = self.model.constant(name)
        return self.values[name]

    def _add_output(self, name: str, origin: str) -> None:
        where = f"{self.model.origin}: output {spelled(origin)}"
        value = self.values.get(origin)
        if value is None and origin not in self.model.tensors:
            raise ModelError(f"{where} is an output that this compiler does not compute; export without it")
        if value is None or isinstance(value, Constant):
            raise ModelError(f"{where} is constant: it does not depend on the network's input; export without it")
        if isinstance(value, Codes):
            raise ModelError(f"{where} ends in QuantizeLinear; put DequantizeLinear behind it")
        self.graph.outputs.append(Output(name, value.name, spelled(origin)))

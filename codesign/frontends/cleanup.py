"""A model file, as training tools write them, in one plain form: operators in order, shapes without batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import Any

import onnx

from codesign.errors import LayerError, ModelError
from codesign.frontends import reading
from codesign.frontends.constants import Constant
from codesign.frontends.names import spelled

QUANTIZERS = frozenset({"Quant", "IntQuant", "BipolarQuant", "Trunc", "MultiThreshold", "QuantAvgPool2d"})
"""The operators of QONNX; the file spells their domain as it likes."""

QUANTIZER_DOMAINS = frozenset(
    {"", "ai.onnx", "qonnx", "qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general", "finn"}
)
STANDARD_DOMAINS = frozenset({"", "ai.onnx"})
CHANNELS_LAST = {"qonnx.custom_op.channels_last": frozenset({"Conv", "MaxPool", "BatchNormalization"})}
"""Domains in which standard operators take (batch, height, width, channels), and which ones."""

FIRST_OPSET = {3: 1, 4: 9, 5: 10, 6: 11, 7: 12, 8: 15, 9: 19, 10: 21, 11: 23, 12: 24, 13: 25}
"""The opset of the first ONNX release with this IR version, assumed for files that do not say theirs."""
USUAL_OPSET = 11


@dataclass(eq=False)
class Op:
    """One operator as the file has it; `name` is how messages call it. Attributes that are asked for are `used`."""

    kind: str
    name: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    proto: Any
    used: set[str] = field(default_factory=set)

    @property
    def channels_last(self) -> bool:
        """Whether the operator takes its channels as the last axis, which its domain says."""
        return self.proto.domain in CHANNELS_LAST

    def _get(self, key: str, form: type) -> Any:
        self.used.add(key)
        value = self.attributes.get(key)
        if value is not None and not isinstance(value, form):
            raise LayerError(f"the attribute {key} is not of the type {form.__name__}")
        return value

    def integer(self, key: str, default: int) -> int:
        """An integer attribute."""
        value = self._get(key, int)
        return default if value is None else int(value)

    def flag(self, key: str, default: bool) -> bool:
        """An integer attribute that must be 0 or 1."""
        value = self.integer(key, int(default))
        if value not in (0, 1):
            raise LayerError(f"the attribute {key} is {value}; it must be 0 or 1")
        return bool(value)

    def real(self, key: str, default: float | None) -> Fraction | None:
        """A float attribute, exactly as its float32; LayerError unless finite."""
        value = self._get(key, float)
        value = default if value is None else value
        if value is None:
            return None
        if value != value or value in (float("inf"), float("-inf")):
            raise LayerError(f"the attribute {key} is {value}; it must be finite")
        return Fraction(value)

    def text(self, key: str, default: str) -> str:
        """A text attribute."""
        value = self._get(key, bytes)
        return default if value is None else str(value.decode("utf-8", "replace"))

    def integers(self, key: str) -> tuple[int, ...] | None:
        """A list of integers, or None."""
        value = self._get(key, list)
        if value is not None and not all(isinstance(v, int) for v in value):
            raise LayerError(f"the attribute {key} is {value}; it must be a list of integers")
        return None if value is None else tuple(value)

    def other(self, key: str) -> Any:
        """Any attribute as the onnx package gives it, or None."""
        return self._get(key, object)


@dataclass(frozen=True)
class InputTensor:
    """An input of the file: `shape` without the first axis; `batch` is the length declared for that one, if any."""

    name: str
    shape: tuple[int, ...]
    batch: int | None
    element: int


@dataclass(frozen=True, eq=False)
class Model:
    """What the file says: inputs, outputs and the operators between them, in an order in which they can run."""

    origin: str
    opset: int
    inputs: tuple[InputTensor, ...]
    outputs: tuple[str, ...]
    ops: tuple[Op, ...]
    tensors: dict[str, Any]
    folder: Path | None

    def constant(self, name: str) -> Constant:
        """The initializer of this name."""
        return reading.tensor(self.tensors[name], self.folder)


def clean(proto: Any, origin: str, folder: Path | None) -> Model:
    """The plain form of a ModelProto; ModelError for functions of the model, sparse tensors and broken wiring."""
    if not proto.HasField("graph") or not proto.graph.node:
        raise ModelError(f"{origin}: not an ONNX file, or one without a network; {reading.CURE}")
    if not _is_text(proto):
        raise ModelError(f"{origin}: a name in the file is not UTF-8 text; {reading.CURE}")
    graph = proto.graph
    tensors = _initializers(graph, origin)
    inputs = tuple(_input(v, origin) for v in graph.input if v.name not in tensors)
    _check_distinct([i.name for i in inputs], origin)
    if not inputs:
        raise ModelError(f"{origin}: the network has no input; {reading.CURE}")
    outputs = tuple(v.name for v in graph.output)
    if not outputs:
        raise ModelError(f"{origin}: the network has no output; {reading.CURE}")
    sparse = {s.values.name for s in graph.sparse_initializer}
    ops = _needed(graph, outputs, {*tensors, *(i.name for i in inputs)}, sparse, origin)
    functions = {(f.domain, f.name) for f in proto.functions}
    for op in ops:
        _check_domain(op, functions, origin)
    return Model(origin, _opset(proto, origin), inputs, outputs, ops, tensors, folder)


def _is_text(message: Any) -> bool:
    """Whether every string in it, and in all that it holds, is text: protobuf leaves others as bytes."""
    for field_, value in message.ListFields():
        items = value if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else (value,)
        if field_.type == field_.TYPE_STRING and any(isinstance(v, bytes) for v in items):
            return False
        if field_.type == field_.TYPE_MESSAGE and not all(map(_is_text, items)):
            return False
    return True


def _initializers(graph: Any, origin: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tensor in graph.initializer:
        if tensor.name in found:
            raise ModelError(f"{origin}: tensor {spelled(tensor.name)} is defined twice; {reading.CURE}")
        found[tensor.name] = tensor
    return found


def _input(value: Any, origin: str) -> InputTensor:
    where = f"{origin}: input {spelled(value.name)}"
    if value.type.WhichOneof("value") != "tensor_type":
        raise ModelError(f"{where} is no tensor; only tensors are supported")
    kind = value.type.tensor_type
    if not kind.HasField("shape") or not kind.shape.dim:
        raise ModelError(f"{where} has no shape; export with one, its first axis being the batch")
    first, *rest = kind.shape.dim
    shape = []
    for axis, dim in enumerate(rest, start=1):
        if dim.dim_value < 1:
            size = spelled(dim.dim_param) or dim.dim_value
            raise ModelError(
                f"{where} has an axis {axis} of size {size}; only the batch may be open: export with fixed sizes"
            )
        shape.append(dim.dim_value)
    if not shape:
        raise ModelError(f"{where} has one axis only, the batch; give it an axis for its elements")
    return InputTensor(value.name, tuple(shape), first.dim_value if first.dim_value > 0 else None, kind.elem_type)


def _opset(proto: Any, origin: str) -> int:
    """The version of the standard operators; from the IR version where the file does not say."""
    stated = [o.version for o in proto.opset_import if o.domain in STANDARD_DOMAINS]
    opset = int(stated[0]) if stated else FIRST_OPSET.get(proto.ir_version, USUAL_OPSET)
    newest = onnx.defs.onnx_opset_version()
    if opset > newest:
        raise ModelError(
            f"{origin}: opset {opset} is not known, the newest one is {newest}; export with that or an older one"
        )
    return max(opset, 1)


def _needed(graph: Any, outputs: Sequence[str], known: set[str], sparse: set[str], origin: str) -> tuple[Op, ...]:
    """The operators on which the outputs depend, each after those it reads, else in the file's order."""
    ops = [_op(node, origin) for node in graph.node]
    maker: dict[str, int] = {}
    for k, op in enumerate(ops):
        for name in filter(None, op.outputs):
            if name in maker or name in known:
                raise ModelError(f"{origin}: node {op.name}: tensor {spelled(name)} is defined twice; {reading.CURE}")
            maker[name] = k
    readers: dict[int, list[int]] = {}
    waiting: dict[int, int] = {}
    for name in outputs:
        if name not in maker and name not in known:
            raise ModelError(f"{origin}: output {spelled(name)} is computed by no node; {reading.CURE}")
    queue = [maker[name] for name in outputs if name in maker]
    while queue:
        k = queue.pop()
        if k in waiting:
            continue
        sources: set[int] = set()
        for name in filter(None, ops[k].inputs):
            if name in sparse:
                raise ModelError(
                    f"{origin}: node {ops[k].name}: the sparse tensor {spelled(name)} is not supported; store it dense"
                )
            if name not in maker and name not in known:
                raise ModelError(f"{origin}: node {ops[k].name}: its input {spelled(name)} is missing; {reading.CURE}")
            if name in maker:
                sources.add(maker[name])
        waiting[k] = len(sources)
        for s in sources:
            readers.setdefault(s, []).append(k)
        queue.extend(sources)
    return _sorted(ops, waiting, readers, origin)


def _sorted(ops: list[Op], waiting: dict[int, int], readers: dict[int, list[int]], origin: str) -> tuple[Op, ...]:
    ready = [k for k, count in waiting.items() if not count]
    heapify(ready)
    found = []
    while ready:
        k = heappop(ready)
        found.append(ops[k])
        for reader in readers.get(k, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, reader)
    if len(found) < len(waiting):
        stuck = min(k for k, count in waiting.items() if count)
        raise ModelError(f"{origin}: node {ops[stuck].name}: it depends on its own result (a cycle); {reading.CURE}")
    return tuple(found)


def _op(node: Any, origin: str) -> Op:
    attributes = {a.name: _attribute(a) for a in node.attribute}
    output = next(filter(None, node.output), "")
    name = node.name or f"{node.op_type} of {output}"
    if len(attributes) < len(node.attribute):
        raise ModelError(f"{origin}: node {spelled(name)}: it has an attribute twice; {reading.CURE}")
    label = node.name or f"{node.op_type}_{output}"
    return Op(node.op_type, spelled(name), label, tuple(node.input), tuple(node.output), attributes, node)


def _attribute(attribute: Any) -> Any:
    if attribute.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) or attribute.ref_attr_name:
        return attribute
    try:
        return onnx.helper.get_attribute_value(attribute)
    except ValueError:
        return attribute


def _check_domain(op: Op, functions: Iterable[tuple[str, str]], origin: str) -> None:
    domain = op.proto.domain
    where = f"{origin}: node {op.name}"
    if (domain, op.kind) in functions:
        raise ModelError(f"{where}: {spelled(op.kind)} is a function of the model; export with functions inlined")
    if op.kind in CHANNELS_LAST.get(domain, ()):
        return
    if domain not in (QUANTIZER_DOMAINS if op.kind in QUANTIZERS else STANDARD_DOMAINS):
        raise ModelError(
            f"{where}: the operator {spelled(op.kind)} of the domain {spelled(domain)} is not supported; "
            "export with standard operators"
        )


def _check_distinct(names: Sequence[str], origin: str) -> None:
    for k, name in enumerate(names):
        if name in names[:k]:
            raise ModelError(f"{origin}: input {spelled(name)} is defined twice; {reading.CURE}")

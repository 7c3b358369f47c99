"""Whether a runtime takes an ONNX model, node by node, from the table of the runtime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import onnx

from codesign.errors import ModelError
from codesign.gpu.lint.rules import broken, data_type
from codesign.gpu.lint.table import NEWEST, Level, Reason, Table, load_table
from codesign.gpu.lint.tensors import Tensors, inner_graphs
from codesign.report.text import one_line

LONGEST_NAME = 200
DEEPEST = 20
"""Graphs within graphs; real models have two or three."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a runtime refuses, or takes with a warning."""

    level: Level
    node: str
    """The node's name as the file spells it; empty where the whole model is meant."""
    operator: str
    reason: Reason

    @property
    def message(self) -> str:
        """`scatter (ScatterND): why; cure`."""
        place = f"{self.node} ({self.operator}): " if self.operator else ""
        return f"{place}{self.reason.why}; {self.reason.cure}"


def lint(model: onnx.ModelProto, target: str) -> list[Finding]:
    """What the runtime `target` (see `lint_targets`) refuses of the model or takes with a warning, in the model's
    order; nothing where it takes it as it is.

    TargetError for an unknown target; ModelError for a protobuf that is no ONNX model.
    """
    table = load_table(target)
    if not model.graph.node and not model.graph.output:
        raise ModelError("the model has no graph; give an .onnx file that a network was exported to")
    opsets = {o.domain: o.version for o in model.opset_import}
    opset = opsets.get("", opsets.get("ai.onnx"))
    if opset is None:
        raise ModelError("the model does not say which opset it is of (opset_import is missing); export it again")
    found = [*_versions(model, opset, table), *_Linter(model, opset, table).findings()]
    return found if refused(found) else [*_invalid(model, opset), *found]


def refused(findings: list[Finding]) -> bool:
    """Whether any finding is more than a warning."""
    return any(found.level is Level.REFUSED for found in findings)


def _invalid(model: onnx.ModelProto, opset: int) -> Iterator[Finding]:
    """What ONNX's own checker says of the model, where the checker knows its versions and all of it is in the file."""
    stored = (t.data_location == onnx.TensorProto.EXTERNAL for t in model.graph.initializer)
    if model.ir_version > onnx.IR_VERSION or opset > onnx.defs.onnx_opset_version() or any(stored):
        return
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, UnicodeDecodeError) as error:  # the latter for names that are no text
        said = one_line(" ".join(str(error).split()), 300)
        yield _model(f"the file breaks a rule of ONNX: {said}", "export it again", f"onnx.checker {onnx.__version__}")


def _versions(model: onnx.ModelProto, opset: int, table: Table) -> Iterator[Finding]:
    read = f"{table.title} {table.version}"
    if model.ir_version > table.ir_version:
        why = f"the file's IR version is {model.ir_version}, {read} reads up to {table.ir_version}"
        yield _model(why, f"write it with ir_version={table.ir_version} (onnx.helper.make_model)", read)
    if not table.first_opset <= opset <= table.last_opset:
        why = f"the file's opset is {opset}, {read} is known to take {table.first_opset} to {table.last_opset}"
        yield _model(why, "export it in one of these, or convert it (onnx.version_converter)", read)
    if table.profiles:
        constants = {tensor.name for tensor in model.graph.initializer}
        dynamic = [i.name for i in model.graph.input if i.name not in constants and _is_dynamic(i)]
        if dynamic:
            names = ", ".join(one_line(name, LONGEST_NAME) for name in dynamic[:8])
            why = f"dynamic inputs ({names}) need an optimization profile with their least, usual and largest sizes"
            cure = "codesign export --target tensorrt --min ... --opt ... --max ... writes one"
            yield _model(why, cure, read, Level.WARNING)


def _model(why: str, cure: str, source: str, level: Level = Level.REFUSED) -> Finding:
    return Finding(level, "", "", Reason(why, cure, source))


def _is_dynamic(value: Any) -> bool:
    tensor = value.type.tensor_type
    return not tensor.HasField("shape") or any(not d.HasField("dim_value") for d in tensor.shape.dim)


class _Linter:
    """The nodes of one model against one table."""

    def __init__(self, model: onnx.ModelProto, opset: int, table: Table) -> None:
        self.model, self.opset, self.table = model, opset, table
        self.functions = {(f.domain, f.name) for f in model.functions}
        self.behind = load_table(table.falls_back) if table.falls_back else None

    def findings(self) -> Iterator[Finding]:
        contradiction = ""
        try:
            graph = onnx.shape_inference.infer_shapes(self.model).graph
        except (onnx.shape_inference.InferenceError, ValueError, RuntimeError) as error:
            graph, contradiction = self.model.graph, one_line(" ".join(str(error).split()), 300)
        tensors = Tensors()
        tensors.add_graph(graph)
        found = [*self.types(tensors), *self.graph(graph, tensors, 0)]
        for function in self.model.functions:
            opset = next((o.version for o in function.opset_import if o.domain in ("", "ai.onnx")), self.opset)
            if self.table.functions:
                found += _Linter(self.model, opset, self.table).graph(function, Tensors(), 0)
        if contradiction and not refused(found):  # else what is refused is why the types are not known
            why = f"the types in the model contradict each other: {contradiction}"
            yield _model(why, "export it again", f"onnx.shape_inference {onnx.__version__}")
        yield from found

    def types(self, tensors: Tensors) -> Iterator[Finding]:
        """Types of tensors that the runtime does not have; one finding for each type."""
        seen: set[str] = set()
        for name, kind in tensors.types.items():
            if kind in seen or kind == "?":
                continue
            seen.add(kind)
            where, shown = f"{self.table.title} {self.table.version}", one_line(name, LONGEST_NAME)
            if kind not in self.table.tensors:
                why = f"tensor {shown} has the elements {kind}, which {where} does not have"
                yield _model(why, "cast it to a type that it has before the export", where)
            elif kind == "double" and self.table.float64_is_float32:
                why = f"tensor {shown} has the elements double, which {where} computes in float32"
                yield _model(
                    why, "export it in float32, so that the results are the same everywhere", where, Level.WARNING
                )

    def graph(self, graph: Any, tensors: Tensors, depth: int) -> Iterator[Finding]:
        if depth > DEEPEST:
            raise ModelError(f"more than {DEEPEST} graphs lie within one another; this is no network that was exported")
        for node in graph.node:
            yield from self.node(node, tensors)
            for inner in inner_graphs(node):
                yield from self.graph(inner, tensors.inside(inner), depth + 1)

    def node(self, node: Any, tensors: Tensors) -> Iterator[Finding]:
        table, where = self.table, f"{self.table.title} {self.table.version}"
        if not isinstance(node.op_type, str):  # protobuf gives bytes for what is no UTF-8
            no_text = Reason("the operator's name is no text", "export it again", "protobuf.dev, Scalar Value Types")
            yield self.found(node, Level.REFUSED, no_text)
            return
        if node.domain not in ("", "ai.onnx"):
            if (node.domain, node.op_type) in self.functions and table.functions:
                return
            if node.domain not in table.domains:
                why = f"the domain {one_line(node.domain, LONGEST_NAME)} is none that {where} knows"
                yield self.found(node, Level.REFUSED, Reason(why, "export it with operators of ONNX alone", where))
            return
        try:
            onnx.defs.get_schema(node.op_type, min(max(self.opset, 0), NEWEST), "")
        except onnx.defs.SchemaError:
            why = f"ONNX has no such operator in opset {self.opset}"
            yield self.found(node, Level.REFUSED, Reason(why, "export it in an opset that has it", "the ONNX standard"))
            return
        reason = table.refused.get(node.op_type)
        if reason is not None:
            yield self.found(node, Level.REFUSED, reason)
            return
        missing = self.missing(node, tensors, table)
        if missing is not None:
            behind = self.behind and self.missing(node, tensors, self.behind) is None
            if behind:
                why = f"{missing.why}; it may run on the CPU, its tensors copied there and back"
                missing = Reason(why, missing.cure, missing.source)
            yield self.found(node, Level.WARNING if behind else Level.REFUSED, missing)
        for rule in table.rules.get(node.op_type, ()):
            if broken(rule, node, tensors):
                yield self.found(node, rule.level, rule.reason)

    def missing(self, node: Any, tensors: Tensors, table: Table) -> Reason | None:
        """Why a table has no entry for the node, or None where it has one."""
        where = f"{table.title} {table.version}"
        entries = table.operators.get(node.op_type, ())
        if not entries:
            why = f"{where} has no such operator in its table"
            return Reason(why, "export it with other operators, or try it and add it to the table", where)
        fitting = [entry for entry in entries if entry.first <= self.opset <= entry.last]
        if not fitting:
            ranges = ", ".join(f"{entry.first} to {entry.last}" for entry in entries)
            why = f"{where} takes it in opsets {ranges}, the file has {self.opset}"
            return Reason(why, "export it in one of these", entries[0].source)
        kind = data_type(node, tensors)
        if kind == "?" or any(kind in entry.types for entry in fitting):
            return None
        types = ", ".join(sorted(set().union(*(entry.types for entry in fitting))))
        why = f"{where} takes data of the types {types}, found {kind}"
        return Reason(why, "cast its data before the export", fitting[0].source)

    def found(self, node: Any, level: Level, reason: Reason) -> Finding:
        name = node.name or (f"the node of {node.output[0]}" if node.output else "a node without a name")
        return Finding(level, one_line(name, LONGEST_NAME), one_line(node.op_type, LONGEST_NAME), reason)

"""Whether a node breaks a rule of an op table."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper

from codesign.gpu.lint.table import Kind, Rule
from codesign.gpu.lint.tensors import Tensors, type_name

DATA_INPUT = {"Where": 1, "OneHot": 2, "Loop": 2}
"""Which input the types of an operator's entry speak of; of others it is the first."""


def data_type(node: Any, tensors: Tensors) -> str:
    """The type of a node's data as its entry in a table means it: of an input, or of the result of what has none (a
    constant) or only indices and conditions (`ConstantOfShape`, `If`); `?` where nothing says it."""
    if node.op_type == "Constant" or not node.input:
        value = _attribute(node, "value")
        return type_name(value.data_type) if isinstance(value, onnx.TensorProto) else _result(node, tensors)
    if node.op_type in ("ConstantOfShape", "If"):
        return _result(node, tensors)
    name = _input(node, DATA_INPUT.get(node.op_type, 0))
    return tensors.types.get(name, "?") if name else "?"


def broken(rule: Rule, node: Any, tensors: Tensors) -> bool:
    """Whether the node does what the rule forbids. What the file does not say is no breach."""
    name = _input(node, rule.input)
    match rule.kind:
        case Kind.ATTRIBUTE:
            return _text(_attribute(node, rule.name)) in rule.values
        case Kind.FIXED:
            return name in tensors.data
        case Kind.AT_MOST:
            return name in tensors.constants and bool((tensors.constants[name] > rule.most).any())
        case Kind.ZERO:
            return name in tensors.constants and bool(np.any(tensors.constants[name]))
        case Kind.OUTPUTS:
            return sum(bool(output) for output in node.output) > rule.most
        case Kind.TYPE:
            return data_type(node, tensors) in rule.values
        case Kind.REPEATS:
            return name in tensors.data and _text(_attribute(node, "reduction")) in ("", "none")
        case Kind.CARRIED:
            return _changes_rank(node, tensors)
        case Kind.STATIC:
            return any(size is None for size in tensors.shapes.get(_input(node, 0), ()))


def _changes_rank(node: Any, tensors: Tensors) -> bool:
    """Whether a loop's body gives back a state of another rank than it begins with."""
    body = _attribute(node, "body")
    if not isinstance(body, onnx.GraphProto):
        return False
    inside = tensors.inside(body)
    for before, after in zip(node.input[2:], body.output[1:]):
        first, then = tensors.shapes.get(before), inside.shapes.get(after.name)
        if first is not None and then is not None and len(first) != len(then):
            return True
    return False


def _input(node: Any, number: int) -> str:
    return str(node.input[number]) if number < len(node.input) else ""


def _result(node: Any, tensors: Tensors) -> str:
    return tensors.types.get(node.output[0], "?") if node.output else "?"


def _attribute(node: Any, name: str) -> Any:
    for attribute in node.attribute:
        if attribute.name == name:
            return helper.get_attribute_value(attribute)
    return None


def _text(value: Any) -> str:
    """An attribute's value as the tables spell it; of a list, one that the table names a value that is no 1."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (list, tuple)):
        return "other than 1" if any(v != 1 for v in value) else "1"
    return str(value)

"""From a Brevitas network to the file of a model: QONNX whose quantized weights are stored as integers.

Brevitas writes the float weights that training left and a `Quant` node for each. Its result is code * scale, so with
codes of 8 bits a file that has them in int8, and a DequantizeLinear, says the same in a quarter of the bytes. Weights
of fewer bits keep their `Quant` nodes, which say how many; those that training pushed out of the range of their codes
are stored as its ends, which they are quantized to. Nothing else is changed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from brevitas.export import export_qonnx
from onnx import helper, numpy_helper
from torch import Tensor, nn


def export(model: nn.Module, inputs: tuple[Tensor, ...], path: Path, names: Sequence[str] = ()) -> None:
    """The model as one file of fixed shape, without the stack traces that torch writes into it; `names` are those of
    its inputs, which are torch's where they are left out."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it tells of every optional package that is absent
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.onnx"
        export_qonnx(model.eval(), args=inputs, export_path=str(raw), verbose=False)
        proto = onnx.load(raw)
    stored_as_quantized(proto)
    graph = proto.graph
    name_inputs(graph, names)
    tensors = (*graph.input, *graph.output, *graph.value_info, *graph.initializer)
    for part in (proto, graph, *graph.node, *tensors):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(proto, path)


def name_inputs(graph: onnx.GraphProto, names: Sequence[str]) -> None:
    """Gives the inputs these names; another tensor that has one of them gets a number behind its own."""
    wanted = dict(zip((value.name for value in graph.input), names))
    taken = {name for node in graph.node for name in (*node.input, *node.output)} | set(names)
    for name in taken & set(names):
        if name not in wanted:
            number = next(n for n in range(len(taken)) if f"{name}_{n}" not in taken)
            wanted[name] = f"{name}_{number}"
            taken.add(wanted[name])
    for node in graph.node:
        node.input[:] = [wanted.get(name, name) for name in node.input]
        node.output[:] = [wanted.get(name, name) for name in node.output]
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = wanted.get(value.name, value.name)


def stored_as_quantized(proto: onnx.ModelProto) -> None:
    """Constant weights as they are quantized, in place: within the range of their codes, and as codes where these have
    8 bits: Quant(weights) becomes DequantizeLinear(codes)."""
    graph = proto.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    constants = {name: numpy_helper.to_array(tensor) for name, tensor in stored.items()}
    readers = Counter(name for node in graph.node for name in node.input)
    for node in graph.node:
        if node.op_type != "Quant" or node.input[0] not in constants:
            continue
        weights, scale, zero, bits = (constants[name] for name in node.input)
        options = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if zero.any() or not options["signed"]:
            continue
        low, high = -(2 ** (int(bits) - 1)) + options["narrow"], 2 ** (int(bits) - 1) - 1
        if bits == 8 and options["rounding_mode"] == b"ROUND":
            codes = np.clip(np.rint(weights / scale), low, high).astype(np.int8)
            graph.initializer.extend(_dequantized(node, codes, scale))
        elif readers[node.input[0]] == 1:
            inside = np.clip(weights, low * scale, high * scale).astype(np.float32)
            stored[node.input[0]].CopyFrom(numpy_helper.from_array(inside, node.input[0]))
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    inputs = [value for value in graph.input if value.name not in constants]
    del graph.initializer[:], graph.input[:]
    graph.initializer.extend(kept)
    graph.input.extend(inputs)


def _dequantized(node: onnx.NodeProto, codes: np.ndarray, scale: np.ndarray) -> list[onnx.TensorProto]:
    """Makes the node a DequantizeLinear of these codes; gives what it reads."""
    axes = [axis for axis, length in enumerate(scale.shape) if length > 1]
    along = scale.ravel() if axes else scale.reshape(())
    names = f"{node.name}_codes", f"{node.name}_scale", f"{node.name}_zero"
    values = codes, along.astype(np.float32), np.zeros_like(along, dtype=np.int8)
    changed = helper.make_node("DequantizeLinear", names, node.output, name=node.name)
    if axes:
        changed.attribute.append(helper.make_attribute("axis", axes[0]))
    node.CopyFrom(changed)
    return [numpy_helper.from_array(v, n) for v, n in zip(values, names)]

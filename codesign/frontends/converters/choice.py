"""A classifier's last step: the index of the largest element."""

from __future__ import annotations

from codesign.frontends.converters.conversion import Conversion, Stream
from codesign.ir.layers import ArgMax


def arg_max(node: Conversion) -> Stream:
    """Over the last axis, the first of equals: ArgMax."""
    x = node.stream(0)
    axis = node.axis(node.op.integer("axis", 0), x.rank)
    if axis != x.rank - 1:
        node.refuse(f"argmax over axis {axis} of {x.rank} is not supported; only over the last one")
    if node.op.flag("select_last_index", False):
        node.refuse("select_last_index=1 is not supported; export with 0")
    keep = node.op.flag("keepdims", True)
    if not keep and x.rank == 2:
        # One index for each sample: the batch axis alone is left, for which a sample needs one axis here.
        node.refuse("argmax with keepdims=0 leaves no axis but the batch; export with keepdims=1")
    return node.emit(ArgMax(keep), x)


def top_k(node: Conversion) -> tuple[None, Stream]:
    """The index of the one largest element of the last axis, its value unused: ArgMax."""
    x = node.stream(0)
    stated = node.op.integer("k", 0)  # an attribute until opset 9
    k = stated or node.constant(1, "k").number()
    axis = node.axis(node.op.integer("axis", -1), x.rank)
    largest = node.op.flag("largest", True)
    node.op.flag("sorted", True)
    if k != 1 or axis != x.rank - 1 or not largest:
        node.refuse("only the one largest element of the last axis is supported: k=1, largest=1, axis=-1")
    if node.op.outputs[0] in node.read:
        node.refuse("the values that TopK gives are used; only its indices are supported")
    return None, node.emit(ArgMax(True), x)

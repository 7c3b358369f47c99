"""A model whose tensors lie in files beside it, as one that holds them itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import onnx

from codesign.errors import LayerError, ModelError
from codesign.frontends import reading
from codesign.frontends.names import spelled

MAX_BYTES = (1 << 31) - 1
"""What one protobuf message can hold."""


def embedded(proto: Any, origin: str, folder: Path | None) -> Any:
    """A ModelProto without external data: `proto` itself where it has none, else a copy that holds the bytes.

    The copy has only the operators and initializers that the outputs depend on: external data that nobody needs is
    not read. ModelError for data that is missing, of the wrong size, or outside `folder`.
    """
    if not any(map(_external, _messages(proto, onnx.TensorProto))):
        return proto
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    _prune(copy.graph)
    for tensor in filter(_external, _messages(copy, onnx.TensorProto)):
        try:
            tensor.CopyFrom(reading.embedded(tensor, folder))
        except LayerError as error:
            raise ModelError(f"{spelled(origin)}: {error}") from error
    if copy.ByteSize() > MAX_BYTES:
        raise ModelError(f"{spelled(origin)}: it has more than {MAX_BYTES >> 20} MiB of weights, no device holds them")
    return copy


def _external(tensor: Any) -> bool:
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL)


def _messages(message: Any, kind: type) -> Iterator[Any]:
    """Every message of this kind in it: tensors are initializers, attributes of nodes, and those of inner graphs."""
    if isinstance(message, kind):
        yield message
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for item in value if isinstance(value, Sequence) else (value,):
                yield from _messages(item, kind)


def _prune(graph: Any) -> None:
    """Removes the nodes and initializers that no output depends on."""
    maker = {name: node for node in graph.node for name in node.output}
    read: set[str] = set()
    queue = [o.name for o in graph.output]
    while queue:
        name = queue.pop()
        if name not in read:
            read.add(name)
            if name in maker:
                # Nodes of inner graphs may read tensors of this one.
                queue += [i for node in _messages(maker[name], onnx.NodeProto) for i in node.input]
    unread = {t.name for t in graph.initializer} - read
    _keep(graph.node, lambda node: not read.isdisjoint(node.output))
    _keep(graph.initializer, lambda tensor: tensor.name not in unread)
    _keep(graph.input, lambda value: value.name not in unread)


def _keep(items: Any, wanted: Callable[[Any], bool]) -> None:
    for i in reversed(range(len(items))):
        if not wanted(items[i]):
            del items[i]

"""A network's inputs, checked before it runs: a row number out of range never becomes a wrong result."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from codesign.errors import ModelError
from codesign.ir.graph import Graph, Node
from codesign.ir.layers import Input
from codesign.ir.tensor import Floats


def checked(graph: Graph, inputs: Mapping[str, np.ndarray]) -> dict[str, Floats]:
    """Each input by the name of its node, rows first: float64 numbers, and int64 row numbers.

    `inputs` are as the user has them, by the names in the user's file: (n, *shape), or (*shape, n) where rows come
    last. ModelError names the input that is missing, of another shape, not finite, or whose row numbers do not exist,
    and inputs that disagree about the size of a set.
    """
    nodes = {node.origin: node for node in graph.inputs}
    for name in inputs:
        if name not in nodes:
            raise ModelError(f"{graph.origin}: there is no input {name}; there are {', '.join(nodes)}")
    found: dict[str, Floats] = {}
    sizes: dict[str, tuple[int, str]] = {}
    for name, node in nodes.items():
        if name not in inputs:
            raise ModelError(f"{graph.origin}: the input {name} is missing")
        array = found[node.name] = _array(node, np.asarray(inputs[name]))
        size, other = sizes.setdefault(node.type.rows, (len(array), name))
        if size != len(array):
            what = node.type.rows or "rows"
            raise ModelError(f"input {name} is for {len(array)} {what}, {other} is for {size}")
    for node in nodes.values():
        if node.type.index:
            _check_index(node, found[node.name], sizes)
    return found


def fed(graph: Graph, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same, checked, as the exported network takes them: float32 and int64 by the user's names and layouts.

    ModelError as `checked`, and for a number that is infinite in float32."""
    checked(graph, inputs)
    return {node.origin: _fed(node, np.asarray(inputs[node.origin])) for node in graph.inputs}


def _fed(node: Node, given: np.ndarray) -> np.ndarray:
    if node.type.index:
        return np.ascontiguousarray(given, dtype=np.int64)
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(given, dtype=np.float32)
    if not np.isfinite(numbers).all():
        raise ModelError(
            f"input {node.origin}: {given[~np.isfinite(numbers)][0]:g} is beyond float32, which ends at 3.4e+38 and in "
            "which an exported network computes; give it features of a smaller scale"
        )
    return numbers


def _array(node: Node, given: np.ndarray) -> Floats:
    layer = node.layer
    assert isinstance(layer, Input)
    rows = node.type.rows or "n"
    shape = (*layer.shape, rows) if layer.rows_last else (rows, *layer.shape)
    fits = given.ndim == len(shape) and (given.shape[:-1] if layer.rows_last else given.shape[1:]) == layer.shape
    if not fits:
        expected = ", ".join(map(str, shape))
        raise ModelError(f"input {node.origin} has the shape {given.shape}, expected ({expected})")
    kinds, expected = ("iu", "integers") if node.type.index else ("fiub", "real numbers")
    if given.dtype.kind not in kinds:
        raise ModelError(f"input {node.origin} has {given.dtype}, expected {expected}")
    array = np.moveaxis(given, -1, 0) if layer.rows_last else given
    if node.type.index:
        return array.astype(np.int64)
    numbers = layer.received(array.astype(np.float64))
    if not np.isfinite(numbers).all():
        row = int(np.argwhere(~np.isfinite(numbers))[0][0])
        raise ModelError(f"input {node.origin}: row {row} has a value that is not a number (NaN or infinite)")
    return numbers


def _check_index(node: Node, rows: Floats, sizes: Mapping[str, tuple[int, str]]) -> None:
    into = node.type.index
    if into not in sizes:
        raise ModelError(f"input {node.origin}: it holds row numbers of {into}, but no input has rows of {into}")
    size = sizes[into][0]
    last = size if node.type.missing else size - 1
    if rows.size and (rows.min() < 0 or rows.max() > last):
        bad = int(rows.min()) if rows.min() < 0 else int(rows.max())
        raise ModelError(f"input {node.origin}: row {bad} of {into} does not exist, there are {size} (0..{last})")

"""What an index must be to point into another tensor's rows."""

from __future__ import annotations

from codesign.errors import LayerError
from codesign.ir.tensor import Tensor


def check_index(index: Tensor, into: str, *, shape: tuple[int, ...] = (), missing: bool = False) -> None:
    """LayerError unless `index` has `shape` row numbers of the set `into` for each of its rows, none of them missing
    unless `missing` allows it."""
    if not index.index:
        raise LayerError(f"an index of {into or 'the batch'} is expected, found {index}")
    if index.index != into or not into:
        raise LayerError(
            f"its index holds rows of {index.index}, and what it indexes has rows of {into or 'the batch'}"
        )
    if index.shape != shape:
        expected = f"{shape[0]} for each row" if shape else "one for each row"
        raise LayerError(f"its index has the shape {index.shape}, expected {shape} ({expected})")
    if index.missing and not missing:
        raise LayerError(f"its index may say that a row of {index.index} is missing, which this layer does not take")

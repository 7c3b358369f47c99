"""Codes as the words of a simulation, and back: lane 0 in the lowest bits, two's complement, beats of whole words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.ir.tensor import Array

_TOGETHER = 1 << 20
"""Codes that are taken apart at once: a byte for each of their bits."""


def packed(codes: Array, width: int) -> bytes:
    """The beats (n, lanes) of codes of `width` bits as 32-bit words, little endian; each beat begins a new word."""
    lanes = codes.shape[1]
    rows = max(1, _TOGETHER // lanes)
    places = np.arange(width)
    found = []
    for start in range(0, len(codes), rows):
        some = codes[start : start + rows]
        bits = np.zeros((len(some), -(-lanes * width // 32) * 32), dtype=np.uint8)
        bits[:, : lanes * width] = ((some[:, :, None] >> places) & 1).reshape(len(some), -1)
        found.append(np.packbits(bits, axis=1, bitorder="little").tobytes())
    return b"".join(found)


def unpacked(words: NDArray[np.uint32], lanes: int, width: int, signed: bool) -> Array:
    """Codes (n, lanes) of the beats (n, words)."""
    rows = max(1, _TOGETHER // lanes)
    weights = np.int64(1) << np.arange(width, dtype=np.int64)
    if signed:
        weights[-1] = -weights[-1]
    found = np.empty((len(words), lanes), dtype=np.int64)
    for start in range(0, len(words), rows):
        some = np.ascontiguousarray(words[start : start + rows]).view(np.uint8).reshape(-1, words.shape[1] * 4)
        bits = np.unpackbits(some, axis=1, bitorder="little")[:, : lanes * width]
        found[start : start + rows] = bits.reshape(-1, lanes, width).astype(np.int64) @ weights
    return found

"""Constant memories as the text that $readmemh reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from codesign.backends.instances.base import Rom


def contents(rom: Rom, stem: str) -> tuple[str, dict[str, Rom]]:
    """What a module is told of the files of a memory, and each with the words that are in it: one of all words, or one
    for each of the banks that are read side by side, of which the module knows how their names begin."""
    if not rom.banks or rom.values.ndim == 1:
        return f"{stem}.hex", {f"{stem}.hex": rom}
    return stem, {f"{stem}_{bank:05}.hex": replace(rom, values=words) for bank, words in enumerate(rom.values)}


def hexadecimal(rom: Rom) -> str:
    """One line per word, which is all but the first axis; its first element in the lowest bits."""
    width = rom.element.width
    digits = -(-rom.values[0].size * width // 4)
    codes = rom.values.reshape(len(rom.values), -1) & ((1 << width) - 1)
    return "".join(f"{_packed(word, width):0{digits}x}\n" for word in codes)


def _packed(codes: np.ndarray, width: int) -> int:
    bits = ((codes[:, None] >> np.arange(width)) & 1).astype(np.uint8)
    return int.from_bytes(np.packbits(bits, axis=None, bitorder="little").tobytes(), "little")

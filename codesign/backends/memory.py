"""How the samples of a port lie in memory: words of whole beats, or beats of whole words.

Where a beat fits a word, a word holds as many beats as fit it, one after the other from the lowest bits. Where it does
not, a beat takes several words, its lanes spread evenly. Codes are `width` bits in two's complement without padding
between them, the rest of a word is zeros; words are little-endian bytes. For 6 lanes of 5 bits in words of 64 bits:

    bits   63..60   59..55   ...   34..30   29..25   ...   4..0
           zeros    lane 5 of beat 1 ... 0  lane 5 of beat 0 ... 0

A sample is its beats in their order, and the samples of a batch follow each other without a gap, so a word may hold
beats of two samples; only the last word of a batch is filled up with zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import IRError, TargetError
from codesign.ir.design import Stream
from codesign.ir.tensor import Array

VERSION = 1
"""Counts up when the same codes lie elsewhere."""

WORD_BITS = (32, 64, 128, 256, 512, 1024)
"""The widths that an AXI master may have (UG1399, m_axi)."""


@dataclass(frozen=True)
class MemoryLayout:
    """Where element i of a batch is (samples one after the other, each row-major, channels last): with r = i mod
    `elements`, in slot r mod `slots` of word i // `elements` * `words` + r // `slots`. Slot s is the bits from
    s * `width`."""

    word_bits: int
    width: int
    """Bits of a code."""
    signed: bool
    lanes: int
    """Codes per beat."""
    beats: int
    """Beats per word; 1 where a beat takes several words."""
    words: int
    """Words per beat; 1 where a word holds several beats."""
    slots: int
    """Codes per word."""

    @classmethod
    def of(cls, stream: Stream, word_bits: int) -> MemoryLayout:
        """The layout of a port's stream; TargetError where a word does not hold one code."""
        if word_bits not in WORD_BITS:
            raise IRError(f"memory: words of {word_bits} bits; there are {', '.join(map(str, WORD_BITS))}")
        width, lanes = stream.element.width, stream.lanes
        if width > word_bits:
            raise TargetError(f"{stream.name}: a code of {width} bits does not fit a memory word of {word_bits} bits")
        beats = max(1, word_bits // (lanes * width))
        words = -(-lanes // (word_bits // width)) if lanes * width > word_bits else 1
        slots = -(-lanes // words) if words > 1 else beats * lanes
        return cls(word_bits, width, stream.element.signed, lanes, beats, words, slots)

    @property
    def elements(self) -> int:
        """Codes in the `words` words that a beat, or `beats` of them, take."""
        return self.lanes * self.beats

    def word_count(self, codes: int) -> int:
        """Words that so many codes, a whole number of beats, take."""
        return -(-codes // self.elements) * self.words

    def byte_count(self, codes: int) -> int:
        """Bytes of the same."""
        return self.word_count(codes) * self.word_bits // 8

    def pack(self, codes: Array) -> NDArray[np.uint8]:
        """The bytes of `codes`, those of the samples one after the other.

        IRError for a part of a beat, and for a code that has no such width.
        """
        flat = np.asarray(codes, dtype=np.int64).ravel()
        low = -(1 << (self.width - 1)) if self.signed else 0
        if flat.size % self.lanes or (flat.size and (flat.min() < low or flat.max() - low >> self.width)):
            raise IRError(f"memory: {flat.size} codes, not all of {self.width} bits in beats of {self.lanes}")
        chunks = -(-flat.size // self.elements)
        padded = np.zeros(chunks * self.elements, dtype=np.int64)
        padded[: flat.size] = flat
        by_word = np.zeros((chunks, self.words * self.slots), dtype=np.int64)
        by_word[:, : self.elements] = padded.reshape(chunks, self.elements)
        bits = by_word.reshape(chunks * self.words, self.slots, 1) >> np.arange(self.width) & 1
        words = np.zeros((len(bits), self.word_bits), dtype=np.uint8)
        words[:, : self.slots * self.width] = bits.reshape(len(bits), self.slots * self.width)
        return np.packbits(words, axis=1, bitorder="little").ravel()

    def unpack(self, memory: NDArray[np.uint8], codes: int) -> Array:
        """The first so many codes (a whole number of beats) in the bytes of `memory`, which may be longer."""
        words = np.asarray(memory, dtype=np.uint8)[: self.byte_count(codes)].reshape(-1, self.word_bits // 8)
        bits = np.unpackbits(words, axis=1, bitorder="little")[:, : self.slots * self.width]
        weights = np.left_shift(1, np.arange(self.width, dtype=np.int64))
        if self.signed:
            weights[-1] *= -1
        by_word: Array = bits.reshape(len(words), self.slots, self.width).astype(np.int64) @ weights
        return by_word.reshape(len(words) // self.words, self.words * self.slots)[:, : self.elements].ravel()[:codes]

"""The memory-mapped kernel of a project, compiled by g++ and started from Python."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesign.backends.kernel.sources import DESCRIPTION, FOLDER
from codesign.backends.memory import MemoryLayout
from codesign.errors import ToolError
from codesign.ir.tensor import Array
from codesign.verification.csim import Arithmetic, flags, folders
from codesign.verification.shared_object import compiled

GUARD = 64
"""Bytes before and behind each buffer that a start must leave as they are."""

_MESSAGE_BYTES = 1024


@dataclass(frozen=True)
class Memory:
    """An argument of the kernel: what it is called, how many codes a sample has, and how they lie."""

    name: str
    reads: bool
    elements: int
    layout: MemoryLayout


class KernelCsim:
    """The kernel of a project folder as a function; compiled at the first start, or by `build`."""

    def __init__(self, project: Path, arithmetic: Arithmetic = Arithmetic.NATIVE) -> None:
        self.project = Path(project)
        self.arithmetic = arithmetic
        try:
            found: dict[str, Any] = json.loads((self.project / DESCRIPTION).read_text())
        except FileNotFoundError as error:
            raise ToolError(f"{self.project}: no project with a kernel ({DESCRIPTION} is missing)") from error
        self.name = str(found["kernel"])
        self.digest = str(found["digest"])
        self.layout_version = int(found["layout"])
        self.max_samples = int(found["max_samples"])
        self.memories = [_memory(m, int(found["word_bits"])) for m in found["memories"]]
        self.status: tuple[int, ...] = ()
        """What the last start wrote."""
        self._library: ctypes.CDLL | None = None

    def build(self) -> Path:
        """The shared object, which is now loaded."""
        place = compiled(
            self.project / "csim" / "kernel.cpp",
            f"kernel-{self.arithmetic.value}",
            flags(self.project, self.arithmetic),
            [*folders(self.project, self.arithmetic), self.project / FOLDER],
        )
        try:
            self._library = ctypes.CDLL(str(place))
        except OSError as error:
            raise ToolError(f"{place} cannot be loaded: {error}") from error
        return place

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """The codes (n, elements) of each output for the codes (n, ...) of each input, packed and unpacked."""
        samples = len(inputs[0])
        read = [m for m in self.memories if m.reads]
        packed = [m.layout.pack(x) for m, x in zip(read, inputs, strict=True)]
        written = self.start(packed, samples)
        outputs = [m for m in self.memories if not m.reads]
        return [
            m.layout.unpack(memory, samples * m.elements).reshape(samples, m.elements)
            for m, memory in zip(outputs, written, strict=True)
        ]

    def start(self, inputs: Sequence[NDArray[np.uint8]], samples: int) -> list[NDArray[np.uint8]]:
        """The bytes that one start writes for those that it reads, in buffers that are just as large as they must be.

        ToolError where the C++ does not compile, misuses a stream, or writes beside a buffer.
        """
        if self._library is None:
            self.build()
        assert self._library is not None
        given = iter(inputs)
        buffers = [
            _guarded(m.layout.byte_count(samples * m.elements), next(given) if m.reads else None) for m in self.memories
        ]
        buffers.append(_guarded(6 * 4))
        before = [b.copy() for b in buffers]
        message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        pointers = (ctypes.c_void_p * len(buffers))(*(b.ctypes.data + GUARD for b in buffers))
        run = self._library.codesign_kernel_run
        if run(pointers, ctypes.c_int(samples), message, ctypes.c_longlong(_MESSAGE_BYTES)):
            problem = message.value.decode("ascii", "replace")
            raise ToolError(f"{self.name} of {self.project} ({self.arithmetic.value}): {problem}")
        written = [not m.reads for m in self.memories] + [True]
        for buffer, old, changes in zip(buffers, before, written, strict=True):
            kept = np.ones(len(buffer), dtype=bool)
            kept[GUARD:-GUARD] = not changes
            if (buffer[kept] != old[kept]).any():
                raise ToolError(f"{self.name} of {self.project}: wrote beside its buffer, or to what it reads")
        self.status = tuple(int(word) for word in buffers[-1][GUARD:-GUARD].view("<u4"))
        return [b[GUARD:-GUARD] for b, m in zip(buffers, self.memories) if not m.reads]


def _guarded(size: int, content: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """A buffer between two guards, with `content` or a pattern that no code has everywhere."""
    buffer = np.full(size + 2 * GUARD, 0xA5, dtype=np.uint8)
    if content is not None:
        if len(content) != size:
            raise ToolError(f"a buffer of {len(content)} bytes was given, {size} are read")
        buffer[GUARD:-GUARD] = content
    return buffer


def _memory(found: dict[str, Any], word_bits: int) -> Memory:
    numbers = {name: int(found[name]) for name in ("width", "lanes", "beats", "words", "slots")}
    layout = MemoryLayout(word_bits=word_bits, signed=bool(found["signed"]), **numbers)
    return Memory(str(found["name"]), found["kind"] == "read", int(found["elements"]), layout)

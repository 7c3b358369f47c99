"""A stand-in for the module `pynq`: a board in this process, whose bitstream is the printed kernel as shared object.

Just the calls that the driver makes, with the names and arguments of pynq's overlay.py, buffer.py and registers.py. The
processor sees a buffer through a cache: what it writes reaches the kernel with `flush`, what the kernel wrote is seen
after `invalidate`. A start takes some reads of the control register; AP_DONE is cleared by reading it, as HLS makes it.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

CONTROL = {"AP_START": 0, "AP_DONE": 1, "AP_IDLE": 2, "AP_READY": 3, "AUTO_RESTART": 7}


class Buffer(np.ndarray):
    """What `allocate` gives: the processor's view; `memory` is what the kernel sees, `device_address` where."""

    memory: np.ndarray
    device_address: int
    freed: bool

    def flush(self) -> None:
        self.memory[:] = self

    def invalidate(self) -> None:
        self[:] = self.memory

    def freebuffer(self) -> None:
        assert not self.freed, "a buffer was freed twice"
        self.freed = True


class View:
    """What `ip_dict` is from PYNQ 3.0 on (metadata/metadata_view.py): much of a dict, but not all."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    def items(self) -> Any:
        return self._content.items()

    def __iter__(self) -> Any:
        return iter(self._content)

    def __getitem__(self, key: str) -> Any:
        return self._content[key]


class Kernel:
    """The driver that pynq makes of an IP without one of its own: `read` and `write` of registers."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.values: dict[int, int] = {}
        self.reads_left = -1
        self.starts = 0

    def write(self, offset: int, value: int) -> None:
        assert 0 <= value < 1 << 32 and offset % 4 == 0
        if offset != 0:
            assert self.reads_left < 0, "a register was written during a launch"
            self.values[offset] = value
            return
        assert value == 1 and self.reads_left < 0, "started during a launch"
        self.starts += 1
        self.reads_left = self.board.patience
        if not self.board.hangs:
            self.board.launch(self.values)

    def read(self, offset: int) -> int:
        assert offset == 0
        if self.board.hangs or self.reads_left < 0:
            return 0 if self.board.hangs else 1 << CONTROL["AP_IDLE"]
        self.reads_left -= 1
        return 0 if self.reads_left >= 0 else 1 << CONTROL["AP_DONE"] | 1 << CONTROL["AP_IDLE"]


class Board:
    """What is on the board: the kernel that a bitstream holds, with registers as HLS lays them out."""

    def __init__(self, library: Path, name: str, memories: list[str], samples: str, wide: bool = True) -> None:
        self.library = ctypes.CDLL(str(library))
        self.name, self.memories, self.samples, self.wide = name, memories, samples, wide
        self.buffers: dict[int, Buffer] = {}
        self.next_address = 0x1000_0000 if not wide else 0x8_1000_0000
        self.patience = 2
        self.hangs = False
        self.cell = "kernel"
        self.most_bytes = 1 << 30
        self.registers = self._registers()

    def module(self) -> SimpleNamespace:
        """What `import pynq` gives."""
        return SimpleNamespace(Overlay=self.overlay, allocate=self.allocate)

    def overlay(self, bitfile: str) -> SimpleNamespace:
        assert Path(bitfile).is_file()
        self.kernel = Kernel(self)
        described = {"type": f"codesign:hls:{self.name}:1.0", "registers": self.registers}
        return SimpleNamespace(ip_dict=View({self.cell: described}), kernel=self.kernel)

    def allocate(self, shape: tuple[int], dtype: Any) -> Buffer:
        if shape[0] > self.most_bytes:
            raise RuntimeError("Failed to allocate Memory!")
        found = np.full(shape, 0xA5, dtype=dtype).view(Buffer)
        found.memory = np.full(shape, 0x5A, dtype=dtype)
        found.device_address = self.next_address
        found.freed = False
        self.buffers[found.device_address] = found
        self.next_address += -(-shape[0] // 4096) * 4096
        return found

    def open_buffers(self) -> int:
        return sum(not b.freed for b in self.buffers.values())

    def launch(self, values: dict[int, int]) -> None:
        pointers = []
        for name in self.memories:
            parts = [f"{name}_1", f"{name}_2"] if self.wide else [name]
            address = sum(values[self.registers[p]["address_offset"]] << 32 * k for k, p in enumerate(parts))
            buffer = self.buffers[address]
            assert not buffer.freed, "the kernel was started on a buffer that was freed"
            pointers.append(buffer.memory.ctypes.data)
        message = ctypes.create_string_buffer(1024)
        samples = ctypes.c_int(values[self.registers[self.samples]["address_offset"]])
        arguments = (ctypes.c_void_p * len(pointers))(*pointers), samples, message, ctypes.c_longlong(1024)
        assert not self.library.codesign_kernel_run(*arguments), message.value

    def _registers(self) -> dict[str, Any]:
        """UG1399, S_AXILITE: control at 0, arguments from 0x10, each in 8 bytes and, of 64 bits, in 12."""
        fields = {name: {"bit_offset": bit, "bit_width": 1} for name, bit in CONTROL.items()}
        found: dict[str, Any] = {"CTRL": {"address_offset": 0, "size": 32, "fields": fields}}
        at = 0x10
        for name in self.memories:
            for part in [f"{name}_1", f"{name}_2"] if self.wide else [name]:
                found[part] = {"address_offset": at, "size": 32, "fields": {}}
                at += 4
            at += 4
        found[self.samples] = {"address_offset": at, "size": 32, "fields": {}}
        return found

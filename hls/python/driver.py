"""The design on a PYNQ board, from Python: a class, and a program that reads and writes .npy.

    with Board() as board:
        scores = board.run(jets)                     # numbers (samples, ...) in, float64 out

    sudo -E python3 driver.py --check vectors --input jets.npy --output scores.npy --batch 100

It needs numpy and pynq, which the images of PYNQ boards have, and beside it `codesign_host.py`, `codesign_runner.py`,
`design.json` and the overlay, <design>.bit and <design>.hwh. The kernel is found in the overlay, its registers in what
the .hwh says of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from codesign_host import STATUS_BYTES, Design, HostError
from codesign_runner import HERE, TIMEOUT_S, Runner, Slot, arguments, forget, program

KERNEL = "kernel"
"""The kernel's cell in the block design."""

IN_FLIGHT = 2
"""Sets of buffers: the processor packs one while the kernel runs on the other."""


class Kernel:
    """The kernel's registers: those of its arguments, and the start and the end of a launch (ap_ctrl_hs).

    A pointer is a register of 32 or 64 bits, or two of 32 where the IP has addresses of 64 bits: then their names end
    in _1 and _2. HLS appends _r to names that are words of a hardware language.
    """

    def __init__(self, ip: Any, registers: dict[str, Any], memories: Sequence[str], scalar: str) -> None:
        self.ip, self.registers = ip, registers
        control = registers.get("CTRL", {"fields": {}})
        fields = control["fields"]
        if not {"AP_START", "AP_DONE"} <= set(fields):
            raise HostError("the overlay's kernel has no control register CTRL with AP_START and AP_DONE")
        self.control = int(control["address_offset"])
        self.start_bit, self.done_bit = (1 << int(fields[name]["bit_offset"]) for name in ("AP_START", "AP_DONE"))
        wide = all(self._named(name, "_1") and self._named(name, "_2") for name in memories)
        self.memories = [self._pointer(name, wide) for name in memories]
        self.samples = self._offset(scalar, "")
        self.queue: list[BoardSlot] = []
        """Launches that wait for the kernel, the first of them running."""

    def _named(self, name: str, end: str) -> str | None:
        return next((text for text in (f"{name}{end}", f"{name}_r{end}") if text in self.registers), None)

    def _offset(self, name: str, end: str) -> int:
        found = self._named(name, end)
        if found is None:
            raise HostError(
                f"the overlay's kernel has no register for its argument {name}; it has {', '.join(self.registers)}"
            )
        return int(self.registers[found]["address_offset"])

    def _pointer(self, name: str, wide: bool) -> tuple[int, ...]:
        if wide:
            return self._offset(name, "_1"), self._offset(name, "_2")
        offset, found = self._offset(name, ""), self._named(name, "") or ""
        return (offset, offset + 4) if int(self.registers[found]["size"]) > 32 else (offset,)

    def check(self, buffers: Sequence[Any]) -> None:
        """HostError where a buffer lies where the kernel has no address for it."""
        for offsets, buffer in zip(self.memories, buffers):
            if int(buffer.device_address) >> 32 * len(offsets):
                raise HostError(
                    f"a buffer at {int(buffer.device_address):#x}; the kernel has addresses of {32 * len(offsets)} bits"
                )

    def add(self, slot: BoardSlot) -> None:
        """Starts `slot` as soon as the kernel is done with those before."""
        self.queue.append(slot)
        if len(self.queue) == 1:
            self._start()

    def finish(self, slot: BoardSlot) -> None:
        """Waits until `slot` is done; HostError where that takes too long."""
        while slot in self.queue:
            first = self.queue[0]
            deadline = first.launched + TIMEOUT_S
            while not self.ip.read(self.control) & self.done_bit:
                if perf_counter() > deadline:
                    self.queue.clear()
                    raise HostError(f"the kernel was not done within {TIMEOUT_S} s; load the overlay again")
            first.seconds = perf_counter() - first.launched
            del self.queue[0]
            if self.queue:
                self._start()

    def _start(self) -> None:
        slot = self.queue[0]
        for offsets, buffer in zip(self.memories, slot.buffers):
            address = int(buffer.device_address)
            for k, offset in enumerate(offsets):
                self.ip.write(offset, address >> 32 * k & 0xFFFFFFFF)
        self.ip.write(self.samples, slot.samples)
        slot.launched = perf_counter()
        self.ip.write(self.control, self.start_bit)


class BoardSlot(Slot):
    """A set of buffers."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        design = board.design
        self.design, self.kernel = design, board.kernel
        self.samples = 0
        self.launched = self.seconds = 0.0
        self.buffers: list[Any] = []
        sizes = [port.byte_count(board.batch) for port in (*design.inputs, *design.outputs)]
        try:
            for size in (*sizes, STATUS_BYTES):
                self.buffers.append(board.pynq.allocate(shape=(size,), dtype=np.uint8))
            self.kernel.check(self.buffers)
        except (MemoryError, RuntimeError) as error:
            self.release()
            raise HostError(
                f"the buffers of {board.batch} samples cannot be made ({error}); try a smaller batch"
            ) from error
        except HostError:
            self.release()
            raise

    def launch(self, codes: Sequence[np.ndarray]) -> None:
        for port, x, buffer in zip(self.design.inputs, codes, self.buffers):
            data = port.pack(x)
            buffer[: data.size] = data
            buffer.flush()
        self.samples = len(codes[0]) if codes else 0
        self.kernel.add(self)

    def wait(self) -> float:
        self.kernel.finish(self)
        return self.seconds

    def results(self, samples: int) -> list[np.ndarray]:
        first = len(self.design.inputs)
        return [
            port.unpack(self._read(buffer, port.byte_count(samples)), samples)
            for port, buffer in zip(self.design.outputs, self.buffers[first:])
        ]

    def status(self) -> np.ndarray:
        return self._read(self.buffers[-1], STATUS_BYTES).view("<u4")

    def release(self) -> None:
        try:
            self.kernel.finish(self)  # nothing is taken away from under a launch
        finally:
            self.range = None
            for buffer in self.buffers:
                buffer.freebuffer()
            self.buffers = []

    def _read(self, buffer: Any, size: int) -> np.ndarray:
        buffer.invalidate()
        return np.array(buffer[:size])


class Board(Runner):
    """The design on this board; `overlay` is the .bit, by default that beside this file, `batch` samples are the most
    of one launch.

    HostError where there is no pynq or no overlay, and for an overlay of another design, which the kernel's name or its
    digest betrays.
    """

    def __init__(
        self, design: Design | None = None, overlay: str | Path | None = None, *, batch: int | None = None
    ) -> None:
        design = Design.read(HERE / "design.json") if design is None else design
        super().__init__(design, batch)
        place = HERE / f"{design.name}.bit" if overlay is None else Path(overlay)
        for path in (place, place.with_suffix(".hwh")):
            if not path.is_file():
                raise HostError(f"{path}: there is no such file; an overlay is a .bit and a .hwh, made by overlay.tcl")
        self.pynq = _pynq()
        self.overlay: Any = None
        try:
            self._open(place)
        except BaseException as error:
            self.close()
            forget(error)
            raise

    def _open(self, place: Path) -> None:
        design = self.design
        try:
            self.overlay = self.pynq.Overlay(str(place))
        except (OSError, RuntimeError, ValueError) as error:
            raise HostError(f"{place}: the overlay cannot be loaded: {error}; are you root (sudo -E)?") from error
        cells = dict(self.overlay.ip_dict.items())  # from PYNQ 3.0 on it is a view, and no dict
        found = cells.get(KERNEL, {"type": "nothing"})
        kind = str(found["type"])
        if f":{design.kernel}:" not in kind:
            raise HostError(
                f"{place}: its cell {KERNEL} is {kind}, expected {design.kernel}; use the overlay that was made in the "
                f"project of this host"
            )
        names = [*(port.name for port in (*design.inputs, *design.outputs)), design.status]
        self.kernel = Kernel(getattr(self.overlay, KERNEL), dict(found["registers"]), names, design.samples)
        for _ in range(IN_FLIGHT):
            self.slots.append(BoardSlot(self))
        self.check_status(self.slots[0], str(place))

    def close(self) -> None:
        """Gives the buffers back; the overlay stays in the board until another is loaded."""
        super().close()
        self.overlay = None


def _pynq() -> Any:
    try:
        import pynq
    except ImportError as error:
        raise HostError(
            f"pynq was not found ({error}): run this on the board, as root and with its own Python (`sudo -E python3`, "
            f"or after `source /etc/profile.d/pynq_venv.sh`)"
        ) from error
    return pynq


def main(words: Sequence[str] | None = None) -> int:
    """The program; gives its exit code."""
    parser = arguments(__doc__)
    parser.add_argument("--overlay", help="the .bit, with its .hwh beside it (that of the design, in this folder)")
    options = parser.parse_args(words)
    return program(options, lambda design: Board(design, options.overlay, batch=options.batch))


if __name__ == "__main__":
    sys.exit(main())

"""An Alveo card in this very process, for the calls of `pyxrt` that the host makes, and no others.

Its "xclbin" is a shared object made by g++ from `alveo/emulation/xclbin.cpp`. With this folder before XRT's own on
PYTHONPATH the host runs unchanged. Names and signatures are those of XRT's src/python/pybind11/src/pyxrt.cpp.

Stricter than a card in what it refuses: memory of host and device lie apart and move only by `sync`; a buffer must be
in the bank of its argument, must not be touched while a launch that uses it is on its way, and holds no zeros before it
is written; a run is waited for after each start. There is no parallelism: launches are done in their order, when
somebody waits. `still_open` counts what is not released.
"""

from __future__ import annotations

import ctypes
import enum
import weakref
from pathlib import Path
from typing import Any

import numpy as np

IN_PROCESS = True
"""How programs know that this is no card."""
DEVICES = 1
_MESSAGE_BYTES = 1024
_READ, _WRITTEN, _SCALAR = 0, 1, 2


class ert_cmd_state(enum.IntEnum):  # noqa: N801
    """The states that XRT reports (ert.h)."""

    ERT_CMD_STATE_NEW = 1
    ERT_CMD_STATE_QUEUED = 2
    ERT_CMD_STATE_RUNNING = 3
    ERT_CMD_STATE_COMPLETED = 4
    ERT_CMD_STATE_ERROR = 5
    ERT_CMD_STATE_ABORT = 6


class xclBOSyncDirection(enum.IntEnum):  # noqa: N801
    """Which side a buffer is copied to."""

    XCL_BO_SYNC_BO_TO_DEVICE = 0
    XCL_BO_SYNC_BO_FROM_DEVICE = 1


_open: dict[str, weakref.WeakSet[Any]] = {kind: weakref.WeakSet() for kind in ("device", "kernel", "bo", "run")}


def still_open() -> dict[str, int]:
    """How many objects of each kind there are: none after a host has released the card."""
    return {kind: len(objects) for kind, objects in _open.items()}


class uuid:  # noqa: N801
    """What an xclbin is known by once it is loaded."""

    def __init__(self, text: str) -> None:
        self._text = text

    def to_string(self) -> str:
        """Its text."""
        return self._text


class _Image:
    """A shared object with the kernel: what `xclbin.cpp` says of itself."""

    def __init__(self, path: str) -> None:
        if not Path(path).is_file():
            raise RuntimeError(f"Failed to open file '{path}' for reading")
        try:
            self.library = ctypes.CDLL(str(Path(path).resolve()))
            self.library.codesign_kernel_name.restype = ctypes.c_char_p
            self.kernel = self.library.codesign_kernel_name().decode("ascii")
        except (OSError, AttributeError) as error:
            raise RuntimeError(f"Invalid xclbin '{path}': {error}") from error
        self.units: list[str] = []
        self.arguments: list[list[tuple[str, int, int]]] = []
        name, number, kind = ctypes.c_char_p(), ctypes.c_int(), ctypes.c_int()
        while self.library.codesign_compute_unit(len(self.units), ctypes.byref(name)):
            unit = len(self.units)
            self.units.append((name.value or b"").decode("ascii"))
            found: list[tuple[str, int, int]] = []
            refs = ctypes.byref(name), ctypes.byref(kind), ctypes.byref(number)
            while self.library.codesign_argument(unit, len(found), *refs):
                found.append(((name.value or b"").decode("ascii"), kind.value, number.value))
            self.arguments.append(found)
        size = ctypes.c_longlong()
        self.banks: list[tuple[str, int]] = []
        while self.library.codesign_bank(len(self.banks), ctypes.byref(name), ctypes.byref(size)):
            self.banks.append(((name.value or b"").decode("ascii"), size.value))

    def launch(self, unit: int, buffers: list[bo], samples: int) -> str:
        """What went wrong, or nothing."""
        memories = (ctypes.c_void_p * len(buffers))(*(b._device_memory.ctypes.data for b in buffers))
        sizes = (ctypes.c_longlong * len(buffers))(*(b._device_memory.size for b in buffers))
        message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        arguments = unit, memories, sizes, samples, message, ctypes.c_longlong(_MESSAGE_BYTES)
        failed = self.library.codesign_launch(*arguments)
        return message.value.decode("utf-8", "replace") or "the kernel failed" if failed else ""


class device:  # noqa: N801
    """A card, by its number."""

    def __init__(self, index: int) -> None:
        if not 0 <= index < DEVICES:
            raise RuntimeError(f"Could not open device with index '{index}'")
        self._image: _Image | None = None
        self._uuid: uuid | None = None
        self._used: dict[int, int] = {}
        self._waiting: list[run] = []
        """Launches that were started and not done yet, in their order."""
        _open["device"].add(self)

    def load_xclbin(self, xclbin: str) -> uuid:
        """Loads the file; RuntimeError where it is none."""
        if not isinstance(xclbin, str):
            raise TypeError("load_xclbin(): incompatible function arguments: a str is expected")
        self._image = _Image(xclbin)
        self._uuid = uuid(f"in-process:{self._image.kernel}")
        return self._uuid

    def _loaded(self, given: uuid | None) -> _Image:
        if self._image is None or (given is not None and given is not self._uuid):
            raise RuntimeError("the xclbin of that uuid is not loaded on the device")
        return self._image


class kernel:  # noqa: N801
    """One compute unit, named as in "kernel:{unit}"."""

    class cu_access_mode(enum.IntEnum):  # noqa: N801
        """Whether other processes may use it."""

        exclusive = 0
        shared = 1

    exclusive = cu_access_mode.exclusive
    shared = cu_access_mode.shared

    def __init__(self, of: device, xclbin: uuid, name: str, mode: cu_access_mode) -> None:
        image = of._loaded(xclbin)
        top, brace, rest = name.partition(":{")
        if top != image.kernel or not brace or rest[-1:] != "}" or rest[:-1] not in image.units:
            raise RuntimeError(f"No compute units matching '{name}'")
        if not isinstance(mode, kernel.cu_access_mode):
            raise TypeError("kernel(): incompatible constructor arguments: mode")
        self._device, self._image, self._unit = of, image, image.units.index(rest[:-1])
        self._arguments = image.arguments[self._unit]
        _open["kernel"].add(self)

    def group_id(self, argument: int) -> int:
        """The bank of a memory argument."""
        return self._memory(argument)[2]

    def _memory(self, argument: int) -> tuple[str, int, int]:
        if not 0 <= argument < len(self._arguments):
            raise IndexError(f"kernel {self._image.kernel} has no argument {argument}")
        name, kind, bank = self._arguments[argument]
        if kind == _SCALAR:
            raise RuntimeError(f"argument {name} of kernel {self._image.kernel} is no memory")
        return name, kind, bank


class bo:  # noqa: N801
    """A buffer: its memory on the host, and that on the device."""

    class flags(enum.IntEnum):  # noqa: N801
        """What kind of memory it is; only one of both sides is emulated."""

        normal = 0

    normal = flags.normal

    def __init__(self, of: device, size: int, kind: flags, group: int) -> None:
        if not isinstance(kind, bo.flags):
            raise TypeError("bo(): incompatible constructor arguments: flags")
        banks = of._loaded(None).banks
        if size <= 0 or not 0 <= group < len(banks):
            raise RuntimeError(f"bad allocation: {size} bytes in group {group}")
        tag, most = banks[group]
        if of._used.get(group, 0) + size > most:
            raise RuntimeError(f"failed to allocate {size} bytes: {tag} has {most - of._used.get(group, 0)} left")
        of._used[group] = of._used.get(group, 0) + size
        self._device, self._group, self._size = of, group, size
        # Not zeros: what was never written, or never copied, is not to look like a result.
        self._host_memory = np.full(size, 0xA5, dtype=np.uint8)
        self._device_memory = np.full(size, 0x5A, dtype=np.uint8)
        self._busy = 0
        _open["bo"].add(self)

    def __del__(self) -> None:
        if hasattr(self, "_busy"):
            self._device._used[self._group] -= self._size

    def size(self) -> int:
        """Bytes."""
        return self._size

    def write(self, data: Any, seek: int) -> None:
        """Copies `data` into the memory of the host, from byte `seek` on."""
        found = np.frombuffer(data, dtype=np.uint8)
        self._check(found.size, seek)
        self._host_memory[seek : seek + found.size] = found

    def read(self, size: int, skip: int) -> np.ndarray:
        """A copy of so many bytes of the host's memory, as int8 like pybind's char."""
        self._check(size, skip)
        return self._host_memory[skip : skip + size].view(np.int8).copy()

    def sync(self, direction: xclBOSyncDirection, size: int, offset: int) -> None:
        """Copies bytes from one side to the other."""
        self._check(size, offset)
        if self._busy:
            raise RuntimeError("a buffer is copied while a launch that uses it is not done")
        part = slice(offset, offset + size)
        if direction is xclBOSyncDirection.XCL_BO_SYNC_BO_TO_DEVICE:
            self._device_memory[part] = self._host_memory[part]
        elif direction is xclBOSyncDirection.XCL_BO_SYNC_BO_FROM_DEVICE:
            self._host_memory[part] = self._device_memory[part]
        else:
            raise TypeError("sync(): incompatible function arguments: direction")

    def _check(self, size: int, offset: int) -> None:
        if size < 0 or offset < 0 or offset + size > self._size:
            raise RuntimeError(f"bytes {offset} to {offset + size} of a buffer of {self._size} bytes")


class run:  # noqa: N801
    """A launch, that can be started again once it is done."""

    def __init__(self, of: kernel) -> None:
        self._kernel = of
        self._given: dict[int, bo | int] = {}
        self._state = ert_cmd_state.ERT_CMD_STATE_NEW
        self._waited = True
        _open["run"].add(self)

    def set_arg(self, index: int, item: bo | int) -> None:
        """Gives an argument its buffer, or its number."""
        if self._state is ert_cmd_state.ERT_CMD_STATE_QUEUED:
            raise RuntimeError("an argument is set while the launch is not done")
        if not 0 <= index < len(self._kernel._arguments):
            raise IndexError(f"kernel {self._kernel._image.kernel} has no argument {index}")
        name, kind, bank = self._kernel._arguments[index]
        if kind == _SCALAR:
            if type(item) is not int or not -(2**31) <= item < 2**31:
                raise TypeError(f"set_arg(): argument {name} is an int")
        elif not isinstance(item, bo):
            raise TypeError(f"set_arg(): argument {name} is a memory")
        elif item._device is not self._kernel._device or item._group != bank:
            raise RuntimeError(f"the buffer of argument {name} is in bank {item._group}, expected bank {bank}")
        self._given[index] = item

    def start(self) -> None:
        """Begins the launch."""
        missing = [name for i, (name, _, _) in enumerate(self._kernel._arguments) if i not in self._given]
        if missing:
            raise RuntimeError(f"the kernel is started without its argument {missing[0]}")
        if not self._waited:
            raise RuntimeError("a run is started again before somebody waited for it")
        self._state, self._waited = ert_cmd_state.ERT_CMD_STATE_QUEUED, False
        for buffer in self._buffers():
            buffer._busy += 1
        self._kernel._device._waiting.append(self)

    def wait(self, timeout_ms: int) -> ert_cmd_state:
        """Waits for it, and for all that were started before."""
        if type(timeout_ms) is not int or timeout_ms < 0:
            raise TypeError("wait(): incompatible function arguments: timeout_ms")
        if self._state is ert_cmd_state.ERT_CMD_STATE_NEW:
            raise RuntimeError("a run is waited for before it is started")
        waiting = self._kernel._device._waiting
        while self._state is ert_cmd_state.ERT_CMD_STATE_QUEUED:
            waiting.pop(0)._launch()
        self._waited = True
        return self._state

    def _buffers(self) -> list[bo]:
        return [item for _, item in sorted(self._given.items()) if isinstance(item, bo)]

    def _launch(self) -> None:
        buffers, of = self._buffers(), self._kernel
        [samples] = [item for item in self._given.values() if not isinstance(item, bo)]
        problem = of._image.launch(of._unit, buffers, int(samples))
        for buffer in buffers:
            buffer._busy -= 1
        completed, failed = ert_cmd_state.ERT_CMD_STATE_COMPLETED, ert_cmd_state.ERT_CMD_STATE_ERROR
        self._state = failed if problem else completed
        if problem:
            print(f"in-process card: {of._image.units[of._unit]}: {problem}", flush=True)

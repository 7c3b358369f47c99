"""The generated C++ compiled by g++ and called from Python."""

from __future__ import annotations

import ctypes
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from codesign.backends.project import MARKER
from codesign.errors import ToolError
from codesign.ir.tensor import Array
from codesign.verification import toolchain
from codesign.verification.shared_object import compiled

_MESSAGE_BYTES = 1024


class Arithmetic(Enum):
    """Which of the two type headers the same templates are compiled with."""

    NATIVE = "native"
    """The smallest native integers that the proved ranges allow: fast."""
    AP = "ap"
    """The vendor's ap_int: authoritative."""


@dataclass(frozen=True)
class _Port:
    name: str
    shape: tuple[int, ...]
    low: int
    high: int


class Csim:
    """A project folder as a function from codes to codes; compiled at the first call, or by `build`."""

    def __init__(self, project: Path, arithmetic: Arithmetic = Arithmetic.NATIVE) -> None:
        self.project = Path(project)
        self.arithmetic = arithmetic
        description = self._description()
        self._inputs = [_port(p) for p in description["inputs"]]
        self._outputs = [_port(p) for p in description["outputs"]]
        self._library: ctypes.CDLL | None = None
        self._lock = threading.Lock()  # the generated code keeps one set of high-water marks

    def build(self) -> Path:
        """The shared object, compiled unless the same sources and flags already were; it is now loaded."""
        with self._lock:
            return self._build()

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """Codes (n, *shape) of the outputs for codes (n, *shape) of the inputs.

        ToolError where the C++ does not compile or misuses a stream, and for codes outside the input's range.
        """
        given = [self._checked(port, x) for port, x in zip(self._inputs, inputs, strict=True)]
        samples = len(given[0]) if given else 0
        if any(len(x) != samples for x in given):
            raise ToolError(f"csim: the inputs have {', '.join(str(len(x)) for x in given)} samples")
        results = [np.zeros((samples, *port.shape), dtype=np.int64) for port in self._outputs]
        with self._lock:
            if self._library is None:
                self._build()
            self._run(given, results, samples)
        return results

    def high_water(self) -> dict[str, int]:
        """For each stream that was used, the most beats it held; calls run one process after the other, so this
        is the number of beats per sample, and no depth that the hardware needs."""
        found: dict[str, int] = {}
        with self._lock:
            if self._library is None:
                return found
            name, beats = ctypes.c_char_p(), ctypes.c_longlong()
            index = 0
            while self._library.codesign_high_water(index, ctypes.byref(name), ctypes.byref(beats)):
                found[(name.value or b"").decode("ascii")] = beats.value
                index += 1
        return found

    def _description(self) -> dict[str, list[dict[str, object]]]:
        try:
            found: dict[str, list[dict[str, object]]] = json.loads((self.project / MARKER).read_text())
        except FileNotFoundError as error:
            raise ToolError(f"{self.project}: no codesign project ({MARKER} is missing)") from error
        return found

    def _checked(self, port: _Port, x: Array) -> Array:
        codes = np.ascontiguousarray(x, dtype=np.int64)
        if codes.shape[1:] != port.shape:
            raise ToolError(f"csim: input {port.name} has shape {codes.shape[1:]}, the design expects {port.shape}")
        if codes.size and (codes.min() < port.low or codes.max() > port.high):
            raise ToolError(f"csim: input {port.name} has codes outside {port.low}..{port.high}")
        return codes

    def _build(self) -> Path:
        source = self.project / "csim" / "csim.cpp"
        place = compiled(
            source, self.arithmetic.value, flags(self.project, self.arithmetic), folders(self.project, self.arithmetic)
        )
        self._library = _load(place)
        return place

    def _run(self, inputs: list[Array], outputs: list[Array], samples: int) -> None:
        assert self._library is not None
        message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        failed = self._library.codesign_run(
            _pointers(inputs), _pointers(outputs), samples, message, ctypes.sizeof(message)
        )
        if failed:
            problem = message.value.decode("ascii", "replace")
            raise ToolError(f"csim of {self.project} ({self.arithmetic.value}): {problem}")


def flags(project: Path, arithmetic: Arithmetic) -> list[str]:
    """The options of the compiler for the C++ of `project`."""
    common = ["-std=c++11", "-fwrapv", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", "-w"]
    stand_in = f"-I{project / 'csim' / 'include'}"
    match arithmetic:
        case Arithmetic.NATIVE:
            # Of adder graphs each is one long block, in which combining three and four instructions takes minutes.
            long_blocks = ["--param", "max-combine-insns=2"] if (project / "src" / "adders").is_dir() else []
            return [*common, "-O3", "-march=native", "-DCODESIGN_NATIVE", *long_blocks, stand_in]
        case Arithmetic.AP:
            return [*common, "-O1", f"-I{toolchain.ap_include()}", stand_in]


def folders(project: Path, arithmetic: Arithmetic) -> list[Path]:
    """Where the C++ of `project` lies, and the vendor's where it is included."""
    found = [project / "src", project / "csim"]
    return [*found, toolchain.ap_include()] if arithmetic is Arithmetic.AP else found


def _port(values: dict[str, object]) -> _Port:
    shape, low, high = values["shape"], values["low"], values["high"]
    assert isinstance(shape, list) and isinstance(low, int) and isinstance(high, int)
    return _Port(str(values["name"]), tuple(int(n) for n in shape), low, high)


def _pointers(arrays: list[Array]) -> ctypes.Array[ctypes.c_void_p]:
    return (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))


def _load(path: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ToolError(f"{path} cannot be loaded: {error}") from error
    library.codesign_run.restype = ctypes.c_int
    library.codesign_run.argtypes = [
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_longlong, ctypes.c_char_p, ctypes.c_longlong
    ]  # fmt: skip
    library.codesign_high_water.restype = ctypes.c_int
    library.codesign_high_water.argtypes = [
        ctypes.c_longlong, ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_longlong)
    ]  # fmt: skip
    return library

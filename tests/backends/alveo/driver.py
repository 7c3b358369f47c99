"""An accelerator in this process: host, in-process device and printed kernel, called from Python."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from codesign import resources
from codesign.ir.design import Design
from codesign.ir.tensor import Array
from tests.backends.alveo.projects import compiled, linked

_SOURCE = r"""
#include "accelerator.hpp"
#include "open.hpp"
#include <cstdio>
#define EXPORTED extern "C" __attribute__((visibility("default")))

static std::vector<const double*> numbers(void* const* p) {
    std::vector<const double*> found;
    for (std::size_t i = 0; i < codesign::Accelerator::inputs().size(); ++i) found.push_back((const double*)(p[i]));
    return found;
}

template <class Call> static int guarded(char* message, Call call) {
    try {
        call();
        return 0;
    } catch (const std::invalid_argument& problem) {
        std::snprintf(message, 4096, "%s", problem.what());
        return 1;
    } catch (const std::runtime_error& problem) {
        std::snprintf(message, 4096, "%s", problem.what());
        return 2;
    }
}

EXPORTED int driver_open(const char* xclbin, unsigned int device, unsigned int timeout_ms, void** found,
                         char* message) {
    return guarded(message, [&] { *found = new codesign::Accelerator(xclbin, device, timeout_ms); });
}

EXPORTED void driver_close(void* accelerator) { delete static_cast<codesign::Accelerator*>(accelerator); }

EXPORTED long driver_max_batch(void* accelerator) {
    return static_cast<codesign::Accelerator*>(accelerator)->max_batch();
}

EXPORTED int driver_run(void* accelerator, int kind, void* const* x, void* const* y, long samples, double* times,
                        char* message) {
    auto& a = *static_cast<codesign::Accelerator*>(accelerator);
    return guarded(message, [&] {
        codesign::Times found;
        std::vector<double*> values;
        std::vector<std::int64_t*> codes;
        for (std::size_t o = 0; o < a.outputs().size(); ++o) {
            values.push_back((double*)(y[o]));
            codes.push_back((std::int64_t*)(y[o]));
        }
        if (kind == 0) {
            found = a.run(numbers(x), values, samples);
        } else if (kind == 1) {
            std::vector<const float*> single;
            for (std::size_t i = 0; i < a.inputs().size(); ++i) single.push_back((const float*)(x[i]));
            found = a.run(single, values, samples);
        } else if (kind == 2) {
            found = a.run(numbers(x), codes, samples);
        } else {
            std::vector<const std::int64_t*> given;
            for (std::size_t i = 0; i < a.inputs().size(); ++i) given.push_back((const std::int64_t*)(x[i]));
            found = a.run_codes(given, codes, samples);
        }
        times[0] = found.kernel;
        times[1] = found.end_to_end;
        times[2] = a.launch();
    });
}

EXPORTED void driver_open_objects(int* counts) {
    const codesign::device::Open open = codesign::device::open();
    counts[0] = open.devices;
    counts[1] = open.buffers;
    counts[2] = open.kernels;
    counts[3] = open.runs;
}
"""


class BadCall(Exception):
    """std::invalid_argument of the host."""


class BadCard(Exception):
    """std::runtime_error of the host."""


class Driver:
    """The host of a project, with the device in it."""

    def __init__(self, project: Path, design: Design, device: Sequence[Path]) -> None:
        self.design = design
        folder = project / "alveo" / "host"
        (folder / "driver.cpp").write_text(_SOURCE)
        stand_in = resources.folder("hls") / "device"
        options = ["-fvisibility=hidden", "-fno-gnu-unique", "-Wno-shadow"]
        parts = [compiled(folder / name, folder, stand_in, options) for name in ("accelerator.cpp", "driver.cpp")]
        self._library = ctypes.CDLL(str(linked([*parts, *device], folder / "driver.so", ["-shared"])))
        self._library.driver_max_batch.restype = ctypes.c_long

    def left_open(self) -> tuple[int, ...]:
        """Devices, buffers, kernels and runs that exist."""
        counts = (ctypes.c_int * 4)()
        self._library.driver_open_objects(counts)
        return tuple(counts)

    def open(self, xclbin: Path | str, device: int = 0, timeout_ms: int = 60000) -> Accelerator:
        """The accelerator with this xclbin; BadCard with its message."""
        handle = ctypes.c_void_p()
        message = ctypes.create_string_buffer(4096)
        path = str(xclbin).encode()
        self._check(self._library.driver_open(path, device, timeout_ms, ctypes.byref(handle), message), message)
        return Accelerator(self, handle)

    def _check(self, failed: int, message: ctypes.Array[ctypes.c_char]) -> None:
        if failed:
            raise (BadCall if failed == 1 else BadCard)(message.value.decode())


class Accelerator:
    """An open card."""

    def __init__(self, driver: Driver, handle: ctypes.c_void_p) -> None:
        self.driver, self._handle, self._library = driver, handle, driver._library
        self.times: tuple[float, ...] = ()

    def __enter__(self) -> Accelerator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.driver_close(self._handle)

    @property
    def max_batch(self) -> int:
        return int(self._library.driver_max_batch(self._handle))

    def run(self, inputs: Sequence[np.ndarray], type: str = "f8") -> list[np.ndarray]:
        """The values of the outputs, from numbers of this type."""
        return self._run(0 if type == "f8" else 1, [np.ascontiguousarray(x, type) for x in inputs], np.float64)

    def encoded(self, inputs: Sequence[np.ndarray]) -> list[Array]:
        """The codes of the outputs, from numbers."""
        return self._run(2, [np.ascontiguousarray(x, "f8") for x in inputs], np.int64)

    def codes(self, inputs: Sequence[Array]) -> list[Array]:
        """The codes of the outputs, from codes."""
        return self._run(3, [np.ascontiguousarray(x, "i8") for x in inputs], np.int64)

    def _run(self, kind: int, inputs: list[np.ndarray], type: type) -> list[np.ndarray]:
        samples = len(inputs[0])
        outputs = [np.full((samples, *p.tensor.shape), 77, dtype=type) for p in self.driver.design.outputs]
        x, y = ((ctypes.c_void_p * len(a))(*(v.ctypes.data for v in a)) for a in (inputs, outputs))
        times, message = (ctypes.c_double * 3)(), ctypes.create_string_buffer(4096)
        count = ctypes.c_long(samples)
        self.driver._check(self._library.driver_run(self._handle, kind, x, y, count, times, message), message)
        self.times = tuple(times)
        return outputs

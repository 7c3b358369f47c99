"""The host's encoders compiled by g++ and called from Python."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from codesign import resources
from codesign.backends.host.ports import input_text, output_text
from codesign.backends.memory import MemoryLayout
from codesign.backends.render import render
from codesign.ir.design import Port, Stream
from codesign.ir.layers import Input
from codesign.ir.tensor import Array, Tensor
from codesign.verification import toolchain

_HARNESS = """
#include "encode.hpp"
#include "pack.hpp"
#include <cstdio>

using namespace codesign;
{ports}
extern "C" int host_encode(int port, const double* numbers, long samples, std::int64_t* codes, char* message) {{
    try {{
        InputEncoder(inputs[port]).encode(numbers, samples, 0, codes);
    }} catch (const std::exception& problem) {{
        std::snprintf(message, 1024, "%s", problem.what());
        return 1;
    }}
    return 0;
}}
extern "C" void host_decode(int port, const std::int64_t* codes, long samples, double* numbers) {{
    decode(outputs[port], codes, samples, numbers);
}}
extern "C" long host_bytes(int port, long codes) {{ return byte_count(inputs[port].layout, codes); }}
extern "C" void host_pack(int port, const std::int64_t* codes, long count, unsigned char* memory) {{
    pack(inputs[port].layout, codes, count, memory);
}}
extern "C" void host_unpack(int port, const unsigned char* memory, long count, std::int64_t* codes) {{
    unpack(inputs[port].layout, memory, count, codes);
}}
"""

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]


class Encoding:
    """The encoders of some inputs and the decoders of some outputs, as the host has them."""

    def __init__(
        self,
        folder: Path,
        inputs: Sequence[Input],
        outputs: Sequence[Tensor] = (),
        options: Sequence[str] = (),
        word_bits: int = 512,
    ) -> None:
        self.inputs, self.outputs = inputs, outputs
        texts = []
        for i, layer in enumerate(inputs):
            stream = Stream(
                f"x{i}", layer.tensor.type, layer.tensor.channels, layer.tensor.size // layer.tensor.channels
            )
            port = Port(f"x{i}", f"x{i}", layer.tensor, f"in/{i}", layer)
            texts.append(input_text(port.name, port, MemoryLayout.of(stream, word_bits)))
        results = []
        for i, tensor in enumerate(outputs or [inputs[0].tensor]):
            stream = Stream(f"y{i}", tensor.type, tensor.channels, tensor.size // tensor.channels)
            port = Port(f"y{i}", f"y{i}", tensor, f"out/{i}")
            results.append(output_text(port.name, port, MemoryLayout.of(stream, word_bits)))
        self.texts = texts
        source = folder / "encoding.cpp"
        source.write_text(_HARNESS.format(ports=render("alveo/host/ports.h.j2", inputs=texts, outputs=results)))
        place = folder / "encoding.so"
        command = [toolchain.compiler(), "-std=c++14", "-O2", "-shared", "-fPIC", *WARNINGS, *options]
        toolchain.run([*command, f"-I{resources.folder('hls') / 'host'}", source, "-o", place], seconds=600)
        self._library = ctypes.CDLL(str(place))

    def encode(self, port: int, x: np.ndarray) -> Array:
        """The codes of `x` (n, *shape); ValueError with the host's message."""
        x = np.ascontiguousarray(x, dtype=np.float64)
        assert x.shape[1:] == self.inputs[port].shape
        codes = np.full((len(x), *self.inputs[port].tensor.shape), 1 << 62, dtype=np.int64)
        message = ctypes.create_string_buffer(1024)
        count = ctypes.c_long(len(x))
        if self._library.host_encode(port, _address(x), count, _address(codes), message):
            raise ValueError(message.value.decode())
        return codes

    def decode(self, port: int, codes: Array) -> np.ndarray:
        """The values of `codes` (n, *shape)."""
        codes = np.ascontiguousarray(codes, dtype=np.int64)
        values = np.empty(codes.shape)
        self._library.host_decode(port, _address(codes), ctypes.c_long(len(codes)), _address(values))
        return values

    def pack(self, port: int, codes: Array) -> np.ndarray:
        """The bytes of so many codes, one sample after the other."""
        codes = np.ascontiguousarray(codes, dtype=np.int64)
        count = ctypes.c_long(codes.size)
        memory = np.full(self._library.host_bytes(port, count), 0xA5, dtype=np.uint8)
        self._library.host_pack(port, _address(codes), count, _address(memory))
        return memory

    def unpack(self, port: int, memory: np.ndarray, count: int) -> Array:
        """The first `count` codes in memory."""
        codes = np.empty(count, dtype=np.int64)
        self._library.host_unpack(port, _address(memory), ctypes.c_long(count), _address(codes))
        return codes


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)

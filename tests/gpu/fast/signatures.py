"""What each kernel is launched with on a card, to compile it without one."""

from __future__ import annotations

from importlib import import_module

_I64, _F32 = "*i64", "*fp32"
_SEARCH = {
    "points": _F32, "begin": _I64, "end": _I64, "place": _I64, "found": _I64, "n": "i32", "square": "*fp64",
    "unsure": "fp32",
}  # fmt: skip
_SIZES = {"RUNS": 9, "D": 8, "D4": 8, "WIDE": 8, "TILE": 64}

_F16 = "*fp16"
_FILTER = {
    "nodes": _F16, "source": _I64, "target": _I64, "weights": _F16, "bias": _F32, "gain": _F32, "shift": _F32,
    "last": _F32, "last_bias": _F32, "scratch": _F16, "out": _F32, "m": "i32", "epsilon": "fp32",
}  # fmt: skip
_WIDE = {"WIDTH": 1024, "LAYERS": 2, "TILE": 64, "PIECE": 128, "DEPTH": 64, "NORM": True, "TANH": True}
_EDGES = {
    "nodes": _F16, "state": _F16, "source": _I64, "target": _I64, "own": _F16, "gain": _F32, "shift": _F32,
    "second": _F16, "bias": _F32, "second_gain": _F32, "second_shift": _F32, "last": _F32, "last_bias": _F32,
    "out": _F16, "m": "i32", "epsilon": "fp32",
}  # fmt: skip
_BLOCK = {"WIDE": 128, "NARROW": 64, "TILE": 64, "STATE": True, "HEAD": False, "NORM": True, "TANH": False}
_SUM = {"values": _F16, "begin": _I64, "order": _I64, "out": _F16}
_ROWS = {"WIDTH": 64, "WIDE": 64, "CHUNK": 16}

WARPS = {"filter": 8, "count": 2, "fill": 2, "sum at targets": 2, "sum at sources": 2}
"""As they are launched; else 4."""
SHARED = {75: 64 * 1024, 80: 163 * 1024, 86: 99 * 1024, 89: 99 * 1024, 90: 227 * 1024}
"""Bytes that a program can have, by compute capability (CUDA C++ Programming Guide, Compute Capabilities)."""

KERNELS: dict[str, tuple[str, str, dict[str, str], dict[str, object]]] = {
    "count": ("radius", "_search", _SEARCH, {**_SIZES, "WRITE": False}),
    "fill": ("radius", "_search", _SEARCH, {**_SIZES, "WRITE": True}),
    "hook": ("components", "_hook", {"parent": _I64, "first": _I64, "second": _I64, "m": "i32"}, {"TILE": 128}),
    "compress": ("components", "_compress", {"parent": _I64, "root": _I64, "n": "i32"}, {"TILE": 128}),
    "filter": ("filter", "_filter", _FILTER, _WIDE),
    "edge encoder": ("edges", "_edges", _EDGES, {**_BLOCK, "STATE": False}),
    "edge network": ("edges", "_edges", _EDGES, _BLOCK),
    "classifier": ("edges", "_edges", {**_EDGES, "out": _F32}, {**_BLOCK, "HEAD": True}),
    "sum at targets": ("edges", "_sum", _SUM, {**_ROWS, "ORDER": False}),
    "sum at sources": ("edges", "_sum", _SUM, {**_ROWS, "ORDER": True}),
}


def compiled(name: str, architecture: int, half: bool = True) -> tuple[int, int]:
    """Bytes of the kernel's machine code for the architecture (75: T4, 90: H200), and of the memory that a program
    shares; with states and weights in float16, or in float32."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    module, function, arguments, constants = KERNELS[name]
    if not half:
        arguments = {key: _F32 if kind == _F16 else kind for key, kind in arguments.items()}
    kernel = getattr(import_module(f"codesign.gpu.fast.kernels.{module}"), function)
    # torch allocates at multiples of 16 bytes, which lets the compiler load ahead.
    aligned = {(k,): [["tt.divisibility", 16]] for k, kind in enumerate(arguments.values()) if kind.startswith("*")}
    source = ASTSource(kernel, {**arguments, **dict.fromkeys(constants, "constexpr")}, constants, aligned)
    options = {"num_warps": WARPS.get(name, 4), "enable_fp_fusion": function != "_search"}
    found = triton.compile(source, target=GPUTarget("cuda", architecture, 32), options=options)
    return len(found.asm["cubin"]), found.metadata.shared

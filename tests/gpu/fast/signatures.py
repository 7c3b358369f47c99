"""What each kernel is launched with on a card, to compile it without one."""

from __future__ import annotations

from importlib import import_module

_I64, _F32 = "*i64", "*fp32"
_SEARCH = {
    "points": _F32, "begin": _I64, "end": _I64, "place": _I64, "found": _I64, "n": "i32", "square": "*fp64",
    "unsure": "fp32",
}  # fmt: skip
_SIZES = {"RUNS": 9, "D": 8, "D4": 8, "WIDE": 8, "TILE": 64}

KERNELS: dict[str, tuple[str, str, dict[str, str], dict[str, object]]] = {
    "count": ("radius", "_search", _SEARCH, {**_SIZES, "WRITE": False}),
    "fill": ("radius", "_search", _SEARCH, {**_SIZES, "WRITE": True}),
    "hook": ("components", "_hook", {"parent": _I64, "first": _I64, "second": _I64, "m": "i32"}, {"TILE": 128}),
    "compress": ("components", "_compress", {"parent": _I64, "root": _I64, "n": "i32"}, {"TILE": 128}),
}


def compiled(name: str, architecture: int) -> int:
    """Bytes of the kernel's machine code for the architecture (75: T4, 90: H200)."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    module, function, arguments, constants = KERNELS[name]
    kernel = getattr(import_module(f"codesign.gpu.fast.kernels.{module}"), function)
    source = ASTSource(kernel, {**arguments, **dict.fromkeys(constants, "constexpr")}, constants)
    options = {"enable_fp_fusion": False}
    return len(triton.compile(source, target=GPUTarget("cuda", architecture, 32), options=options).asm["cubin"])

"""The needs of a kernel, by its type."""

from __future__ import annotations

from functools import singledispatch

from codesign.errors import IRError
from codesign.ir.kernels import Kernel
from codesign.targets import Resources


@singledispatch
def kernel_cost(kernel: Kernel) -> Resources:
    """The needs of a kernel, without its FIFOs and control."""
    raise IRError(f"cost: {type(kernel).__name__} has no cost")

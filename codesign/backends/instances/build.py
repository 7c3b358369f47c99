"""The instance of any kernel: the one table that says which builder makes it."""

from __future__ import annotations

from collections.abc import Callable

from codesign.backends.instances.apply import apply
from codesign.backends.instances.base import Instance
from codesign.backends.instances.classify import argmax, softmax
from codesign.backends.instances.combine import join, times
from codesign.backends.instances.grouped import grouped
from codesign.backends.instances.images import append, border, pick, repeat
from codesign.backends.instances.inside import inside_matvec, inside_window
from codesign.backends.instances.matvec import matvec
from codesign.backends.instances.pool import depthwise, pool
from codesign.backends.instances.reorder import reorder
from codesign.backends.instances.streams import fork, permute, repack
from codesign.backends.instances.window import wide_window, window
from codesign.errors import IRError
from codesign.ir.kernels import (
    Append,
    Apply,
    Border,
    Depthwise,
    Fork,
    Grouped,
    IndexOfMax,
    InsideMatVec,
    InsideWindow,
    Join,
    Kernel,
    MatVec,
    Permute,
    Pick,
    PoolUnit,
    Reorder,
    Repack,
    Repeat,
    SoftmaxUnit,
    Times,
    WideWindow,
    Window,
)

BUILDERS: dict[type[Kernel], Callable[..., Instance]] = {
    Append: append,
    Apply: apply,
    Border: border,
    Depthwise: depthwise,
    Fork: fork,
    Grouped: grouped,
    IndexOfMax: argmax,
    InsideMatVec: inside_matvec,
    InsideWindow: inside_window,
    Join: join,
    MatVec: matvec,
    Permute: permute,
    Pick: pick,
    PoolUnit: pool,
    Reorder: reorder,
    Repack: repack,
    Repeat: repeat,
    SoftmaxUnit: softmax,
    Times: times,
    WideWindow: wide_window,
    Window: window,
}


def instance_of(name: str, kernel: Kernel) -> Instance:
    """The final values of `kernel`, the process `name`; IRError where no builder knows it."""
    build = BUILDERS.get(type(kernel))
    if build is None:
        raise IRError(f"process {name}: no template for the kernel {type(kernel).__name__}")
    return build(name, kernel)

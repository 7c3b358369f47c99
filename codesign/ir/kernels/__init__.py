"""The kernels of the design level, one idea per file."""

from codesign.ir.kernels.apply import Apply
from codesign.ir.kernels.base import Beats, Kernel, Memory, MemoryStyle
from codesign.ir.kernels.classify import IndexOfMax, SoftmaxUnit
from codesign.ir.kernels.matvec import MatVec
from codesign.ir.kernels.streams import Fork, Join, Permute, Repack

ALL: tuple[type[Kernel], ...] = (Apply, Fork, IndexOfMax, Join, MatVec, Permute, Repack, SoftmaxUnit)
"""Every kernel; each has a template in every back end."""

__all__ = [
    "ALL", "Apply", "Beats", "Fork", "IndexOfMax", "Join", "Kernel", "MatVec", "Memory", "MemoryStyle", "Permute",
    "Repack", "SoftmaxUnit",
]  # fmt: skip

"""The kernels of the design level, one idea per file."""

from codesign.ir.kernels.apply import Apply
from codesign.ir.kernels.base import Beats, Kernel, Memory, MemoryStyle
from codesign.ir.kernels.classify import IndexOfMax, SoftmaxUnit
from codesign.ir.kernels.combine import Join, Times
from codesign.ir.kernels.concat import Append, Pick
from codesign.ir.kernels.depthwise import Depthwise
from codesign.ir.kernels.grouped import Grouped
from codesign.ir.kernels.inside import InsideMatVec, InsideWindow
from codesign.ir.kernels.matvec import MatVec
from codesign.ir.kernels.multiplier import Multiplier
from codesign.ir.kernels.pool import PoolUnit
from codesign.ir.kernels.reorder import Reorder
from codesign.ir.kernels.sliding import Sliding
from codesign.ir.kernels.streams import Fork, Permute, Repack
from codesign.ir.kernels.upsample import Border, Repeat
from codesign.ir.kernels.wide_window import WideWindow
from codesign.ir.kernels.window import Window

ALL: tuple[type[Kernel], ...] = (
    Append, Apply, Border, Depthwise, Fork, Grouped, IndexOfMax, InsideMatVec, InsideWindow, Join, MatVec,
    Permute, Pick, PoolUnit, Reorder, Repack, Repeat, SoftmaxUnit, Times, WideWindow, Window,
)  # fmt: skip
"""Every kernel; each has a template in every back end."""

__all__ = [
    "ALL", "Append", "Apply", "Beats", "Border", "Depthwise", "Fork", "Grouped", "IndexOfMax", "InsideMatVec",
    "InsideWindow", "Join", "Kernel", "MatVec", "Memory", "MemoryStyle", "Multiplier", "Permute", "Pick", "PoolUnit",
    "Reorder", "Repack", "Repeat", "Sliding", "SoftmaxUnit", "Times", "WideWindow", "Window",
]  # fmt: skip

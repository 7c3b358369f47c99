"""Layers on sets of rows (nodes, edges, points) that index each other, and the float layers of their networks."""

from codesign.ir.layers.rows.column import Column
from codesign.ir.layers.rows.devoxelize import Devoxelize
from codesign.ir.layers.rows.gather import Gather
from codesign.ir.layers.rows.kernel_map import KernelMapConv
from codesign.ir.layers.rows.layer_norm import LayerNorm
from codesign.ir.layers.rows.linear import Linear
from codesign.ir.layers.rows.segment_sum import SegmentSum
from codesign.ir.layers.rows.weigh import Weigh

ROWS = (Column, Devoxelize, Gather, KernelMapConv, LayerNorm, Linear, SegmentSum, Weigh)
"""All of them: the text form reads them, networks for an FPGA never have one."""

__all__ = [
    "ROWS", "Column", "Devoxelize", "Gather", "KernelMapConv", "LayerNorm", "Linear", "SegmentSum", "Weigh",
]  # fmt: skip

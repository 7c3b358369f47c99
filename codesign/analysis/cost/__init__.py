"""What a design needs of a device: a first model, from how each kernel is built out of adders, ROMs and FIFOs.

Every term is derived where it stands; none is fitted. A two-input adder counts one LUT per bit. Compared with
(this model / the other):

- Yosys 0.70, `synth_xilinx -family xcup -nodsp`, LUTs of matrix-vector products of 1 to 8 bits, folded and with
  constant weights: 0.8 to 1.8 (`tests/analysis/test_cost.py` repeats some);
- Vivado HLS, dense layers of DeepCalo on the U50 (2304 x 256 and 256 x 256, 16 bits, 128 products at a time):
  block RAM 1.00, DSP slices 1.00, LUTs 0.5 (HLS reports are themselves several times what is placed);
- the same, adder graphs: 0.9 to 1.0;
- the 16-64-32-32-5 jet tagger with 6 bits, fully unrolled: 55,000 LUTs as adder graphs, 92,000 without sharing of sums;
  published placed designs have 40,000 to 63,000, which share adders, and some prune weights.

Use it to choose, not to promise.
"""

from codesign.analysis.cost import joins, moves, positions, products, steps, windows
from codesign.analysis.cost.design import CONTROL, DesignCost, design_cost
from codesign.analysis.cost.kernel import kernel_cost
from codesign.analysis.cost.memories import fifo_memory, memory_cost, stream_cost

KINDS = (joins, moves, positions, products, steps, windows)
"""Their kernels register what they need with `kernel_cost`."""

__all__ = ["CONTROL", "DesignCost", "design_cost", "fifo_memory", "kernel_cost", "memory_cost", "stream_cost"]

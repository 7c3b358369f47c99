"""Kernels as final values, one set for every back end: the C++ and the SystemVerilog of a kernel print the same."""

"""Kernels in the Triton language, and the functions that launch them. Parameters of a kernel have no types here:
its compiler takes annotations for its own."""

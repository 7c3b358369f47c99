"""The host program of a kernel, in C++."""

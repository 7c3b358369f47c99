"""The tracking pipeline on one device: kernels for CUDA, each beside a version in plain torch that runs anywhere."""

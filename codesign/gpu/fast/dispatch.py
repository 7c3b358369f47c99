"""Where the kernels run: on CUDA devices, and on the CPU under triton's interpreter. Elsewhere plain torch does."""

from __future__ import annotations

import os
from importlib.util import find_spec

import torch


def interpreted() -> bool:
    """Whether triton runs kernels on numpy: TRITON_INTERPRET=1, set before the first kernel is imported."""
    return os.environ.get("TRITON_INTERPRET") == "1"


def kernels_run(device: torch.device) -> bool:
    """Whether kernels in the Triton language can take tensors of this device."""
    if find_spec("triton") is None:
        return False
    return interpreted() if device.type == "cpu" else device.type == "cuda" and not interpreted()

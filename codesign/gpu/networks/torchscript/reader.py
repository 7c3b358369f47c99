"""A TorchScript file as a network, proved on random graphs before anyone gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from codesign.errors import ModelError
from codesign.gpu.networks.attention import attention
from codesign.gpu.networks.torchscript.check import check_equal
from codesign.gpu.networks.torchscript.frozen import frozen
from codesign.gpu.networks.torchscript.residual import is_residual, residual_checkpoint
from codesign.ir.graph import Graph

MOST_BYTES = 1 << 31


def read(path: Path) -> Graph:
    """The network x (nodes, features), edge_index (2, edges) -> output of the file.

    Read are scripted residual attention networks (ResAGNN), by their weights, and frozen or traced networks without
    loops, operator by operator. The network gives the same numbers as the script on random graphs; ModelError names
    the file and what in it is none of these, such as an operator.
    """
    module = _load(path)
    try:
        if is_residual(module):
            graph = attention(residual_checkpoint(module))
            check_equal(graph, module.double())
        else:
            graph = frozen(module)
            check_equal(graph, module)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    graph.origin = path.name
    return graph


def _load(path: Path) -> Any:
    """The script on the CPU, in evaluation mode."""
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file")
    if path.stat().st_size > MOST_BYTES:
        raise ModelError(f"{path}: larger than {MOST_BYTES:,} bytes")
    try:
        module = torch.jit.load(str(path), map_location="cpu")
    except (RuntimeError, ValueError) as error:
        line = str(error).strip().splitlines()[0][:200]
        raise ModelError(f"{path}: PyTorch cannot read this as TorchScript: {line}") from error
    return module.eval()

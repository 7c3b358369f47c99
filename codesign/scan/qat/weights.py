"""The weights of a network without quantizers, kept so that later trainings start from the same."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from codesign.errors import UNREADABLE, ModelError
from codesign.scan.qat.network import Network


def save_weights(network: Network, file: Path) -> None:
    """As arrays by their names in torch; the file appears when it is whole, and its folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}.part.npz")
    try:
        np.savez(partial, **{name: value.numpy() for name, value in network.state_dict().items()})
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)


def load_weights(network: Network, file: Path) -> Network:
    """The network with the weights that `save_weights` wrote, in evaluation mode; ModelError where they are damaged."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            state = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
        network.load_state_dict(state)
    except (*UNREADABLE, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ModelError(f"{file}: these weights cannot be used ({reason}); remove the file to train again") from error
    network.eval()
    return network

"""Networks that others trained, from their TorchScript files; the only part of the export that needs PyTorch."""

from codesign.gpu.networks.torchscript.reader import read

__all__ = ["read"]

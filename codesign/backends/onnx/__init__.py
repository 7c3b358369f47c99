"""A network as a QONNX file: what other tools read, and what this one reads back as the same network."""

from codesign.backends.onnx.model import write

__all__ = ["write"]

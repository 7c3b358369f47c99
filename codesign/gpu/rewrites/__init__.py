"""Rewrites of networks on sets of rows: the same function, fewer operations."""

from codesign.gpu.rewrites.pipeline import PASSES, rewritten

__all__ = ["PASSES", "rewritten"]

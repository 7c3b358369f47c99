"""Exported models in fewer bits: float16 throughout, or int8 codes around the products."""

from codesign.gpu.export.precision.half import in_float16
from codesign.gpu.export.precision.int8 import in_int8

__all__ = ["in_float16", "in_int8"]

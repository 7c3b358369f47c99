"""Upsets of the bits of weights: what each costs, which must not happen, and what it costs to vote on them."""

from codesign.faults.run import FaultResult, faults

__all__ = ["FaultResult", "faults"]

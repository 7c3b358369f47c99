"""How long Yosys will take, to judge by the estimated area: what is too large is not tried."""

from __future__ import annotations

from codesign.targets import Resources

LUTS_PER_SECOND = 300.0
FIXED_SECONDS = 0.3
"""Beside what it takes to start, which small ones share."""


def expected_seconds(estimate: Resources) -> float:
    """Seconds of the processor."""
    return FIXED_SECONDS + (estimate.lut + estimate.ff / 4) / LUTS_PER_SECOND

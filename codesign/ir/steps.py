"""Chains of monotone elementwise functions, as the thresholds at which their integer result changes."""

from __future__ import annotations

from collections.abc import Sequence

from codesign.ir.halfline import HalfLine, Region
from codesign.ir.layers.base import Elementwise
from codesign.ir.tensor import Tensor


def regions(chain: Sequence[Elementwise], result: Tensor, channel: int) -> list[Region]:
    """For each code j of `result` above its lowest: the x that the chain maps to a code >= j.

    `chain` is applied first to last and its last function gives the codes of `result`.
    """
    step, offset = result.step[channel], result.offset[channel]
    return [
        pull_back(chain, HalfLine(code * step + offset, True, step > 0), channel)
        for code in range(result.low + 1, result.high + 1)
    ]


def pull_back(chain: Sequence[Elementwise], region: Region, channel: int) -> Region:
    """The x that the whole chain maps into `region`."""
    for function in reversed(chain):
        if isinstance(region, bool):
            return region
        region = function.preimage(region, channel)
    return region

"""What a synthesized netlist takes of the device, from the counts of its cells that Yosys gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from codesign.errors import ToolError
from codesign.targets import Resources

_LOGIC = {"INV", "LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6"}
"""An inverter is a LUT of one input where nothing takes it in."""
_MEMORY = {
    "SRL16E": 1,
    "SRLC32E": 1,
    "RAM32X1D": 2,
    "RAM64X1D": 2,
    "RAM128X1D": 4,
    "RAM256X1D": 8,
    "RAM32X1S": 1,
    "RAM64X1S": 1,
    "RAM128X1S": 2,
    "RAM256X1S": 4,
    "RAM512X1S": 8,
    "RAM32M": 4,
    "RAM64M": 4,
    "RAM32M16": 8,
    "RAM64M8": 8,
    "RAM32X16DR8": 8,
    "RAM64X8SW": 8,
}
"""LUTs of a shift register or a RAM (UG574 table 4-1, UG474 table 2-3). Two SRL16E may share one, as tools do
not promise."""
_BLOCKS = {"RAMB18E1": 0.5, "RAMB18E2": 0.5, "RAMB36E1": 1.0, "RAMB36E2": 1.0}
_FLIP_FLOPS = {"FDRE", "FDSE", "FDCE", "FDPE"}
_SLICES = {"DSP48E1", "DSP48E2"}
_CARRY = {"CARRY4": 1, "CARRY8": 2}
"""Pieces of 4 bits of a carry chain, as 7-series have them; UltraScale+ has them in pairs."""
_FREE = {"MUXF7", "MUXF8", "MUXF9", "VCC", "GND", "BUFG", "$scopeinfo"}
"""Part of the slices that the LUTs are in, or no logic."""


@dataclass(frozen=True, slots=True)
class Area:
    """What a netlist takes: `resources`, and of its LUTs those that are shift registers or RAM; carry chains in
    pieces of 4 bits."""

    resources: Resources
    memory_lut: int = 0
    carry4: int = 0


def areas_of(statistics: str) -> dict[str, Area]:
    """The area of each module that `stat -json` shows, by its name; ToolError for a cell that no device has, as what
    was not synthesized would otherwise count as nothing."""
    try:
        modules = json.loads(statistics)["modules"]
        cells = {
            str(name).lstrip("\\"): {str(kind): int(count) for kind, count in module["num_cells_by_type"].items()}
            for name, module in modules.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"yosys' statistics cannot be read: {error}") from error
    return {name: _area(counts) for name, counts in cells.items() if not any(kind in cells for kind in counts)}


def _area(cells: Mapping[str, int]) -> Area:
    """Of a module, from its number of cells of each type."""
    lut = memory = carry = 0
    ff = dsp = uram = 0
    blocks = 0.0
    for name, count in cells.items():
        if name in _LOGIC:
            lut += count
        elif name in _MEMORY:
            memory += count * _MEMORY[name]
        elif name in _FLIP_FLOPS:
            ff += count
        elif name in _CARRY:
            carry += count * _CARRY[name]
        elif name in _SLICES:
            dsp += count
        elif name in _BLOCKS:
            blocks += count * _BLOCKS[name]
        elif name == "URAM288":
            uram += count
        elif name not in _FREE:
            raise ToolError(f"yosys left {count} cells of type {name}, which are none of a device of this family")
    return Area(Resources(lut + memory, ff, dsp, blocks, uram), memory, carry)

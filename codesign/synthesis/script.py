"""The Yosys script of one job: Verilog in, the counts of Xilinx cells out."""

from __future__ import annotations

import re
from enum import Enum
from importlib.resources import files

from codesign.errors import ConfigError


class Family(Enum):
    """How Yosys calls a generation of devices."""

    ULTRASCALE_PLUS = "xcup"
    SERIES_7 = "xc7"

    @classmethod
    def of_part(cls, part: str) -> Family:
        """The generation of a part by its number, such as xcu50-fsvh2104-2-e; ConfigError for others."""
        if part.startswith("xc7"):
            return cls.SERIES_7
        if re.match(r"xc[a-z]", part):
            return cls.ULTRASCALE_PLUS
        raise ConfigError(
            f"{part} is no part of 7-series or UltraScale+ by its number; say which: --family xc7 or xcup"
        )


TOP = "jobs"
"""The module that instantiates what is synthesized."""
KEPT = "job_*_job"
"""The modules that are synthesized, each apart from the others."""
STATISTICS = "stat.json"
SLICE = "dsp48e2.v"

_SLICES = f"""\
memory_dff
alumacc -macc-only
maccmap -unmap
opt_clean
techmap -map +/mul2dsp.v -map {SLICE} -D DSP_A_MAXWIDTH=27 -D DSP_B_MAXWIDTH=18 -D DSP_A_MAXWIDTH_PARTIAL=18 \
-D DSP_A_MINWIDTH=2 -D DSP_B_MINWIDTH=2 -D DSP_Y_MINWIDTH=9 -D DSP_SIGNEDONLY=1 -D DSP_NAME=$__MUL27X18
select a:mul2dsp
setattr -unset mul2dsp
opt_expr -fine
wreduce
select -clear
xilinx_dsp -family xc7
chtype -set $mul t:$__soft_mul
"""
"""What `synth_xilinx` does between `map_dsp` and `coarse`, but for the slice: see dsp48e2.v."""

_ROMS = """\
select -set in_luts a:ram_style=distributed a:rom_style=distributed %u
setattr -unset ram_style -set rom_style "logic" t:$mem_v2 r:WR_PORTS=0 %i @in_luts %i
"""
"""Memories in LUTs that nothing writes: to Yosys LUT RAM is what is written, so these are made logic."""


def script(sources: list[str], family: Family, slices: bool) -> str:
    """Synthesizes each of the modules `job_*_job` that `jobs` instantiates, flat and out of context, and writes the
    counts of their cells.

    Products are made of DSP slices with `slices`, else of logic: Yosys decides by width alone.
    """
    read = "".join(f"read_verilog -sv -defer {source}\n" for source in sources)
    apart = f"hierarchy -check -top {TOP}\nsetattr -mod -set keep_hierarchy 1 {KEPT}\n"
    synthesize = f"synth_xilinx -family {family.value} -noiopad -noclkbuf -flatten"
    if not slices:
        steps = f"{synthesize} -nodsp -run begin:map_memory\n"
    elif family is Family.SERIES_7:
        steps = f"{synthesize} -run begin:map_memory\n"
    else:
        steps = f"{synthesize} -run begin:map_dsp\n{_SLICES}{synthesize} -run coarse:map_memory\n"
    return f"{read}{apart}{steps}{_ROMS}{synthesize} -run map_memory:edif\ntee -q -o {STATISTICS} stat -json\n"


def slice_map() -> str:
    """The text of the file SLICE."""
    return (files(__package__) / SLICE).read_text(encoding="utf-8")

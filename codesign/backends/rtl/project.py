"""The part of a project that is the SystemVerilog twin: the design, what Vivado needs beside it, and the bench that
simulates it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from codesign.backends.project import clock_text
from codesign.backends.rtl.bench import SOURCES, bench
from codesign.backends.rtl.top import rtl
from codesign.backends.rtl.vivado import example, vivado
from codesign.errors import OutputError
from codesign.ir.design import Design


def write_twin(
    design: Design, folder: Path, *, part: str, clock_ns: Fraction | float, version: str, digest: str
) -> None:
    """Writes `rtl/`, `cosim/` and `ip_example.tcl` into the project `folder`.

    `part` and `clock_ns` are what the scripts for Vivado ask for, `digest` names the model it was made from. The same
    arguments give the same bytes.
    """
    printed = rtl(design)
    clock = clock_text(clock_ns)
    sources = printed.files(version, digest) | vivado(printed, part, clock, version, digest)
    texts = {f"{SOURCES}/{path}": text for path, text in sources.items()}
    texts["ip_example.tcl"] = example(printed, design.name, part, clock, version, digest)
    for path, text in sorted((texts | bench(design, printed).files(version, digest)).items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error

"""The folder of the SystemVerilog: the top, the modules it instantiates and the contents of its memories."""

from __future__ import annotations

from pathlib import Path

from codesign.backends.rtl.top import rtl
from codesign.errors import OutputError
from codesign.ir.design import Design

FOLDER = "rtl"
"""Where it lies in a project."""


def write_rtl(design: Design, folder: Path, *, version: str, digest: str) -> None:
    """Writes the SystemVerilog of `design` into `folder`, which is made if need be.

    `digest` names the model it was made from. The same arguments give the same bytes.
    """
    for path, text in sorted(rtl(design).files(version, digest).items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error

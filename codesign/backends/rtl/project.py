"""The part of a project that is the SystemVerilog twin: the design, and the bench that simulates it."""

from __future__ import annotations

from pathlib import Path

from codesign.backends.rtl.bench import simulation
from codesign.errors import OutputError
from codesign.ir.design import Design


def write_twin(design: Design, folder: Path, *, version: str, digest: str) -> None:
    """Writes `rtl/` and `cosim/` into the project `folder`.

    `digest` names the model it was made from. The same arguments give the same bytes.
    """
    for path, text in sorted(simulation(design, version, digest).items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error

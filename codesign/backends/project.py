"""The project folder: everything that a vendor tool or g++ needs, whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from codesign import resources
from codesign.backends.hls.sources import DOCUMENTED_WORD, PortText, Sources, sources
from codesign.backends.render import render
from codesign.backends.swap import whole_folder
from codesign.errors import IRError, OutputError, TargetError
from codesign.ir.design import Design, Port
from codesign.ir.tensor import Array

MARKER = "codesign.json"
"""The file that says a folder is ours, and what is in it."""


@dataclass(frozen=True, eq=False)
class Vectors:
    """Codes (n, *shape) of each input and the codes of each output that they must give."""

    inputs: Sequence[Array]
    outputs: Sequence[Array]


def write_project(
    design: Design,
    folder: Path,
    *,
    part: str,
    clock_ns: Fraction | float,
    vectors: Vectors | None,
    version: str,
    digest: str,
) -> Sources:
    """Writes the complete project of `design` into the existing, empty `folder`; gives its C++ as it was printed.

    `digest` names the model it was made from. The same arguments give the same bytes. TargetError if `part` or
    `clock_ns` cannot be a device and a clock period.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", part):
        raise TargetError(f"{part!r} is not the name of a device; one is written like xcu50-fsvh2104-2-e")
    s = sources(design)
    values = {
        "s": s,
        "part": part,
        "clock": clock_text(clock_ns),
        "version": version,
        "digest": digest,
        "vectors": vectors is not None,
        "documented": DOCUMENTED_WORD,
    }
    texts = s.files(version, digest)
    for name in ("README.md", "Makefile", "vivado_hls.tcl", "vitis_hls.tcl"):
        texts[name] = render(f"hls/{name}.j2", **values)
    for name, work, free in (("hls_config", "hls_work", False), ("hls_free_running", "hls_free_running", True)):
        texts[f"{name}.cfg"] = render("hls/hls_config.cfg.j2", file=f"{name}.cfg", work=work, free=free, **values)
    texts[MARKER] = _description(design, s, part, str(values["clock"]), version, digest)
    if vectors is not None:
        for port, codes in zip((*s.inputs, *s.outputs), (*vectors.inputs, *vectors.outputs), strict=True):
            texts[f"tb/vectors/{port.stream.name}.dat"] = _vector_text(port, codes)
    library = resources.folder("hls")
    for header in sorted((library / "codesign").glob("*.hpp")):
        texts[f"src/codesign/{header.name}"] = header.read_text()
    texts["csim/include/hls_stream.h"] = (library / "csim" / "hls_stream.h").read_text()
    for path, text in sorted(texts.items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error
    return s


def clock_text(clock_ns: Fraction | float) -> str:
    """The period in nanoseconds with at most three decimals (picoseconds), as the tools read it."""
    picoseconds = round(Fraction(clock_ns) * 1000)
    if not 0 < picoseconds <= 10**6:
        raise TargetError(f"a clock period of {float(clock_ns):g} ns; expected more than 0 and at most 1000 ns")
    text = f"{picoseconds // 1000}.{picoseconds % 1000:03d}".rstrip("0")
    return text.rstrip(".")


@contextmanager
def output_folder(path: Path, force: bool = False) -> Iterator[Path]:
    """An empty folder that becomes `path` if the block succeeds, and vanishes if it raises.

    OutputError if `path` exists, unless `force` is given and `path` is a folder that an earlier run made (it has
    our marker file); that one is replaced only once the new one is complete.
    """
    path = Path(path)
    with whole_folder(path, lambda: _check_replaceable(path, force)) as building:
        yield building


def _check_replaceable(path: Path, force: bool) -> None:
    if path.is_symlink():
        raise OutputError(f"{path}: a link is in the way; name the folder itself, or choose another")
    if not path.exists():
        return
    if not path.is_dir():
        raise OutputError(f"{path}: a file is in the way; choose another output folder")
    if not any(path.iterdir()):
        return
    if not _is_ours(path):
        cure = "--force replaces only folders that codesign made, so choose another"
        raise OutputError(f"{path}: the folder is not empty and has no {MARKER} of ours; {cure}")
    if not force:
        raise OutputError(f"{path}: the folder exists; choose another, or give --force to replace it")


def _is_ours(path: Path) -> bool:
    try:
        found = json.loads((path / MARKER).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and "codesign" in found and "top" in found


def _vector_text(port: PortText, codes: Array) -> str:
    rows = np.asarray(codes).reshape(len(codes), -1)
    if rows.shape[1] != port.size:
        raise IRError(f"project: vectors of {rows.shape[1]} elements for port {port.stream.name} of {port.size}")
    return "".join(" ".join(map(str, row)) + "\n" for row in rows.tolist())


def _description(design: Design, s: Sources, part: str, clock: str, version: str, digest: str) -> str:
    """What the folder holds, for programs: the ports with shapes and types are what a simulation needs."""

    def port(text: PortText, port: Port) -> dict[str, object]:
        stream = design.streams[port.stream]
        return {
            "name": text.stream.name,
            "origin": port.origin,
            "shape": list(port.tensor.shape),
            "width": stream.element.width,
            "signed": stream.element.signed,
            "low": port.tensor.low,
            "high": port.tensor.high,
        }

    found = {
        "codesign": version,
        "model": digest,
        "top": s.top,
        "part": part,
        "clock_ns": clock,
        "inputs": [port(t, p) for t, p in zip(s.inputs, design.inputs, strict=True)],
        "outputs": [port(t, p) for t, p in zip(s.outputs, design.outputs, strict=True)],
    }
    return json.dumps(found, indent=2) + "\n"

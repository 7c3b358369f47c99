"""The host of a kernel: what its header says, and the files of `alveo/host` and `alveo/emulation`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codesign import resources
from codesign.backends.deployment import Bank, ComputeUnit
from codesign.backends.host.ports import PortText, input_text, output_text
from codesign.backends.kernel.sources import Kernel
from codesign.backends.render import render
from codesign.errors import OutputError
from codesign.ir.design import Design

HOST = "alveo/host"
EMULATION = "alveo/emulation"


@dataclass(frozen=True)
class Host:
    """The values of `design.h` and of the emulated xclbin; `banks` are those of the card, in its own order."""

    kernel: Kernel
    inputs: tuple[PortText, ...]
    outputs: tuple[PortText, ...]
    units: tuple[ComputeUnit, ...]
    banks: tuple[Bank, ...]
    max_batch: int
    """Samples for which the buffers of one compute unit are made."""

    @property
    def digest(self) -> tuple[str, ...]:
        """Four words in hexadecimal, as the kernel reports them."""
        return tuple(f"0x{word:08x}u" for word in self.kernel.status_words[:4])

    def files(self, version: str, digest: str, vectors: bool) -> dict[str, str]:
        """The texts by path in the project; `digest` names the model, `vectors` says whether the project has any."""
        values = {"h": self, "k": self.kernel, "version": version, "digest": digest, "vectors": vectors}
        ports = {"inputs": self.inputs, "outputs": self.outputs}
        found = {
            f"{HOST}/design.h": render("alveo/host/design.h.j2", **values, **ports),
            f"{HOST}/Makefile": render("alveo/host/Makefile.j2", **values),
            f"{EMULATION}/xclbin.cpp": render("alveo/emulation/xclbin.cpp.j2", **values),
        }
        library = resources.folder("hls")
        for source, place in (("host", HOST), ("device", EMULATION)):
            for path in sorted(p for p in (library / source).rglob("*") if p.suffix in (".h", ".hpp", ".cpp")):
                found[f"{place}/{path.relative_to(library / source).as_posix()}"] = path.read_text(encoding="ascii")
        return found


def host(
    design: Design, kernel: Kernel, units: tuple[ComputeUnit, ...], banks: tuple[Bank, ...], max_batch: int
) -> Host:
    """The host of `design`, printed as `kernel`; TargetError where C++ cannot apply the encoder of an input exactly."""
    inputs = [input_text(a.name, p, a.layout) for a, p in zip(kernel.inputs, design.inputs, strict=True)]
    outputs = [output_text(a.name, p, a.layout) for a, p in zip(kernel.outputs, design.outputs, strict=True)]
    return Host(kernel, tuple(inputs), tuple(outputs), units, banks, max_batch)


def write_host(host: Host, folder: Path, *, version: str, digest: str) -> None:
    """Writes `alveo/host` and `alveo/emulation` into the project `folder`, which holds the kernel already.

    `digest` names the model. The same arguments give the same bytes.
    """
    for path, text in sorted(host.files(version, digest, (folder / "tb" / "vectors").is_dir()).items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error

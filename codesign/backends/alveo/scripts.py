"""The scripts that build a kernel for an Alveo card: connectivity, configuration of the compiler, Makefile."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from codesign.backends.deployment import ComputeUnit, Deployment
from codesign.backends.kernel.sources import Kernel
from codesign.backends.project import clock_text
from codesign.backends.render import render
from codesign.errors import OutputError
from codesign.targets import Target

FOLDER = "alveo"
"""Their place in the project folder."""

CONNECTIVITY = "connectivity.cfg"


@dataclass(frozen=True)
class Connection:
    """An argument of a compute unit and its memory bank."""

    unit: str
    argument: str
    bank: str


@dataclass(frozen=True)
class Scripts:
    """The values of the templates."""

    kernel: Kernel
    deployment: Deployment
    board: str
    platforms: tuple[str, ...]
    """What v++ may be given, the newest first."""
    clock_ns: str
    clock_hz: int
    clock_mhz: int
    """Not faster than the design's clock."""

    @property
    def units(self) -> tuple[ComputeUnit, ...]:
        """The compute units."""
        return self.deployment.units

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The bank of every argument of every compute unit."""
        names = [*(a.name for a in self.kernel.memories), self.kernel.status]
        tags = [bank.tag for bank in self.deployment.banks]
        return tuple(
            Connection(unit.name, name, tags[bank])
            for unit in self.units
            for name, bank in zip(names, unit.banks, strict=True)
        )

    @property
    def megabytes(self) -> str:
        """All buffers of one compute unit, in 10^6 bytes."""
        return f"{sum(self.deployment.buffer_bytes) / 1e6:.3g}"

    def files(self, version: str, digest: str) -> dict[str, str]:
        """The texts by path in the project; `digest` names the model."""
        values = {"a": self, "k": self.kernel, "d": self.deployment, "version": version, "digest": digest}
        names = (CONNECTIVITY, "kernel.cfg", "Makefile", "README.md")
        return {f"{FOLDER}/{name}": render(f"alveo/{name}.j2", **values) for name in names}


def scripts(kernel: Kernel, deployment: Deployment, target: Target, clock_ns: Fraction | float) -> Scripts:
    """The scripts that build `kernel` for `target`, a board with platforms."""
    hertz = Fraction(10**9) / Fraction(clock_ns)
    return Scripts(
        kernel=kernel,
        deployment=deployment,
        board=target.title,
        platforms=tuple(platform.name for platform in target.platforms),
        clock_ns=clock_text(clock_ns),
        clock_hz=int(hertz),
        clock_mhz=int(hertz // 10**6),
    )


def write_scripts(scripts: Scripts, folder: Path, *, version: str, digest: str) -> None:
    """Writes them into the project `folder`, which holds the kernel. The same arguments give the same bytes."""
    for path, text in sorted(scripts.files(version, digest).items()):
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="ascii", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}") from error

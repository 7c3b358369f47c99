"""Which tool a script is for, and where it is: on PATH, or installed and waiting for its settings64.sh."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codesign.errors import ToolError

ROOTS = ("/opt/Xilinx", "/tools/Xilinx", "/opt/xilinx", "/opt/amd", "~/Xilinx")
"""Where the installers of Xilinx and AMD put their products, unless told otherwise."""

DOWNLOADS = "https://www.xilinx.com/support/download.html"

_ASK_SECONDS = 120
"""For a version: the tools start a virtual machine of Java or Tcl for it."""

Version = tuple[int, int]


@dataclass(frozen=True)
class Tool:
    """A product of the vendor, by the versions that our scripts are for."""

    product: str
    programs: tuple[str, ...]
    """What is called, the first one to say its version."""
    folders: tuple[str, ...]
    """The product's folder in an installation."""
    variables: tuple[str, ...]
    """What settings64.sh sets to the folder of a version."""
    oldest: Version
    newest: Version | None = None

    def __str__(self) -> str:
        span = f"{text(self.oldest)} or later" if self.newest is None else f"{text(self.oldest)} to {text(self.newest)}"
        return f"{self.product} {span} ({', '.join(self.programs)})"

    def takes(self, version: Version) -> bool:
        """Whether our scripts are for this version."""
        return self.oldest <= version and (self.newest is None or version <= self.newest)


VIVADO_HLS = Tool("Vivado HLS", ("vivado_hls",), ("Vivado",), ("XILINX_HLS", "XILINX_VIVADO"), (2019, 2), (2020, 1))
VITIS_HLS = Tool("Vitis HLS", ("vitis_hls",), ("Vitis_HLS", "Vitis"), ("XILINX_HLS",), (2020, 2), (2024, 1))
VITIS_UNIFIED = Tool("Vitis", ("v++", "vitis-run"), ("Vitis",), ("XILINX_VITIS",), (2024, 2))
VITIS_LINKER = Tool("Vitis", ("v++",), ("Vitis",), ("XILINX_VITIS",), (2020, 2))
VITIS_EMULATOR = Tool("Vitis", ("v++",), ("Vitis",), ("XILINX_VITIS",), (2020, 2), (2024, 2))
"""Of software: later versions have none."""
VIVADO = Tool("Vivado", ("vivado",), ("Vivado",), ("XILINX_VIVADO",), (2019, 2))


@dataclass(frozen=True)
class Found:
    """A tool that can be run: its programs in the order of `tool.programs`."""

    tool: Tool
    programs: tuple[Path, ...]
    version: Version | None
    """None where the program does not say it."""

    def __str__(self) -> str:
        return self.tool.product if self.version is None else f"{self.tool.product} {text(self.version)}"


def text(version: Version) -> str:
    """2022.1, as the vendor writes it."""
    return f"{version[0]}.{version[1]}"


def find(what: str, *tools: Tool) -> Found:
    """The first of the tools that is on PATH in a version that our scripts are for.

    ToolError where there is none: what is there in which version, what to source, where we looked, or what to install.
    `what` is the work that needs one.
    """
    reasons = []
    for tool in tools:
        found = _on_path(tool)
        if isinstance(found, Found):
            return found
        reasons.append(f"  {tool}: {found or _installed(tool)}")
    many = "one of these, and none is" if len(tools) > 1 else "this, which is not"
    raise ToolError(
        f"{what} needs {many} ready here:\n"
        + "\n".join(reasons)
        + f"\ninstall it from {DOWNLOADS}, `source <folder of the version>/settings64.sh`, and try again"
    )


def program(what: str, name: str, cure: str) -> Path:
    """A program of the system's; ToolError where it is not on PATH, with the cure."""
    path = shutil.which(name)
    if path is None:
        raise ToolError(f"{what} needs {name}, which was not found; {cure}")
    return Path(path).absolute()


def _on_path(tool: Tool) -> Found | str:
    """What PATH has of it; else why that will not do, nothing where there is nothing."""
    paths = [shutil.which(program) for program in tool.programs]
    if paths[0] is None:
        return ""
    version = _version(Path(paths[0]))
    if version is not None and not tool.takes(version):
        return f"{paths[0]} is of {text(version)}"
    for program, path in zip(tool.programs, paths):
        if path is None:
            return f"{paths[0]} is there, but not {program} beside it: source the settings64.sh of Vitis again"
    return Found(tool, tuple(Path(path).absolute() for path in paths if path is not None), version)


def _version(program: Path) -> Version | None:
    """As the program prints it (`v2022.1`), or else as its folder is called; None if neither says."""
    try:
        done = subprocess.run(
            [str(program), "-version" if program.name != "v++" else "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_ASK_SECONDS,
            check=False,
            start_new_session=True,
        )
        said = done.stdout[:100_000].decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{program} cannot be asked for its version: {error}") from error
    found = re.search(r"\bv(20\d\d)\.(\d)(?!\d)", said)
    return _named(program) if found is None else (int(found[1]), int(found[2]))


def _named(path: Path) -> Version | None:
    """The version that a folder of the path is called."""
    for part in reversed(path.parts):
        if found := re.fullmatch(r"(20\d\d)\.(\d)(\.\d)?", part):
            return int(found[1]), int(found[2])
    return None


def _installed(tool: Tool) -> str:
    """What to source where it is installed, else where we looked."""
    told = (Path(os.environ[name]) for name in tool.variables if os.environ.get(name))
    places = {folder for folder in told if (folder / "bin" / tool.programs[0]).is_file()}
    for root in _roots():
        for name in tool.folders:
            programs = [
                *root.glob(f"{name}/20*/bin/{tool.programs[0]}"),
                *root.glob(f"20*/{name}/bin/{tool.programs[0]}"),
            ]
            places |= {program.parents[1] for program in programs if program.is_file()}
    fitting = sorted((version, place) for place in places if (version := _named(place)) and tool.takes(version))
    if fitting:
        _, place = fitting[-1]
        return f"not on PATH, but installed: `source {place / 'settings64.sh'}` and try again"
    others = sorted(str(place) for place in places)
    if others:
        return f"only other versions are installed: {', '.join(others)}"
    return f"not on PATH, nor below {_listed([str(root) for root in _roots()])} or in {_listed(tool.variables)}"


def _roots() -> list[Path]:
    return [Path(root).expanduser() for root in ROOTS]


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)

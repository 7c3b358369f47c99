"""A tritonserver that can be started: the program, its libraries and its backends, on PATH, where an option or a
variable says, or in the wheel nvidia-pytriton, whose server runs without a GPU."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codesign.errors import ToolError

VARIABLE = "CODESIGN_TRITON"
"""Names the server where --server does not."""
CONTAINER = Path("/opt/tritonserver")
"""Where NVIDIA's images have it."""
CURE = (
    "run inside NVIDIA's image nvcr.io/nvidia/tritonserver, or without a GPU: "
    "`python -m venv tritonenv && tritonenv/bin/pip install 'nvidia-pytriton>=0.7,<0.8' 'numpy<2' scipy onnxruntime "
    "pyyaml`, "
    f"and name the folder tritonenv with --server or {VARIABLE}"
)
_ASK_SECONDS = 60
_ASK = """
import importlib.metadata as m, json, sys, sysconfig
try:
    numpy = m.version("numpy")
except m.PackageNotFoundError:
    numpy = ""
print(json.dumps(["%d.%d" % sys.version_info[:2], sysconfig.get_config_var("LIBDIR") or "", numpy]))
"""


@dataclass(frozen=True)
class Server:
    """The program and what it needs to be told."""

    program: Path
    libraries: tuple[Path, ...] = ()
    """Folders of shared libraries."""
    backend: Path | None = None
    """The folder of the Python backend, where the stub that runs models is made for a version of Python and lies
    elsewhere; None where the installation knows its own."""
    stubs: Path | None = None
    """A folder with a stub for each version of Python."""
    python: Path | None = None
    """That of the environment that the server lies in, if it does."""

    def stub(self, version: str) -> Path:
        """The program that runs model.py under this version of Python; ToolError where there is none."""
        assert self.stubs is not None
        found = self.stubs / version / "triton_python_backend_stub"
        if not found.is_file():
            there = ", ".join(sorted(p.parent.name for p in self.stubs.glob("*/triton_python_backend_stub"))) or "none"
            what = f"{self.program} has no Python backend for Python {version}, only for {there}"
            raise ToolError(f"{what}; name another with --python")
        return found


@dataclass(frozen=True)
class Interpreter:
    """The Python whose packages model.py imports."""

    program: Path
    version: str
    """Such as 3.11."""
    library: Path
    """The folder of libpython."""
    numpy: str
    """The version of its numpy; empty where it has none."""


def find_server(asked: str | None = None) -> Server:
    """The server that was asked for, or that of the variable, on PATH, of the image, or of the wheel beside us.

    ToolError where there is none: where we looked, and what to install."""
    for source, given in (("--server", asked), (VARIABLE, os.environ.get(VARIABLE))):
        if given:
            found = next(_below(Path(given).expanduser()), None)
            if found is None:
                raise ToolError(f"{source} {given}: there is no tritonserver; {CURE}")
            return found
    if program := shutil.which("tritonserver"):
        return Server(Path(program).absolute())
    places = [CONTAINER, *_wheel()]
    for place in places:
        if found := next(_below(place), None):
            return found
    raise ToolError(f"tritonserver is not on PATH, nor in {', '.join(map(str, places))}; {CURE}")


def find_interpreter(server: Server, asked: str | None = None) -> Interpreter:
    """The Python that was asked for, by default that of the server's environment, or the one that runs us.

    ToolError where it does not answer, or cannot run models under this server."""
    program = Path(asked).expanduser().absolute() if asked else server.python or Path(sys.executable)
    try:
        done = subprocess.run(
            [str(program), "-I", "-c", _ASK], stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_SECONDS,
            check=True,
        )  # fmt: skip
        version, library, numpy = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise ToolError(f"{program} is no Python that answers ({error}); name one with --python") from error
    if server.stubs is not None:
        if not (program.parent / "python3").exists():
            raise ToolError(f"{program}: there is no python3 beside it, by which the server finds its packages")
        if not numpy.startswith("1."):
            # Its pybind11 reads the size of an element where numpy 2 has flags: all tensors would be sent empty.
            has = f"numpy {numpy}" if numpy else "no numpy"
            raise ToolError(f"{program} has {has}; the Python backend of {server.program} needs numpy 1: {CURE}")
    return Interpreter(program, version, Path(library), numpy)


def _wheel() -> Iterator[Path]:
    """Where nvidia-pytriton is installed among our packages, if it is."""
    found = importlib.util.find_spec("pytriton")
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        yield Path(place).parent


def _below(place: Path) -> Iterator[Server]:
    """The server that a path leads to: the program, an installation, packages of Python, or an environment of them."""
    if place.is_file() and os.access(place, os.X_OK):
        yield Server(place.absolute())
    if (program := place / "bin" / "tritonserver").is_file():
        yield Server(program.absolute())
    python = place / "bin" / "python"
    for packages in (place, *sorted(place.glob("lib/python3.*/site-packages"))):
        root = (packages / "pytriton" / "tritonserver").absolute()
        if (root / "bin" / "tritonserver").is_file():
            yield Server(
                root / "bin" / "tritonserver",
                (packages.absolute() / "nvidia_pytriton.libs",),
                root / "backends" / "python",
                root / "python_backend_stubs",
                python.absolute() if packages != place and python.exists() else None,
            )

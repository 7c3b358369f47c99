"""The Makefile of the host: with an XRT, without one, and with the device in the host's own process."""

import os
import subprocess
from pathlib import Path

import pytest

from codesign import resources
from codesign.verification import toolchain
from tests.backends.alveo.projects import encoded, linked, written
from tests.backends.small import classifier


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(encoded(classifier()), tmp_path_factory.mktemp("a project"), units=2)


def make(project: Path, *words: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    outer = {"MAKEFLAGS": None, "MAKELEVEL": None, "MFLAGS": None}  # of a make that runs the tests
    environment = {k: v for k, v in {**os.environ, **outer, **variables}.items() if v is not None}
    command = ["make", "CXXFLAGS=-O0", *words]
    folder = project / "alveo" / "host"
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_emulation_needs_gcc_alone_and_checks_the_vectors(project: Path) -> None:
    done = make(project, "emulation", XILINX_XRT=None)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "8 samples agree", done
    assert "warning" not in done.stderr
    assert "up to date" in make(project, "small_emulated").stdout
    assert make(project, "clean").returncode == 0
    assert not (project / "alveo" / "host" / "small_emulated").exists()
    assert not (project / "alveo" / "emulation" / "small.xclbin").exists()


def test_without_xrt_the_cure_is_named(project: Path) -> None:
    done = make(project, XILINX_XRT=None)
    assert done.returncode == 2
    assert "XRT was not found; source its setup.sh, e.g. /opt/xilinx/xrt/setup.sh" in done.stderr


def test_with_xrt_its_headers_and_library_are_taken(project: Path, device: list[Path], tmp_path: Path) -> None:
    """A folder laid out as XRT is installed, with the stand-ins in it."""
    include, libraries = tmp_path / "xrt" / "include" / "xrt", tmp_path / "xrt" / "lib"
    include.mkdir(parents=True)
    libraries.mkdir()
    for path in (resources.folder("hls") / "device" / "xrt").glob("*.h"):
        (include / path.name).write_text(path.read_text())
    linked(device, libraries / "libxrt_coreutil.so", ["-shared"])
    command = [toolchain.compiler(), "-shared", "-x", "c++", os.devnull, "-o", libraries / "libuuid.so"]
    toolchain.run(command, seconds=60)
    done = make(project, XILINX_XRT=str(tmp_path / "xrt"))
    assert done.returncode == 0 and "warning" not in done.stderr, done
    command = [project / "alveo" / "host" / "small_host", "--help"]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "inputs:\n  x  (4,)  global_in\n" in told.stdout

"""The C++ library is plain C++11 without a warning, and its kernels keep to their beats."""

import re
import subprocess
from pathlib import Path

import pytest

from codesign import resources
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.project import write_project
from codesign.verification import toolchain
from tests.backends.designs import one_of_each

LIBRARY = resources.folder("hls")
HEADERS = sorted((LIBRARY / "codesign").glob("*.hpp"))
FLAGS = {
    "native": ["-DCODESIGN_NATIVE"],
    "ap": ["-isystem", str(toolchain.ap_include())],
    "exact rom": ["-DCODESIGN_EXACT_ROM", "-isystem", str(toolchain.ap_include())],
}
STRICT = ["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
# Labels name loops in the tools' reports, and the pragmas are theirs.
EXPECTED = ["-Wno-unused-label", "-Wno-unknown-pragmas"]


def accepts(source: Path, arithmetic: str) -> None:
    """g++ has nothing to say about `source`."""
    stand_in = ["-isystem", str(LIBRARY / "csim")]
    command = [toolchain.compiler(), *STRICT, *EXPECTED, *FLAGS[arithmetic], *stand_in, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def code(header: Path) -> str:
    """The text without comments."""
    return re.sub(r"//[^\n]*", "", header.read_text())


def test_every_header_stands_alone_and_is_clean(tmp_path: Path) -> None:
    alone = tmp_path / "alone.cpp"
    for header in HEADERS:
        # Each twice: the guards hold.
        alone.write_text(f'#include "{header}"\n' * 2 + "int used;\n")
        accepts(alone, "ap" if header.name.endswith("_ap.hpp") else "native")


@pytest.mark.parametrize("arithmetic", FLAGS)
def test_every_template_is_clean_when_instantiated(arithmetic: str, tmp_path: Path) -> None:
    design = one_of_each(1, 2)
    printed = write_project(design, tmp_path, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    found = write_kernel(kernel(design, printed, 64), tmp_path, version="0", digest="0")
    assert {a.function for a in found.memories} == {"unpack", "gather", "pack", "scatter"}
    accepts(tmp_path / "kernel" / "net_kernel.cpp", arithmetic)  # which includes the design


def test_every_pipelined_loop_takes_a_beat_per_cycle() -> None:
    kernels = [h for h in HEADERS if re.search(r"C::\w+::write\(", code(h))]
    assert len(kernels) == 23
    for header in kernels:
        assert "#pragma HLS PIPELINE II=1" in header.read_text(), header.name


def test_every_kernel_takes_streams_of_every_kind() -> None:
    """They read and write through their beats alone, which know what a stream is. Memory words are one FIFO."""
    for header in HEADERS:
        if header.name not in ("types.hpp", "memory.hpp"):
            assert not re.search(r"hls::stream|\.(read|write)\(", code(header)), header.name

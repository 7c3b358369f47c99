"""A tritonserver is found where it is, and what is missing is told with its cure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from codesign.errors import ToolError
from codesign.gpu.triton import server as module
from codesign.gpu.triton.server import Server, find_interpreter, find_server


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CODESIGN_TRITON", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(module, "CONTAINER", tmp_path / "opt")


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def wheel(packages: Path) -> Path:
    """The files of nvidia-pytriton that matter."""
    root = packages / "pytriton" / "tritonserver"
    program(root / "bin" / "tritonserver")
    for version in ("3.8", "3.11"):
        program(root / "python_backend_stubs" / version / "triton_python_backend_stub")
    return root


def test_nothing_is_found_and_what_to_install_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        ToolError, match=r"not on PATH, nor in .*opt; run inside NVIDIA's image .* --server or CODESIGN_TRITON"
    ):
        find_server()
    with pytest.raises(ToolError, match=r"--server /nowhere: there is no tritonserver; run inside"):
        find_server("/nowhere")


def test_the_option_comes_before_the_variable_and_that_before_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = program(tmp_path / "opt" / "bin" / "tritonserver")
    assert find_server().program == image
    on_path = program(tmp_path / "path" / "tritonserver")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert find_server() == Server(on_path)
    told = program(tmp_path / "told" / "bin" / "tritonserver")
    monkeypatch.setenv("CODESIGN_TRITON", str(tmp_path / "told"))
    assert find_server().program == told
    assert find_server(str(on_path)).program == on_path
    monkeypatch.setenv("CODESIGN_TRITON", str(tmp_path / "none"))
    with pytest.raises(ToolError, match=r"CODESIGN_TRITON .*none: there is no tritonserver"):
        find_server()


def test_an_environment_with_the_wheel_brings_libraries_stubs_and_its_python(tmp_path: Path) -> None:
    packages = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    root, python = wheel(packages), program(tmp_path / "env" / "bin" / "python")
    found = find_server(str(tmp_path / "env"))
    assert found.program == root / "bin" / "tritonserver" and found.libraries == (packages / "nvidia_pytriton.libs",)
    assert found.backend == root / "backends" / "python" and found.python == python
    assert found.stub("3.11").parent.name == "3.11"
    with pytest.raises(
        ToolError, match=r"no Python backend for Python 3.14, only for 3.11, 3.8; name another with --python"
    ):
        found.stub("3.14")
    assert find_server(str(packages)).python is None


def test_the_interpreter_says_its_version_and_its_numpy(tmp_path: Path) -> None:
    found = find_interpreter(Server(tmp_path))
    assert found.version == f"{sys.version_info[0]}.{sys.version_info[1]}" and found.numpy.startswith("2.")
    with pytest.raises(ToolError, match=r"none is no Python that answers .*; name one with --python"):
        find_interpreter(Server(tmp_path), str(tmp_path / "none"))
    with pytest.raises(ToolError, match=r"tritonserver is no Python that answers"):
        find_interpreter(Server(tmp_path), str(program(tmp_path / "tritonserver")))


def test_numpy_2_is_refused_for_the_server_of_the_wheel(tmp_path: Path) -> None:
    wheel(tmp_path)
    with pytest.raises(ToolError, match=r"has numpy 2\..*; the Python backend of .* needs numpy 1: run inside"):
        find_interpreter(find_server(str(tmp_path)))

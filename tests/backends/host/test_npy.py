"""The host reads what numpy writes, writes what numpy reads, and refuses everything else by name."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign import resources
from codesign.verification import toolchain
from tests.backends.host.encoding import WARNINGS

_PROGRAM = r"""
#include "npy.hpp"
#include <cstdio>

int main(int, char** argv) {
    try {
        const codesign::NpyArray array = codesign::read_npy(argv[1]);
        codesign::write_npy(argv[2], "<f8", array.shape, array.numbers.data(), array.numbers.size() * 8);
    } catch (const std::exception& problem) {
        std::printf("%s", problem.what());
        return 1;
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reads one file and writes what it read to another; memory errors and undefined behaviour end it."""
    folder = tmp_path_factory.mktemp("npy")
    (folder / "npy.cpp").write_text(_PROGRAM)
    command = [toolchain.compiler(), "-std=c++14", "-O1", "-g", "-fsanitize=address,undefined", *WARNINGS]
    command += ["-fno-sanitize-recover=all", f"-I{resources.folder('hls') / 'host'}", "npy.cpp", "-o", "npy"]
    toolchain.run(command, folder=folder, seconds=300)
    return folder / "npy"


def copied(program: Path, data: bytes, folder: Path) -> np.ndarray:
    """The array after the way through the host; ValueError with its message, without the file's name."""
    x, y = folder / "x.npy", folder / "y.npy"
    x.write_bytes(data)
    y.unlink(missing_ok=True)
    done = subprocess.run([program, x, y], capture_output=True, text=True, check=False)
    assert done.stderr == "" and done.returncode in (0, 1)
    if done.returncode:
        assert not y.exists() and done.stdout.startswith(f"{x}: ")
        raise ValueError(done.stdout.removeprefix(f"{x}: "))
    return np.load(y)


def saved(x: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, x, version=version)
    return file.getvalue()


def header(text: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + data


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("type", ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_numbers_of_every_type_and_version_come_back(program, tmp_path, type, version) -> None:
    x = np.random.default_rng(0).integers(-100, 100, (3, 2, 5)).astype(type)
    x = x / 7 if type == "f8" else x
    found = copied(program, saved(x, version), tmp_path)
    np.testing.assert_array_equal(found, x.astype(np.float64))


@pytest.mark.parametrize("shape", [(), (4,), (0,), (3, 0, 2), (1, 1, 1, 7), (100, 16)])
def test_arrays_of_every_shape_come_back(program, tmp_path, shape) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    found = copied(program, saved(np.asarray(x)), tmp_path)
    assert found.shape == shape
    np.testing.assert_array_equal(found, x)


def test_infinities_denormals_and_what_is_no_number_come_back(program, tmp_path) -> None:
    x = np.array([np.inf, -np.inf, np.nan, 5e-324, -0.0])
    assert copied(program, saved(x), tmp_path).tobytes() == x.tobytes()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is no .npy file"),
        (b"PK\x03\x04 an archive, .npz", "is no .npy file"),
        (b"\x93NUMPY\x04\x00\x00\x00\x00\x00", "has version 4 of the .npy format; 1 to 3 are read"),
        (b"\x93NUMPY\x02\x00\xff\xff", "is cut: it ends within its header"),
        (saved(np.zeros(4))[:100], "is cut: it ends within its header"),
        (saved(np.zeros((3, 4)))[:-1], r"is cut: it has 11 numbers of an array of shape \(3, 4\)"),
        (saved(np.zeros(4)) + b"1", "has 33 bytes of numbers; its shape needs 32"),
        (saved(np.zeros(4, ">f8")), "has numbers of type '>f8'; expected little-endian float32, float64 or integers"),
        (saved(np.zeros(4, "f2")), "has numbers of type '<f2'; expected"),
        (saved(np.zeros(4, "c8")), "has numbers of type '<c8'; expected"),
        (saved(np.zeros(4, "?")), r"has numbers of type '\|b1'; expected"),
        (saved(np.zeros(4, "U3")), "has numbers of type '<U3'; expected"),
        (saved(np.zeros(4, [("a", "f4")])), "is a structured array; give plain numbers"),
        (saved(np.asfortranarray(np.zeros((3, 4)))), r"is in Fortran order; save numpy.ascontiguousarray\(x\)"),
        (header("{'descr': '', 'fortran_order': False, 'shape': (2,)}"), "has numbers of type ''"),
        (header("{'descr': '<f', 'fortran_order': False, 'shape': (2,)}"), "has numbers of type '<f'"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999, 99999999999999999)}"), "is cut"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"), "is cut"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"), "the header of the .npy file is broken"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}"), "broken"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 40 + ")}"), "broken"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (2"), "broken"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} import os"), "broken"),
        (header("{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}"), "broken"),
        (header("{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"), "broken"),
        (header("{'descr': '<f8', 'fortran_order': False}"), "broken"),
        (header("{'descr': '<f8'"), "broken"),
        (header(""), "broken"),
    ],
)  # fmt: skip
def test_everything_else_is_refused(program, tmp_path, data, problem) -> None:
    with pytest.raises(ValueError, match=problem):
        copied(program, data, tmp_path)


@given(st.data())
def test_a_damaged_file_is_read_as_numpy_reads_it_or_refused(program, tmp_path_factory, data) -> None:
    """Never anything else: the host is compiled with checks for memory errors."""
    folder = tmp_path_factory.mktemp("damaged")
    whole = bytearray(saved(np.arange(6.0).reshape(2, 3)))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, 90))] = data.draw(st.sampled_from(b"0123456789<>|fiu(),{}' \n\x00\xff"))
    damaged = bytes(whole[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))])
    try:
        found = copied(program, damaged, folder)
    except ValueError:
        return
    expected = np.load(io.BytesIO(damaged))
    np.testing.assert_array_equal(found, expected.astype(np.float64))


def test_a_file_that_is_not_there_or_cannot_be_written_is_named(program, tmp_path) -> None:
    missing = subprocess.run([program, tmp_path / "no.npy", tmp_path / "y.npy"], capture_output=True, text=True)
    assert missing.stdout == f"{tmp_path / 'no.npy'}: cannot be read: No such file or directory"
    x = tmp_path / "x.npy"
    x.write_bytes(saved(np.zeros(4)))
    nowhere = subprocess.run([program, x, tmp_path / "no" / "y.npy"], capture_output=True, text=True)
    assert nowhere.stdout == f"{tmp_path / 'no' / 'y.npy'}: cannot be written: No such file or directory"

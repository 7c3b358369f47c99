"""The user's .npy and .npz files: what is read of them, and files that are damaged or lie about their size."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from codesign.data import read_array, read_arrays
from codesign.errors import ModelError

X, Y = np.arange(6.0).reshape(3, 2), np.arange(3)
NAMES = [("x", "input:0"), ("y", "y")]


def header(text: str) -> bytes:
    """The bytes of an .npy file whose header says so, and which holds 16 bytes."""
    content = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(content).to_bytes(2, "little") + content + bytes(16)


DAMAGED = {
    "larger than memory": header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}"),
    "a header without an end": header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,"),
    "objects": header("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}"),
    "cut": header("{'descr': '<f4', 'fortran_order': False, 'shape': (99,)}"),
    "nothing": b"",
    "a text": b"1, 2, 3",
}


def test_arrays_are_found_by_either_of_their_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"input:0": X, "y": Y})  # type: ignore[arg-type]
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    for path in (tmp_path / "a.npz", tmp_path):
        for found, expected in zip(read_arrays(path, NAMES), (X, Y), strict=True):
            np.testing.assert_array_equal(found, expected, strict=True)
    [alone] = read_arrays(tmp_path / "x.npy", NAMES[:1])
    np.testing.assert_array_equal(alone, X, strict=True)


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_array_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(DAMAGED[kind])
    with pytest.raises(ModelError, match=r"x\.npy: the labels cannot be read as \.npy or \.npz: "):
        read_array(path, "the labels")


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_array_in_an_npz_is_refused(kind: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("x.npy", DAMAGED[kind])
    with pytest.raises(ModelError, match=r"a\.npz: (the data cannot be read as|expected an array of real numbers)"):
        read_arrays(tmp_path / "a.npz", NAMES[:1])


def test_every_damaged_byte_of_an_npz_is_read_or_refused(tmp_path: Path) -> None:
    """Archives are read array by array: what is wrong with one shows only when it is unpacked."""
    file = tmp_path / "x.npz"
    np.savez_compressed(file, x=np.arange(50.0), y=np.ones(3))
    good = file.read_bytes()
    refused = 0
    for place in range(len(good)):
        file.write_bytes(good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :])
        try:
            read_arrays(file, [("x", "x"), ("y", "y")])
        except ModelError as error:
            assert str(error).startswith(f"{file}: ")
            refused += 1
    assert refused > len(good) / 2


def test_an_array_larger_than_memory_is_refused(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": (1 << 45,)})
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(ModelError, match=r"x\.npz: the data cannot be read as \.npy or \.npz: Unable to allocate"):
        read_arrays(tmp_path / "x.npz", [("x", "x")])

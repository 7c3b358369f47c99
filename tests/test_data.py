"""The user's arrays: files that are damaged."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from codesign.data import read_arrays
from codesign.errors import ModelError


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

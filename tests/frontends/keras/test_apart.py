"""Keras files are parsed by another process: what it finds comes back whole, and its end is a message."""

from __future__ import annotations

import os
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from codesign.errors import IRError, ModelError
from codesign.frontends.keras import apart
from codesign.frontends.keras.container import read
from tests.frontends.keras.files import L, save_h5, source


def network(folder: Path) -> Path:
    weights = {"kernel": np.arange(6, dtype=np.float32).reshape(3, 2), "bias": np.zeros(2, np.float32)}
    return save_h5(folder / "net.h5", [source((3,)), L("Dense", "d", {"units": 2}, ["x"], weights)])


def test_arrays_come_back_as_they_are_stored(tmp_path: Path) -> None:
    path = network(tmp_path)
    odd = {"kernel": np.arange(6, dtype=">f8").reshape(3, 2), "bias": np.zeros((0, 2), np.int16), "c": np.float16(2.5)}
    with h5py.File(path, "r+") as file:
        place = file["model_weights/d"]
        del place["d"]
        place.attrs["weight_names"] = [f"d/{name}:0" for name in odd]
        for name, x in odd.items():
            place[f"d/{name}:0"] = x
    found = read(path).weights["d"].arrays
    assert list(found) == list(odd)
    for name, x in odd.items():
        assert found[name].dtype == np.asarray(x).dtype
        np.testing.assert_array_equal(found[name], x)


def test_a_file_whose_bytes_were_changed_is_read_or_refused_but_never_hangs_or_crashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables of the file, byte by byte: with h5py 3.16 some of these changes make HDF5 run in circles."""
    monkeypatch.setattr(apart, "SECONDS", 1.0)
    data = network(tmp_path).read_bytes()
    heads = [m.start() for m in re.finditer(rb"TREE|HEAP|SNOD|GCOL", data)]
    assert heads
    tables = {0, *heads[:4], *heads[-4:]}  # of the file, its first group, and its last
    bad, refusals = tmp_path / "bad.h5", set()
    for place in sorted({head + i for head in tables for i in range(0, 56)}):
        for value in (0, 0xFF):
            bad.write_bytes(data[:place] + bytes([value]) + data[place + 1 :])
            try:
                read(bad)
            except ModelError as error:
                assert str(error).startswith(f"{bad}: ")
                refusals.add(place)
    assert len(refusals) > 50
    assert list(read(network(tmp_path)).weights) == ["x", "d"]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import time; time.sleep(60)", r"damaged, or no Keras file \(HDF5's library came to no end within 0 s\)"),
        ("import os; os.abort()", r"damaged, or no Keras file \(signal 6 ended HDF5's library\); save the model again"),
    ],
)
def test_a_parser_that_hangs_or_crashes_is_a_message(
    program: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = network(tmp_path)
    read(path)
    with monkeypatch.context() as patch:
        patch.setattr(apart, "SECONDS", 0.3)
        patch.setattr(apart, "_kept", None)
        patch.setattr(apart, "_CHILD", tmp_path / "child.py")
        (tmp_path / "child.py").write_text(program)
        with pytest.raises(ModelError, match=message):
            read(path)
    assert list(read(path).weights) == ["x", "d"]


def test_a_mistake_of_the_parser_is_not_said_to_be_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_kept", None)
    monkeypatch.setattr(apart, "_CHILD", tmp_path / "child.py")
    (tmp_path / "child.py").write_text("raise AttributeError('no such thing')")
    with pytest.raises(IRError, match=r"(?s)parsing a Keras file: .*no such thing"):
        read(network(tmp_path))


def test_a_forked_process_has_a_parser_of_its_own(tmp_path: Path) -> None:
    path = network(tmp_path)
    read(path)
    child = os.fork()
    if child == 0:
        os._exit(0 if list(read(path).weights) == ["x", "d"] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert list(read(path).weights) == ["x", "d"]

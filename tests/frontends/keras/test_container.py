"""Keras files that are no Keras files, or hold what must not be followed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.frontends.keras.container import read
from codesign.frontends.keras.reader import load
from tests.frontends.keras.files import L, functional, save_h5, save_keras, source

DENSE = L("Dense", "d", {"units": 2}, ["x"], {"kernel": np.ones((3, 2), np.float32), "bias": np.zeros(2, np.float32)})
LAYERS = [source((3,)), DENSE]


def opened(path: Path) -> h5py.File:
    return h5py.File(path, "r+")


def without_architecture(path: Path) -> None:
    with opened(path) as file:
        del file.attrs["model_config"]


def broken_json(path: Path) -> None:
    with opened(path) as file:
        file.attrs["model_config"] = "{"


def nested_json(path: Path) -> None:
    with opened(path) as file:
        file.attrs["model_config"] = "[" * 30000


def list_json(path: Path) -> None:
    with opened(path) as file:
        file.attrs["model_config"] = "[1]"


def soft_link(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d/d/kernel:0"] = h5py.SoftLink("/model_weights/d/d/bias:0")


def external_link(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d/d/kernel:0"] = h5py.ExternalLink("/etc/passwd", "/")


def external_data(path: Path) -> None:
    (path.parent / "secret").write_bytes(bytes(24))
    with opened(path) as file:
        del file["model_weights/d/d/kernel:0"]
        place = file["model_weights/d/d"]
        place.create_dataset("kernel:0", (3, 2), "f4", external=[(str(path.parent / "secret"), 0, 24)])


def virtual_data(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights/d/d/kernel:0"]
        layout = h5py.VirtualLayout((3, 2), "f4")
        layout[:] = h5py.VirtualSource(str(path.parent / "other.h5"), "w", (3, 2))
        file["model_weights/d/d"].create_virtual_dataset("kernel:0", layout)


def nan(path: Path) -> None:
    with opened(path) as file:
        file["model_weights/d/d/kernel:0"][0, 0] = np.nan


def strings(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d/d"].create_dataset("kernel:0", data=[b"a", b"b"])


def group(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d/d"].create_group("kernel:0")


def huge(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights/d/d/kernel:0"]
        file["model_weights/d/d"].create_dataset("kernel:0", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024))


def missing_layer(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights/d"]


def climbing_name(path: Path) -> None:
    with opened(path) as file:
        file["model_weights/d"].attrs["weight_names"] = ["../../d/d/kernel:0"]


def two_kernels(path: Path) -> None:
    with opened(path) as file:
        file["model_weights/d"].attrs["weight_names"] = ["d/kernel:0", "d/kernel:0"]


def no_names(path: Path) -> None:
    with opened(path) as file:
        del file["model_weights"].attrs["layer_names"]


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def text_file(path: Path) -> None:
    path.write_text("hello")


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_architecture, r"it holds weights but no architecture \(model.save_weights"),
        (broken_json, "its model_config is no JSON; save the model again"),
        (nested_json, "its model_config is no JSON"),
        (list_json, "its model_config is no mapping"),
        (soft_link, "d/kernel:0 is a link to another place, which is not followed"),
        (external_link, "d/kernel:0 is a link to another place, which is not followed"),
        (external_data, "d/kernel:0 takes its data from other files, which are not read"),
        (virtual_data, "d/kernel:0 takes its data from other files, which are not read"),
        (nan, "d/kernel:0 holds numbers that are not finite"),
        (strings, "d/kernel:0 holds .*, expected numbers"),
        (group, "d/kernel:0 must be an array"),
        (huge, "is beyond 268435456 elements"),
        (missing_layer, "the file has no d; save the model again"),
        (climbing_name, "the file has no ../../d/d/kernel:0"),
        (two_kernels, "layer d has two weights kernel: it holds several layers"),
        (no_names, "its attribute layer_names is missing"),
        (truncated, r"damaged, or no Keras file \("),
        (text_file, "not an HDF5 file; save the model again"),
        (empty, "the file is empty"),
    ],
)
def test_a_damaged_hdf5_file_is_refused(damage: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", LAYERS)
    damage(path)
    with pytest.raises(ModelError, match=f"^{path}: .*{message}"):
        load(path)


def rewritten(path: Path, change: Callable[[str, bytes], bytes | None], extra: tuple[str, bytes] | None = None) -> None:
    """The archive with its members changed (None: left out), and one more."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            new = change(name, data)
            if new is not None:
                archive.writestr(name, new)
        if extra is not None:
            archive.writestr(*extra)


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        ("config.json", None, "it has 0 files config.json, expected 1"),
        ("model.weights.h5", None, "it has 0 files model.weights.h5, expected 1"),
        ("config.json", b"\xff\xfe", "its configuration is no text"),
        ("config.json", b"{", "its config.json is no JSON"),
        ("metadata.json", b"3", "its metadata.json is no mapping"),
        ("model.weights.h5", b"none", r"damaged, or no Keras file \("),
    ],
)
def test_a_damaged_keras_file_is_refused(member: str, content: bytes | None, message: str, tmp_path: Path) -> None:
    path = save_keras(tmp_path / "net.keras", LAYERS)
    rewritten(path, lambda name, data: content if name == member else data)
    with pytest.raises(ModelError, match=f"^{path}: .*{message}"):
        load(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_keras_file_with_two_configurations_is_refused(tmp_path: Path) -> None:
    path = save_keras(tmp_path / "net.keras", LAYERS)
    rewritten(path, lambda name, data: data, ("config.json", b"{}"))
    with pytest.raises(ModelError, match=r"it has 2 files config\.json, expected 1"):
        load(path)


def test_other_members_of_a_keras_file_are_not_touched(tmp_path: Path) -> None:
    path = save_keras(tmp_path / "net.keras", LAYERS)
    rewritten(path, lambda name, data: data, ("../../assets/evil.py", b"raise SystemExit"))
    assert [n.name for n in load(path)] == ["x", "d", "d_bias"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.keras"]


def test_a_keras_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", LAYERS).rename(tmp_path / "net.keras")
    with pytest.raises(ModelError, match=r"damaged, or no Keras file \(File is not a zip file\); save the model"):
        load(path)


def test_a_truncated_keras_file_is_refused(tmp_path: Path) -> None:
    path = save_keras(tmp_path / "net.keras", LAYERS)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ModelError, match=r"damaged, or no Keras file \("):
        load(path)


def test_places_that_are_no_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"this is a folder \(a SavedModel\?\); save the model as one file"):
        load(tmp_path)
    with pytest.raises(ModelError, match=r"none.h5: cannot be read \(No such file"):
        load(tmp_path / "none.h5")


def test_long_lists_of_layers_are_read_in_pieces(tmp_path: Path) -> None:
    path = save_h5(tmp_path / "net.h5", LAYERS)
    with opened(path) as file:
        names = file["model_weights"].attrs
        del names["layer_names"]
        names["layer_names0"], names["layer_names1"] = [b"x"], np.array([b"d"], dtype="S1")
        file.attrs["model_config"] = np.bytes_(json.dumps(functional(LAYERS)))
        del file.attrs["keras_version"]
    found = read(path)
    assert list(found.weights) == ["x", "d"]
    assert found.version == 2
    assert list(found.weights["d"].arrays) == ["kernel", "bias"]

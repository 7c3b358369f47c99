"""Checkpoints come back as they were saved, and nothing else is read as one."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from codesign.errors import ModelError, OutputError
from codesign.gpu.checkpoint import Checkpoint, is_checkpoint


def example(kind: str = "filter") -> Checkpoint:
    rng = np.random.default_rng(1)
    weights = {
        "network.0.weight": rng.normal(size=(4, 3)).astype(np.float32),
        "network.0.bias": rng.normal(size=4).astype(np.float32),
        "scale": np.array(2.5, np.float32),
    }
    return Checkpoint(kind, {"inputs": 3, "hidden": [4, 4], "activation": "tanh", "layer_norm": False}, weights)


def test_a_checkpoint_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    saved = example()
    saved.save(tmp_path / "model")
    loaded = Checkpoint.load(tmp_path / "model")
    assert (loaded.kind, loaded.settings) == (saved.kind, saved.settings)
    assert list(loaded.weights) == list(saved.weights)
    for key, array in saved.weights.items():
        np.testing.assert_array_equal(loaded.weights[key], array, strict=True)
    assert is_checkpoint(tmp_path / "model") and not is_checkpoint(tmp_path)


def test_the_same_checkpoint_gives_the_same_bytes_and_replaces_an_older_one(tmp_path: Path) -> None:
    example("embedding").save(tmp_path / "a")
    example().save(tmp_path / "a")
    example().save(tmp_path / "b")
    for name in ("model.yaml", "weights.npz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="other files than a checkpoint"):
        example().save(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (Checkpoint("resnet", {}, example().weights), "kind is 'resnet', expected one of embedding, filter"),
        (Checkpoint("filter", {"a b": 1}, example().weights), "'a b' is no name"),
        (Checkpoint("filter", {"cut": float("nan")}, example().weights), "setting cut is nan, expected a finite"),
        (Checkpoint("filter", {}, {}), "there are no weights"),
        (Checkpoint("filter", {}, {"../w": np.zeros(1, np.float32)}), "'../w' is no name of weights"),
        (Checkpoint("filter", {}, {"w": np.zeros(1)}), "weights w: float64, expected float32"),  # type: ignore[dict-item]
        (Checkpoint("filter", {}, {"w": np.full(1, np.nan, np.float32)}), "weights w: some are not numbers"),
    ],
)
def test_what_could_not_be_read_back_is_not_saved(changed: Checkpoint, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        changed.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_damaged_weights_are_refused_by_their_digest(tmp_path: Path) -> None:
    example().save(tmp_path / "model")
    path = tmp_path / "model" / "weights.npz"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"weights\.npz: its sha256 is .*, model\.yaml says"):
        Checkpoint.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: [", "this is not YAML"),
        ("- 1\n", "the checkpoint is"),
        ("kind: filter\nshape: 3\n", "the key 'shape' is not known"),
        ("kind: filter\nsha256: x\n", "settings is None, expected a mapping"),
    ],
)
def test_a_broken_model_file_is_refused_by_name(text: str, message: str, tmp_path: Path) -> None:
    example().save(tmp_path / "model")
    (tmp_path / "model" / "model.yaml").write_text(text)
    with pytest.raises(ModelError, match=message):
        Checkpoint.load(tmp_path / "model")


@pytest.mark.parametrize(
    "arrays",
    [{"w": np.array([{}], dtype=object)}, {"w": np.zeros(3)}],
    ids=["pickled objects", "float64"],
)
def test_weights_of_another_kind_are_refused_even_with_the_right_digest(
    arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    example().save(tmp_path / "model")
    path = tmp_path / "model" / "weights.npz"
    np.savez(path, allow_pickle=True, **arrays)
    head = {"kind": "filter", "settings": {}, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (tmp_path / "model" / "model.yaml").write_text(yaml.safe_dump(head))
    with pytest.raises(ModelError, match=r"weights\.npz|expected float32"):
        Checkpoint.load(tmp_path / "model")


@pytest.mark.parametrize("shape", [(10**12,), (10**13, 10**13), (1 << 62, 4), (3, -1)])
def test_weights_that_say_that_they_are_larger_than_memory_are_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    example().save(tmp_path / "model")
    path, member = tmp_path / "model" / "weights.npz", io.BytesIO()
    np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("w.npy", member.getvalue())
    head = {"kind": "filter", "settings": {}, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (tmp_path / "model" / "model.yaml").write_text(yaml.safe_dump(head))
    with pytest.raises(ModelError, match=r"weights\.npz: this is no \.npz of weights"):
        Checkpoint.load(tmp_path / "model")


def test_a_missing_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.yaml: cannot be read"):
        Checkpoint.load(tmp_path / "nothing")

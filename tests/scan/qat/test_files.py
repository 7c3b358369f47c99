"""The files of a trained network appear together or not at all."""

from pathlib import Path

import pytest

from codesign.errors import OutputError
from codesign.scan.qat.files import Places, whole


def fill(places: Places) -> None:
    for path in (places.model, places.history, places.plain):
        if path is not None:
            path.write_text(path.suffix)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob("*"))


def test_all_files_appear_under_their_names(tmp_path: Path) -> None:
    with whole(tmp_path / "new" / "net.onnx", tmp_path / "plain.onnx", force=False) as places:
        fill(places)
        assert not (tmp_path / "new" / "net.onnx").exists()
    assert names(tmp_path) == ["net.onnx", "net.training.json", "new", "plain.onnx"]


def test_nothing_is_left_of_a_failed_training(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "net.onnx", None, force=False) as places:
        fill(places)
        raise ZeroDivisionError
    assert names(tmp_path) == []


def test_existing_files_stay_unless_they_may_be_replaced(tmp_path: Path) -> None:
    for name in ("net.onnx", "net.training.json", "plain.onnx"):
        (tmp_path / name).write_text("old")
        with (
            pytest.raises(OutputError, match=rf"{name}: this exists; .*--force"),
            whole(tmp_path / "net.onnx", tmp_path / "plain.onnx", force=False),
        ):
            pass
        (tmp_path / name).unlink()
    (tmp_path / "net.onnx").write_text("old")
    with whole(tmp_path / "net.onnx", None, force=True) as places:
        fill(places)
    assert (tmp_path / "net.onnx").read_text() == ".onnx"
    with pytest.raises(OutputError, match="two of the files"), whole(tmp_path / "a.onnx", tmp_path / "a.onnx", True):
        pass

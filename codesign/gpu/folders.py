"""Folders of results that appear when they are whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codesign.backends.swap import swap_folder
from codesign.errors import OutputError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """An empty folder that becomes `path` if the block succeeds, and vanishes if it raises.

    OutputError if there is anything at `path` but an empty folder, or it cannot be written."""
    _check_free(path)
    place = path.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    except OSError as error:
        raise OutputError(f"{path}: the folder cannot be made: {error.strerror}") from error
    try:
        yield building
        building.chmod(0o755)
        _check_free(path)
        swap_folder(building, place, path)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _check_free(path: Path) -> None:
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise OutputError(f"{path}: this exists; choose another folder")

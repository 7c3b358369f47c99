"""Folders of results that appear when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codesign.backends.swap import whole_folder
from codesign.errors import OutputError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """An empty folder that becomes `path` if the block succeeds, and vanishes if it raises.

    OutputError if there is anything at `path` but an empty folder, or it cannot be written."""
    with whole_folder(path, lambda: _check_free(path)) as building:
        yield building


def _check_free(path: Path) -> None:
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise OutputError(f"{path}: this exists; choose another folder")

"""A new folder or file takes the place of an old one, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codesign.errors import OutputError


@contextmanager
def whole_folder(path: Path, check: Callable[[], None]) -> Iterator[Path]:
    """An empty folder that becomes `path` if the block succeeds, and vanishes if it raises.

    `check` raises where `path` may not be replaced; it is asked before the block and after it. OutputError where the
    folder cannot be made or moved.
    """
    check()
    place = path.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent))
    except OSError as error:
        raise OutputError(f"{path}: the folder cannot be made: {error.strerror}") from error
    try:
        yield building
        building.chmod(0o755)
        check()
        _swap(building, place, path)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _swap(building: Path, place: Path, path: Path) -> None:
    """Renames `building` to `place`; what was there moves aside first, and comes back if that fails.

    OutputError, which calls the folder `path` as the user does.
    """
    aside = building.with_suffix(".old")
    try:
        replaced = place.exists()
        if replaced:
            place.rename(aside)
        try:
            building.rename(place)
        except OSError:
            if replaced:
                aside.rename(place)
            raise
    except OSError as error:
        raise OutputError(f"{path}: the folder cannot be written: {error.strerror}") from error
    shutil.rmtree(aside, ignore_errors=True)


def check_new_file(path: Path, force: bool) -> None:
    """OutputError where something is at `path`, unless it is a file and `force` is given."""
    if path.is_dir():
        raise OutputError(f"{path}: there is a folder of this name; choose another name")
    if path.exists() and not force:
        raise OutputError(f"{path}: this exists; choose another name, or give --force to replace the file")


def replace_file(path: Path, content: str | bytes) -> None:
    """Writes the file whole, into a folder that is made if need be, or leaves the one that there is."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error

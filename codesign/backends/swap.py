"""A new folder or file takes the place of an old one, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from codesign.errors import OutputError


def swap_folder(building: Path, place: Path, path: Path) -> None:
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


def replace_file(path: Path, content: str | bytes) -> None:
    """Writes the file whole, or leaves the one that there is."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error

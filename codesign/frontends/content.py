"""The bytes of a model's file."""

from __future__ import annotations

from pathlib import Path

from codesign.errors import ModelError
from codesign.frontends.names import spelled


def read_content(path: Path, *, folder: str, regular: str, empty: str) -> bytes:
    """All of the file `path`; ModelError, with the cure that is given for a folder, for what is no regular file and for
    an empty one, where there is nothing to read."""
    shown = spelled(str(path))
    if path.is_dir():
        raise ModelError(f"{shown}: this is a folder{folder}")
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"{shown}: this is no regular file; {regular}")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"{shown}: cannot be read ({reason}); check the path") from error
    if not data:
        raise ModelError(f"{shown}: the file is empty; {empty}")
    return data

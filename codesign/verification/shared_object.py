"""Generated C++ compiled into a shared object, once for the same sources, flags and compiler."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from codesign.errors import ToolError
from codesign.verification import toolchain

COMPILE_SECONDS = 1800


def compiled(source: Path, stem: str, flags: Sequence[str], folders: Sequence[Path]) -> Path:
    """`stem`-<digest>.so beside `source`, compiled unless it is there; the C++ in `folders` is what it is made of.

    ToolError where there is no compiler, where it fails, or where it cannot write.
    """
    compiler = toolchain.compiler()
    place = source.parent / f"{stem}-{_key(compiler, flags, folders)}.so"
    if not place.is_file():
        _compile([compiler, *flags, str(source)], place)
    return place


def _compile(command: Sequence[str], place: Path) -> None:
    """Into a file of its own first: another process may be building, or reading, the same."""
    try:
        handle, partial = tempfile.mkstemp(suffix=".part", dir=place.parent)
    except OSError as error:
        raise ToolError(f"{place.parent}: csim compiles into this folder, and cannot: {error.strerror}") from error
    os.close(handle)
    try:
        toolchain.run([*command, "-o", partial], seconds=COMPILE_SECONDS)
        os.replace(partial, place)
    finally:
        Path(partial).unlink(missing_ok=True)


def _key(compiler: str, flags: Sequence[str], folders: Sequence[Path]) -> str:
    """A digest of all that decides the result: sources, flags, the compiler and what it takes this machine for."""
    digest = hashlib.sha256()
    macros = [compiler, "-march=native", "-dM", "-E", "-x", "c++", os.devnull]
    digest.update(toolchain.run(macros, seconds=60).encode())
    digest.update("\0".join(f for f in flags if not f.startswith("-I")).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".cpp", ".h", ".hpp"):
                digest.update(str(path.relative_to(folder)).encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]

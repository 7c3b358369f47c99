"""Tables of numbers in csv files, plain or gzipped: read whole with every value checked, written whole or not at all.

numpy's own reader does the work: it is compiled, and it parses integers as integers, so that ids of 63 bits stay exact
(a reader that goes through floats loses them).
"""

from __future__ import annotations

import gzip
import os
import re
import warnings
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codesign.checks import nearest, shown
from codesign.errors import DataError, OutputError

MAX_BYTES = 1 << 31
"""Of text: more than any event, and a gzipped file can stand for anything."""

Columns = Mapping[str, type[np.int64] | type[np.float64]]
"""The names and types of columns."""


def read_table(path: Path, columns: Columns, header: bool = True) -> dict[str, NDArray[Any]]:
    """Each of the columns as an array; other columns of the file are passed over. Floats are finite.

    Without a header the columns of the file are these, in this order. DataError names file, line and column.
    """
    text = _text(path)
    lines = [line for line in text.splitlines() if line and not line.isspace()]
    if header and not lines:
        raise DataError(f"{path}: the file is empty, expected a line of column names: {', '.join(columns)}")
    names = [name.strip().strip('"') for name in lines[0].split(",")] if header else list(columns)
    for name in columns:
        if names.count(name) != 1:
            found = "twice" if name in names else f"not there ({nearest(name, names)})"
            raise DataError(f"{path}: the column {name} is {found}; expected {', '.join(columns)}")
    rows = lines[1:] if header else lines
    if not rows:
        return {name: np.zeros(0, kind) for name, kind in columns.items()}
    if {row.count(",") for row in rows} != {len(names) - 1}:
        raise _bad_row(path, text, names, columns, header)
    used = [(name, names.index(name)) for name in columns]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # older numpy takes 1.5 for the integer 1
            table = np.loadtxt(
                rows,
                dtype=np.dtype([(name, columns[name]) for name, _ in used]),
                delimiter=",",
                comments=None,
                usecols=[column for _, column in used],
                ndmin=1,
            )
    except (ValueError, DeprecationWarning) as error:
        raise _bad_row(path, text, names, columns, header) from error
    for name, kind in columns.items():
        if kind is np.float64 and not np.isfinite(table[name]).all():
            raise _bad_row(path, text, names, columns, header)
    return {name: table[name] for name in columns}


def write_table(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Writes a csv file, gzipped where its name ends in .gz; numbers are read back as they are. Byte for byte the same
    for the same numbers."""
    formats = ["%d" if x.dtype.kind in "iu" else "%.9g" if x.dtype == np.float32 else "%.17g" for x in columns.values()]
    row = ",".join(formats)
    lines = [",".join(columns), *(row % cells for cells in zip(*(x.tolist() for x in columns.values())))]
    content = ("\n".join(lines) + "\n").encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, compresslevel=6, mtime=0)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _text(path: Path) -> str:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: the gzip file is cut or damaged ({error}); fetch it again") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{path}: more than {MAX_BYTES:,} bytes of text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is no text; expected a csv file") from error


def _bad_row(path: Path, text: str, names: list[str], columns: Columns, header: bool) -> DataError:
    """What is wrong with the first row that is wrong."""
    seen_header = not header
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.isspace():
            continue
        if not seen_header:
            seen_header = True
            continue
        cells = line.split(",")
        if len(cells) != len(names):
            return DataError(f"{path}: line {number} has {len(cells)} columns, expected {len(names)}: {shown(line)}")
        for name, kind in columns.items():
            cell = cells[names.index(name)]
            if not _is(cell, kind):
                expected = "an integer of 64 bits" if kind is np.int64 else "a finite number"
                return DataError(f"{path}: line {number}, column {name}: found {shown(cell)}, expected {expected}")
    return DataError(f"{path}: this is no csv file of numbers; expected the columns {', '.join(names)}")


def _is(cell: str, kind: type[np.int64] | type[np.float64]) -> bool:
    """Whether the cell is such a number."""
    if kind is np.int64:
        return bool(re.fullmatch(r"\s*[+-]?[0-9]{1,19}\s*", cell)) and -(2**63) <= int(cell) < 2**63
    try:
        return bool(np.isfinite(float(cell))) and "_" not in cell
    except ValueError:
        return False

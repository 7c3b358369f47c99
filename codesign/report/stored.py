"""report.json and report.html in a project folder: read back, and written anew when something was measured."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from codesign.errors import IRError, OutputError
from codesign.report.html import html
from codesign.report.measured import AreaResult, CosimResult
from codesign.report.model import SCHEMA, Report
from codesign.report.vendor.merge import in_order
from codesign.report.vendor_report import VendorReport

JSON, HTML = "report.json", "report.html"

T = TypeVar("T")


def write_report(report: Report, folder: Path) -> None:
    """Writes report.json and report.html: each whole or as it was, also if this is interrupted."""
    texts = {JSON: report.to_json(), HTML: html(report)}
    parts = {name: folder / f".{name}.part" for name in texts}
    try:
        try:
            for name, text in texts.items():
                parts[name].write_text(text, encoding="utf-8")
            for name, part in parts.items():
                part.replace(folder / name)
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: the report cannot be written: {error.strerror}") from error


def read_report(folder: Path) -> Report:
    """The report of the project `folder`, as `write_report` left it; OutputError where there is none, or another
    version's, or where it was changed."""
    path = folder / JSON
    cure = "make the folder anew with `codesign compile`"
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: the report cannot be read ({error}); {cure}") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise OutputError(f"{path}: a report of schema {schema}, this codesign reads {SCHEMA}; {cure}")
    try:
        return _decoded(Report, data, "report")
    except ValueError as error:
        raise OutputError(f"{path}: {error}; {cure}") from error


def update_report(
    folder: Path,
    *,
    cosim: CosimResult | None = None,
    area: AreaResult | None = None,
    vendor: Sequence[VendorReport] | None = None,
) -> Report:
    """Puts what was measured into the report of the project `folder`, and writes it; gives the new report.

    What is None stays as it was, so that simulation and synthesis may come in any order, or at the same time. `vendor`
    is all that the vendor's tools said.
    """
    with _alone(folder):
        report = read_report(folder)
        if cosim is not None:
            _known(report, [row.process for row in cosim.processes], [row.stream for row in cosim.streams])
            report = replace(report, cosim=cosim)
        if area is not None:
            _known(report, [row.name for row in area.processes], [row.name for row in area.streams])
            report = replace(report, area=area)
        if vendor is not None:
            for found in vendor:
                _exist(report, found)
            report = replace(report, vendor=in_order(list(vendor)))
        write_report(report, folder)
    return report


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other update of this folder is under way within the block; the lock goes with its process."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise OutputError(f"{folder}: the project folder cannot be read: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _known(report: Report, processes: list[str], streams: list[str]) -> None:
    """IRError unless each row names a process or a stream of the report, and none does twice."""
    for what, names, rows in (("process", processes, report.processes), ("stream", streams, report.streams)):
        there = {row.name for row in rows}
        wrong = [name for name in names if name not in there or names.count(name) > 1]
        if wrong:
            raise IRError(f"report: what was measured of the {what} {wrong[0]} belongs to no row of {report.name}")


def _exist(report: Report, vendor: VendorReport) -> None:
    """IRError unless each instance that is known is a process or a stream of the report."""
    processes, streams = {row.name for row in report.processes}, {row.name for row in report.streams}
    for row in vendor.instances:
        if row.process not in processes | {None} or row.stream not in streams | {None}:
            raise IRError(f"report: the instance {row.name} of {vendor.name} belongs to no row of {report.name}")


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number")


def _decoded(kind: type[T], data: object, path: str) -> T:
    """The dataclass `kind` that `asdict` made `data` of; ValueError with the path of what is not of its type.
    Further keys are properties, which follow from the fields."""
    if not isinstance(data, dict):
        raise ValueError(f"{path} is no object")
    hints = get_type_hints(kind)
    values = {}
    for f in fields(kind):  # type: ignore[arg-type]
        if f.name not in data:
            raise ValueError(f"{path}.{f.name} is missing")
        values[f.name] = _value(hints[f.name], data[f.name], f"{path}.{f.name}")
    return kind(**values)


def _value(kind: Any, data: object, path: str) -> object:
    if isinstance(kind, UnionType):
        if data is None and NoneType in get_args(kind):
            return None
        (kind,) = (k for k in get_args(kind) if k is not NoneType)
    if get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise ValueError(f"{path} is no list")
        item = get_args(kind)[0]
        return tuple(_value(item, x, f"{path}[{i}]") for i, x in enumerate(data))
    if is_dataclass(kind):
        return _decoded(kind, data, path)  # type: ignore[arg-type]
    fits = type(data) in (int, float) if kind is float else type(data) is kind
    if not fits:
        raise ValueError(f"{path} is no {kind.__name__}")
    return data

"""A model file on disk becomes an ONNX protobuf whose data is complete, or a message that says what is wrong."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from codesign.errors import LayerError, ModelError
from codesign.frontends.constants import Constant, checked_shape
from codesign.frontends.content import read_content
from codesign.frontends.names import spelled
from codesign.ir.fixed import Fixed

CURE = "export the network again, as .onnx"
LARGEST = 1 << 31
"""Bytes that no protobuf has (protobuf.dev, Total Size of Message)."""


def read(path: Path) -> Any:
    """The ModelProto in the file `path`, without external data; ModelError where it is not a whole ONNX file."""
    shown = spelled(str(path))
    size = path.stat().st_size if path.is_file() else 0
    if size >= LARGEST:
        raise ModelError(
            f"{shown}: {size:,} bytes; an ONNX file holds less than {LARGEST:,}: save its weights as external data"
        )
    data = read_content(path, folder="; give the .onnx file in it", regular="give the .onnx file", empty=CURE)
    try:
        proto = onnx.load_model_from_string(data)
    except DecodeError as error:
        raise ModelError(f"{shown}: not an ONNX file, or a truncated one; {CURE}") from error
    return proto


def tensor(proto: Any, folder: Path | None) -> Constant:
    """The constant that a TensorProto holds, its external data taken from below `folder`.

    LayerError for data that is missing, of the wrong size, or outside the folder, for text, and for NaN.
    """
    proto = embedded(proto, folder)
    name, shape = spelled(proto.name), tuple(proto.dims)
    try:
        array = numpy_helper.to_array(proto)
    except (ValueError, TypeError) as error:
        raise LayerError(f"tensor {name} does not hold the data of its shape {shape}; {CURE}") from error
    if array.shape != shape:
        raise LayerError(f"tensor {name} does not hold the data of its shape {shape}; {CURE}")
    array = _plain(array, proto.data_type)
    _check_range(proto, name, array)
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise LayerError(f"tensor {name} holds nan; train or export it again without NaN and infinities")
    stored = Fixed(_ITEM_BITS[proto.data_type], 0, array.dtype.kind == "i") if array.dtype.kind in "iu" else None
    return Constant(proto.name, array, stored=stored)


def embedded(proto: Any, folder: Path | None) -> Any:
    """The TensorProto, its shape and type checked, with the data that it keeps in an external file below `folder`."""
    name = spelled(proto.name)
    shape = tuple(proto.dims)
    if any(d < 0 for d in shape):
        raise LayerError(f"tensor {name} has the shape {shape}; {CURE}")
    checked_shape(shape)
    if proto.data_type not in _ITEM_BITS:
        kind = onnx.TensorProto.DataType.Name(proto.data_type) if proto.data_type in _KNOWN else proto.data_type
        raise LayerError(f"tensor {name} has the type {kind}, which is no number here; use float or integer types")
    if proto.data_location != onnx.TensorProto.EXTERNAL:
        return proto
    return _with_external_data(proto, name, prod(shape), folder)


def _with_external_data(proto: Any, name: str, size: int, folder: Path | None) -> Any:
    """A copy of the tensor with the bytes that its external file holds for it."""
    where = {entry.key: entry.value for entry in proto.external_data}
    location = where.get("location", "")
    shown = spelled(location)
    if folder is None:
        raise LayerError(f"tensor {name} lies in the external file {shown}; load the model from its path")
    root = folder.resolve()
    parts = Path(location.replace("\\", "/")).parts
    try:
        file = (root / location).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise LayerError(f"tensor {name}: the external file {shown} cannot be opened; {CURE}") from error
    if not location or Path(location).is_absolute() or ".." in parts or not file.is_relative_to(root) or file == root:
        raise LayerError(
            f"tensor {name}: its external data {shown} lies outside the model's folder; put it beside the model"
        )
    try:
        offset, length = int(where.get("offset") or 0), int(where.get("length") or -1)
    except ValueError as error:
        raise LayerError(f"tensor {name}: offset and length of its external data must be numbers; {CURE}") from error
    needed = (size * _ITEM_BITS[proto.data_type] + 7) // 8
    if offset < 0 or length not in (-1, needed):
        raise LayerError(f"tensor {name}: its external data has {length} bytes, its shape needs {needed}; {CURE}")
    if not file.is_file():
        raise LayerError(f"tensor {name}: its external data {shown} is missing; put it beside the model")
    try:
        with file.open("rb") as stream:
            stream.seek(offset)
            data = stream.read(needed)
    except OSError as error:
        raise LayerError(f"tensor {name}: its external data {shown} cannot be read ({error.strerror})") from error
    if len(data) != needed:
        raise LayerError(f"tensor {name}: its external data {shown} is too short for its shape; {CURE}")
    copy = onnx.TensorProto()
    copy.name, copy.data_type, copy.raw_data = proto.name, proto.data_type, data
    copy.dims.extend(proto.dims)
    return copy


def _plain(array: np.ndarray, data_type: int) -> np.ndarray:
    """The array in a type that numpy itself has: bfloat16 and float8 become float32, 4-bit integers int8."""
    if array.dtype.kind in "fiub":
        return array
    kind: type = np.float32 if data_type == _T.BFLOAT16 else np.int8 if data_type == _T.INT4 else np.uint8
    return array.astype(kind)


def _check_range(proto: Any, name: str, array: np.ndarray) -> None:
    """LayerError for integers stored wider than their stated type that lie outside it: conversion would wrap them."""
    packed = _ITEM_BITS[proto.data_type] < 8
    if array.dtype.kind in "iu" and proto.int32_data and not proto.raw_data and array.dtype.itemsize < 4 and not packed:
        stored = np.array(proto.int32_data, dtype=np.int64)
        if stored.shape == array.ravel().shape and (stored != array.ravel()).any():
            bad = stored[stored != array.ravel()][0]
            raise LayerError(f"tensor {name} holds {bad}, which is outside its type {array.dtype}; {CURE}")


_T = onnx.TensorProto
_KNOWN = set(_T.DataType.values())
_ITEM_BITS: dict[int, int] = {
    _T.FLOAT: 32, _T.DOUBLE: 64, _T.FLOAT16: 16, _T.BFLOAT16: 16, _T.BOOL: 8,
    _T.INT8: 8, _T.INT16: 16, _T.INT32: 32, _T.INT64: 64, _T.INT4: 4,
    _T.UINT8: 8, _T.UINT16: 16, _T.UINT32: 32, _T.UINT64: 64, _T.UINT4: 4,
}  # fmt: skip

"""Networks and designs as text: a network's is a subset of Python, one node per line, and parses back.

    graph("jet_tagger", origin="jets.onnx")
    x = Input(tensor=Tensor(shape=(16,), fixed=Fixed(8, 5, True), low=-128, high=127), origin="x")  # 16 fixed<8,3>
    dense_1 = Dense(x, weights=array("dense_1.weights", "sha256:5f0c..."), bits=Fixed(6, 0, True), ...)  # 64 int<17>
    output("y", dense_1, origin="global_out")

Numbers are exact: rationals are text such as "1/32". Arrays and long vectors are digests here and lie in an .npz
beside; `parse` checks them against their digests.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from codesign.errors import UNREADABLE, ModelError
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph, Node
from codesign.ir.kernels.adder_graph import AdderGraph
from codesign.ir.kernels.base import Memory, MemoryStyle
from codesign.ir.parse import digest, from_text
from codesign.ir.vector import Vector

__all__ = ["design_text", "from_text", "load", "save", "to_text"]

LONGEST_VECTOR = 8
"""Vectors of more channels than this go to the .npz."""


def to_text(graph: Graph) -> tuple[str, dict[str, np.ndarray]]:
    """The text of the network, and the arrays that it names."""
    writer = _Writer({})
    lines = [f"graph({graph.name!r}, origin={graph.origin!r})"]
    lines += [writer.line(node) for node in graph]
    lines += [f"output({o.name!r}, {_reference(o.source)}, origin={o.origin!r})" for o in graph.outputs]
    return "\n".join(lines) + "\n", writer.arrays


def save(graph: Graph, stem: Path) -> None:
    """Writes `stem`.txt and `stem`.npz; the same network gives the same bytes."""
    text, arrays = to_text(graph)
    stem.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{stem}.txt").write_text(text, encoding="utf-8")
    stored = {name: _narrowed(x) for name, x in arrays.items()}
    np.savez_compressed(f"{stem}.npz", **stored)  # type: ignore[arg-type]  # no key is `allow_pickle`: each has a dot


def load(stem: Path) -> Graph:
    """The network that `save` wrote there; ModelError naming the file if it cannot be read or is not one."""
    try:
        text = Path(f"{stem}.txt").read_text(encoding="utf-8")
        with np.load(f"{stem}.npz", allow_pickle=False) as file:
            arrays = {name: _widened(file[name]) for name in file.files}
    except UNREADABLE as error:
        raise ModelError(f"{stem}: the network's text or arrays cannot be read: {error}") from error
    try:
        return from_text(text, arrays)
    except ModelError as error:
        raise ModelError(f"{stem}.txt: {error}") from error


def _narrowed(x: np.ndarray) -> np.ndarray:
    """Codes in the smallest integers that hold them: most are weights of a few bits."""
    if x.dtype != np.int64 or not x.size:
        return x
    low, high = int(x.min()), int(x.max())
    kinds = (np.int8, np.int16, np.int32, np.int64)
    return x.astype(next(k for k in kinds if np.iinfo(k).min <= low and high <= np.iinfo(k).max))


def _widened(x: np.ndarray) -> np.ndarray:
    """Codes as they are computed with."""
    return x.astype(np.int64) if x.dtype.kind == "i" else x


def design_text(design: Design) -> str:
    """The design for a reader: ports, streams and processes, one per line; constants as digests."""
    lines = [f"design {design.name}  # {design.origin!r}"]
    lines += [f"input {p.name} -> {p.stream}  # {p.tensor} {p.origin!r}" for p in design.inputs]
    for s in design.streams.values():
        fifo = f"{s.kind.value}, depth {s.depth}{' in bram' if s.memory is MemoryStyle.BRAM else ''}"
        lines.append(f"stream {s.name}: {s.beats} beats of {s.lanes} x {s.element}, {fifo}")
    for p in design:
        kernel = ", ".join(_parameters(p.kernel))
        cycles = f"{p.kernel.interval} cycles"
        lines.append(
            f"process {p.name}: {', '.join(p.reads)} -> {', '.join(p.writes)} by "
            f"{type(p.kernel).__name__}({kernel})  # {cycles} {p.origin!r}"
        )
    lines += [f"output {p.stream} -> {p.name}  # {p.tensor} {p.origin!r}" for p in design.outputs]
    return "\n".join(lines) + "\n"


class _Writer:
    """Collects the arrays while lines are written."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def line(self, node: Node) -> str:
        arguments = [_reference(i) for i in node.inputs]
        arguments += self.keywords(node.layer, node.name)
        arguments.append(f"origin={node.origin!r}")
        return f"{_reference(node.name)} = {type(node.layer).__name__}({', '.join(arguments)})  # {node.type}"

    def keywords(self, value: Any, path: str) -> Iterator[str]:
        """`field=value` for each field of a dataclass that differs from its default."""
        for f in fields(value):
            item = getattr(value, f.name)
            if f.default is MISSING or not _same(item, f.default):
                yield f"{f.name}={self.value(item, f'{path}.{f.name}')}"

    def value(self, value: Any, path: str) -> str:
        match value:
            case Enum():
                return f"{type(value).__name__}.{value.name}"
            case bool() | int() | str() | None:
                return repr(value)
            case Fraction():
                return f'Fraction("{value}")'
            case Fixed():
                return f"Fixed({value.width}, {value.frac}, {value.signed})"
            case Vector() if len(value) > LONGEST_VECTOR:
                return f"Vector({self.array(np.array([str(v) for v in value.values]), path)})"
            case Vector():
                return "Vector({})".format(", ".join(f'"{v}"' for v in value.values))
            case np.ndarray():
                return self.array(value, path)
            case tuple():
                items = [self.value(item, f"{path}.{k}") for k, item in enumerate(value)]
                return f"({', '.join(items)}{',' * (len(items) == 1)})"
            case _:
                return f"{type(value).__name__}({', '.join(self.keywords(value, path))})"

    def array(self, value: np.ndarray, path: str) -> str:
        self.arrays[path] = value
        return f'array("{path}", "{digest(value)}")'


def _same(value: object, default: object) -> bool:
    return value is default if isinstance(value, np.ndarray) else bool(value == default)


def _reference(name: str) -> str:
    """A node by its name; those that Python reserves (`in`, `lambda`) are quoted."""
    return f'node["{name}"]' if keyword.iskeyword(name) else name


def _parameters(kernel: object) -> Iterator[str]:
    """`field=value` of a kernel or step function; constants as their shape and digest."""
    for f in fields(kernel):  # type: ignore[arg-type]
        value = getattr(kernel, f.name)
        match value:
            case Memory():
                words = f"{value.depth} x {value.width} bits of {value.element} in {value.style.value}"
                yield f"{f.name}=<{words}, {digest(value.words)}>"
            case np.ndarray():
                shape = "x".join(map(str, value.shape))
                yield f"{f.name}=<{shape}, {digest(value)}>"
            case Fixed():
                yield f"{f.name}={value}"
            case Enum():
                yield f"{f.name}={value.value}"
            case AdderGraph():
                yield f"{f.name}=<{len(value.additions)} additions of {value.adder_bits} bits, {value.depth} deep>"
            case None if f.name == "adders":
                pass  # where the products are not made of adders
            case _ if is_dataclass(value):
                yield f"{f.name}={type(value).__name__}({', '.join(_parameters(value))})"
            case _:
                yield f"{f.name}={value!r}"

"""Small designs to simulate, of forks alone or with two paths that meet again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from codesign.backends.rtl.bench import simulation
from codesign.ir.design import Design, Port, Process, Stream
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Fork, Join, Permute
from codesign.ir.tensor import Tensor
from codesign.passes.fifo_depth import fifo_depth
from codesign.passes.pipelines import pipelines

CODE = Fixed(5, 0, True)
LANES, BEATS = 3, 4


def tree() -> Design:
    """x -> fork -> y_a, and b -> copy -> y_c, y_d: 15 bits per beat."""
    design = Design("tree", "tree.onnx")
    for name in ("x", "a", "b", "c", "d"):
        design.add_stream(Stream(name, CODE, LANES, BEATS))
    design.inputs.append(Port("x", "x", Tensor.of_fixed((BEATS, LANES), CODE), "/x"))
    design.add(Process("fork", Fork(2, BEATS, LANES, CODE), ("x",), ("a", "b"), "/fork"))
    design.add(Process("copy", Fork(2, BEATS, LANES, CODE), ("b",), ("c", "d"), "/copy"))
    for name in ("a", "c", "d"):
        design.outputs.append(Port(f"y_{name}", name, Tensor.of_fixed((BEATS, LANES), CODE), f"/y_{name}"))
    return fifo_depth(pipelines(design))


def diamond() -> Design:
    """x -> fork -> a -> turn (which needs a whole sample before it gives any) -> c; and b; c + b -> y."""
    design = Design("diamond", "diamond.onnx")
    total = Fixed(CODE.width + 1, 0, True)
    for name, element in (("x", CODE), ("a", CODE), ("b", CODE), ("c", CODE), ("y", total)):
        design.add_stream(Stream(name, element, LANES, BEATS))
    design.inputs.append(Port("x", "x", Tensor.of_fixed((BEATS, LANES), CODE), "/x"))
    design.add(Process("fork", Fork(2, BEATS, LANES, CODE), ("x",), ("a", "b"), "/fork"))
    turned = np.arange(BEATS * LANES)[::-1].copy()
    design.add(Process("turn", Permute(turned, LANES, CODE), ("a",), ("c",), "/turn"))
    design.add(Process("join", Join(1, 1, BEATS, LANES, CODE, CODE, total), ("c", "b"), ("y",), "/join"))
    design.outputs.append(Port("y", "y", Tensor.of_fixed((BEATS, LANES), total), "/y"))
    return fifo_depth(pipelines(design))


def with_depth(design: Design, stream: str, depth: int) -> Design:
    """The same with another depth of one FIFO."""
    found = design.copy()
    found.streams[stream] = replace(found.streams[stream], depth=depth)
    return found


def project(design: Design, folder: Path) -> Path:
    """What a simulation needs of a project, in `folder`."""
    for path, text in simulation(design, "0", "0").items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="ascii")
    return folder

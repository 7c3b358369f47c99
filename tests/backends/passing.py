"""Designs that only pass on what they read: beats of any width, at several inputs and outputs."""

from __future__ import annotations

from hypothesis import strategies as st

from codesign.ir.design import Design, Port, Process, Stream
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Fork
from codesign.ir.tensor import Tensor

WIDE = (1000, 40, 1)
"""Lanes that need several words for most widths, that fit a word for some, and one."""


def passing(*ports: tuple[Fixed, int, int, int]) -> Design:
    """For each (element, lanes, beats, copies) an input and so many outputs that give the same codes."""
    d = Design("passing", "passing.onnx")
    for number, (element, lanes, beats, copies) in enumerate(ports):
        tensor = Tensor.of_fixed((beats, lanes), element)
        x = d.add_stream(Stream(f"x{number}", element, lanes, beats))
        outs = [d.add_stream(Stream(f"y{number}_{copy}", element, lanes, beats)) for copy in range(copies)]
        d.add(Process(f"fork{number}", Fork(copies, beats, lanes, element), (x,), tuple(outs), f"/fork{number}"))
        d.inputs.append(Port(x, x, tensor, f"/x{number}"))
        d.outputs += [Port(y, y, tensor, f"/{y}") for y in outs]
    return d


@st.composite
def passing_designs(draw: st.DrawFn) -> Design:
    """Widths of 1 to 40 bits, beats that fit a word several times, once, or not at all."""
    ports = []
    for _ in range(draw(st.integers(1, 3))):
        element = Fixed(draw(st.integers(1, 40)), 0, draw(st.booleans()))
        lanes = draw(st.sampled_from(WIDE) | st.integers(1, 64))
        ports.append((element, lanes, draw(st.integers(1, 5)), draw(st.integers(1, 2))))
    return passing(*ports)

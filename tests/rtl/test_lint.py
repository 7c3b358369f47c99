"""Verilator has nothing to say about the library and the tops, whatever the parameters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.backends.rtl.top import rtl
from codesign.ir import kernels
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Times
from codesign.passes.pipelines import pipelines
from codesign.verification.verilator import verilator
from tests.backends.designs import Builder, one_of_each, several_chains


def lint(design: Design, folder: Path, clock_mhz: float) -> None:
    """ToolError with the first warning."""
    printed = rtl(pipelines(design, clock_mhz))
    for name, text in printed.files("0", "0").items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="ascii")
    top = folder / f"{printed.top}.sv"
    verilator().run(["--lint-only", "-Wall", "--top-module", printed.top, "-y", folder, top])


@pytest.mark.parametrize(("seed", "clock_mhz"), [(1, 100), (2, 400)])
def test_every_kernel_is_free_of_warnings(seed: int, clock_mhz: float, tmp_path: Path) -> None:
    design = one_of_each(seed, 3)
    assert {type(p.kernel) for p in design} == set(kernels.ALL)
    lint(design, tmp_path, clock_mhz)


@pytest.mark.parametrize("clock_mhz", [100, 200, 400])
def test_products_with_a_gate_are_free_of_warnings(clock_mhz: float, tmp_path: Path) -> None:
    b = Builder(Design("net", "net.onnx"), np.random.default_rng(0))
    for width, signed in ((1, False), (1, True), (2, True), (12, False), (12, True)):
        x, y = b.source(Fixed(12, 0, False), 1, 1, 1), b.source(Fixed(width, 0, signed), 1, 1, 1)
        ends = [u * v for u in (x.element.low, x.element.high) for v in (y.element.low, y.element.high)]
        z = b.after(x, Fixed.covering(min(ends), max(ends)))
        b.process("times", Times((1, 0), (1, 0), 1, 1, x.element, y.element, z.element), [x, y], [z])
        b.sink(z)
    lint(b.design, tmp_path, clock_mhz)


def test_chains_of_kernels_are_free_of_warnings(tmp_path: Path) -> None:
    lint(several_chains(4, 12, 6), tmp_path, 200)

"""The design with AXI4-Stream ports: whole bytes, tlast at the end of a sample, nothing lost in stalls."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from codesign.backends.rtl.axis import axis
from codesign.backends.rtl.top import rtl
from codesign.backends.rtl.vivado import vivado
from codesign.ir.design import Design, Port, Process, Stream
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Permute
from codesign.ir.tensor import Array, Tensor
from codesign.verification.vectors import random_codes
from codesign.verification.verilator import Program, verilator
from tests.rtl.cosimulated import final

WIDTH, LANES, BEATS = 5, 2, 6
BYTES = 2  # of 10 bits


def reversed_sample(inputs: tuple[str, ...] = ("x",), outputs: tuple[str, ...] = ("y",), lanes: int = LANES) -> Design:
    """Twelve codes of 5 bits, two per beat, in reverse; ports of the given names, the streams named otherwise. One per
    beat is put in order by a memory."""
    design, code = Design("net", "net.onnx"), Fixed(WIDTH)
    for k, (x, y) in enumerate(zip(inputs, outputs, strict=True)):
        tensor = Tensor.of_fixed((BEATS, LANES), code)
        for name in (f"in{k}", f"out{k}"):
            design.add_stream(Stream(name, code, lanes, BEATS * LANES // lanes))
        design.inputs.append(Port(x, f"in{k}", tensor, f"/{x}"))
        design.outputs.append(Port(y, f"out{k}", tensor, f"/{y}"))
        order = np.arange(BEATS * LANES)[::-1].copy()
        kernel = Permute(order, lanes, code)
        design.add(Process(f"reverse{k}", kernel, (f"in{k}",), (f"out{k}",), "/reverse"))
    return design


def written(design: Design, folder: Path) -> Path:
    """The SystemVerilog and the wrapper."""
    values = rtl(design)
    files = values.files("0", "0") | vivado(values, "xcu50-fsvh2104-2-e", "5", "0", "0")
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="ascii")
    return folder / axis(values).file


@pytest.fixture(scope="module")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("axis")
    wrapper = written(final(reversed_sample()), folder)
    bench = Path(__file__).with_name("axis_bench.cpp")
    sources = (wrapper, *sorted(folder.glob("*.sv")))
    Program(sources, wrapper.stem, bench, (bench.parent,)).build(folder / "simulation")
    return folder


def words(codes: Array, padding: int = 0) -> list[int]:
    """Beats as words, `padding` in the bits above them."""
    lanes = codes.reshape(-1, LANES) & ((1 << WIDTH) - 1)
    return [int(a | b << WIDTH | padding << (WIDTH * LANES)) for a, b in lanes]


def run(simulation: Path, given: list[int], wrong: int = -1, seed: int = 1) -> tuple[list[int], list[int], int]:
    """(words, tlast, misframed) of the simulation."""
    done = subprocess.run(
        [simulation / "simulation", *map(str, (len(given), BEATS, wrong, seed))],
        input="\n".join(map(str, given)),
        cwd=simulation, capture_output=True, text=True, check=True,
    )  # fmt: skip
    *beats, misframed = done.stdout.splitlines()
    found = [tuple(map(int, line.split())) for line in beats]
    return [word for word, _ in found], [last for _, last in found], int(misframed)


@pytest.mark.parametrize("seed", range(4))
def test_samples_pass_with_their_ends_marked_and_padding_ignored(simulation: Path, seed: int) -> None:
    design = reversed_sample()
    codes = random_codes(design, 20)
    found, last, misframed = run(simulation, words(codes[0], padding=45), seed=seed)
    assert found == words(design.evaluate(codes)[0])  # zeros in the padding
    assert last == ([0] * (BEATS - 1) + [1]) * 20
    assert misframed == 0


@pytest.mark.parametrize("wrong", [0, BEATS - 1, 3 * BEATS + 2])
def test_a_misplaced_end_of_an_input_is_told_and_changes_nothing_else(simulation: Path, wrong: int) -> None:
    design = reversed_sample()
    codes = random_codes(design, 4)
    found, last, misframed = run(simulation, words(codes[0]), wrong)
    assert (found, misframed) == (words(design.evaluate(codes)[0]), 1)
    assert last == ([0] * (BEATS - 1) + [1]) * 4


def test_ports_are_named_like_those_of_the_user() -> None:
    values = axis(rtl(final(reversed_sample(("x", "aclk"), ("x", "core")))))
    assert [p.name for p in (*values.inputs, *values.outputs)] == [
        "s_axis_x", "s_axis_aclk", "m_axis_x", "m_axis_core"
    ]  # fmt: skip
    assert {p.bytes for p in (*values.inputs, *values.outputs)} == {BYTES}
    assert values.name == "net_axis"


def test_the_wrapper_is_free_of_warnings(tmp_path: Path) -> None:
    wrapper = written(final(reversed_sample(("x", "aclk"), ("x", "core"))), tmp_path)
    verilator().run(["--lint-only", "-Wall", "--top-module", wrapper.stem, "-y", tmp_path, wrapper])

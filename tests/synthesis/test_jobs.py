"""Processes and FIFOs as jobs: equal where only names differ, and synthesized each once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codesign.analysis.cost import design_cost
from codesign.backends.rtl.top import Rtl, rtl
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Apply, Fork, Kernel, MatVec, MemoryStyle, Multiplier, Repack
from codesign.ir.layers.requantize import Table
from codesign.passes.adder_graph import adder_graph
from codesign.passes.pipelines import pipelines
from codesign.synthesis.cache import Cache
from codesign.synthesis.cells import Area
from codesign.synthesis.design import Synthesis, synthesize_design
from codesign.synthesis.job import Job, Synthesized, together
from codesign.synthesis.jobs import fifo_job, process_job
from codesign.synthesis.script import Family
from codesign.synthesis.yosys import Limits, find
from tests.backends.designs import Builder

FAMILY = Family.ULTRASCALE_PLUS


def square(x: Fixed, channels: int = 1) -> Apply:
    """The square of a code, per channel with another offset, by tables."""
    codes = np.arange(x.low, x.high + 1)
    entries = (codes**2 + np.arange(channels)[:, None]) % 200
    return Apply(Table(x.low, entries), 1, 6, 2, x, Fixed(8, 0, False))


def sums(weights: list[list[int]]) -> MatVec:
    """A product as an adder graph."""
    matrix, x = np.array(weights), Fixed(4)
    inputs, outputs = matrix.shape
    kernel = MatVec.fold(
        "m", matrix, None, Fixed(4), x, Fixed(10), 1, outputs, inputs, MemoryStyle.REGISTERS
    )  # fmt: skip
    return replace(kernel, multiplier=Multiplier.ADDERS, adders=adder_graph(matrix, x))


def chain(*kernels: Kernel) -> Design:
    """Each kernel on its own, between an input and outputs."""
    b = Builder(Design("net", "net.onnx"), np.random.default_rng(0))
    for kernel in kernels:
        [read] = kernel.reads
        x = b.source(read.element, 1, read.lanes * read.beats, read.lanes)
        outputs = [b.after(x, w.element, w.lanes * w.beats, w.lanes) for w in kernel.writes]
        b.process("kernel", kernel, [x], outputs)
        for output in outputs:
            b.sink(output)
    return pipelines(b.design)


def jobs(text: Rtl) -> list[Job]:
    return [process_job(text, p, FAMILY, slices=False) for p in text.processes]


def keys(design: Design) -> list[str]:
    return [job.key(find()) for job in jobs(rtl(design))]


def test_instances_that_differ_in_names_only_are_one_job() -> None:
    x = Fixed(4)
    pairs = [square(x), square(x, 6), sums([[3, -5], [7, 1]]), Fork(2, 3, 1, x), Repack(12, 2, 6, x)]
    found = keys(chain(*pairs, *pairs))
    assert found[: len(pairs)] == found[len(pairs) :]
    assert len(set(found)) == len(pairs)


def test_what_an_instance_is_made_of_makes_it_another_job() -> None:
    x = Fixed(4)
    one = square(x)
    entry = Table(x.low, one.function.entries + (np.arange(16) == 3))  # type: ignore[union-attr]
    others = [replace(one, function=entry), replace(one, lanes=3), sums([[3, -5], [7, 1]]), sums([[3, -5], [7, 2]])]
    assert len(set(keys(chain(one, *others)))) == 5
    text = rtl(chain(one))
    slices = process_job(text, text.processes[0], FAMILY, slices=True)
    old = process_job(text, text.processes[0], Family.SERIES_7, slices=False)
    assert len({job.key(find()) for job in (*jobs(text), slices, old)}) == 3


def test_a_job_has_no_name_of_the_design_and_no_monitor() -> None:
    design = chain(square(Fixed(4), 6), sums([[3, -5], [7, 1]]))
    for job in jobs(rtl(design)):
        text = "\n".join((*job.own, *job.own.values()))
        assert not any(word in text for word in ("kernel_", "net", "weights/"))
        assert ".go()" in text and ".starved()" in text and ".blocked()" in text
        assert all("//" not in module for module in job.library.values())


def test_jobs_that_are_synthesized_together_do_not_share_a_file_but_the_library() -> None:
    made = jobs(rtl(chain(square(Fixed(4), 6), square(Fixed(5), 6), sums([[3]]), sums([[5]]))))
    files, script = together(made)
    own = [file for file in files if file.startswith("job_")]
    assert len(own) == sum(len(job.own) for job in made)
    assert "job_1_memory_0_00001.hex" in own and "job_3_generated_0.sv" in own
    assert '"job_1_memory_0"' in files["job_1_job.sv"] and "job_3_generated_0 #" in files["job_3_job.sv"]
    assert all(file in files for line in script.splitlines() if (file := line.rpartition(" ")[2]).endswith(".sv"))


def test_a_fifo_is_its_width_its_depth_and_its_memory() -> None:
    design = chain(Fork(2, 3, 1, Fixed(4)), Fork(2, 3, 2, Fixed(4)))
    design.streams = {name: replace(s, depth=2 + (name == "x_1")) for name, s in design.streams.items()}
    text = rtl(design)
    found = {s.stream: fifo_job(s, FAMILY).key(find()) for s in text.streams}
    by_size: dict[tuple[int, int], set[str]] = {}
    for s in text.streams:
        by_size.setdefault((s.width, s.depth), set()).add(found[s.stream])
    assert len(by_size) == 3 and all(len(k) == 1 for k in by_size.values()) and len(set(found.values())) == 3
    deep = replace(text.streams[0], style="block")
    assert fifo_job(deep, FAMILY).key(find()) not in found.values()


@pytest.fixture(scope="module")
def synthesis(tmp_path_factory: pytest.TempPathFactory) -> tuple[Design, Synthesis]:
    """Two adder graphs that are equal, a table in block RAM and a Fork."""
    rows = np.random.default_rng(0).integers(0, 1 << 18, (1, 1024))
    ram = Apply(Table(-512, rows), 1, 1, 1, Fixed(10), Fixed(18, 0, False))
    design = chain(sums([[3, -5], [7, 1]]), sums([[3, -5], [7, 1]]), ram, Fork(2, 3, 1, Fixed(4)))
    cache = Cache(tmp_path_factory.mktemp("cache"))
    return design, synthesize_design(design, design_cost(design), FAMILY, find(), Limits(600), 2, cache)


def test_every_process_and_fifo_has_an_area(synthesis: tuple[Design, Synthesis]) -> None:
    design, found = synthesis
    assert (found.processes.keys(), found.streams.keys()) == (design.processes.keys(), design.streams.keys())
    first, second, _, _ = found.processes
    assert found.processes[second] == replace(found.processes[first], of=first)
    assert all(isinstance(made.outcome, Synthesized) for made in (*found.processes.values(), *found.streams.values()))


def area(synthesis: tuple[Design, Synthesis], kind: type[Kernel]) -> Area:
    design, found = synthesis
    [name] = [p.name for p in design if isinstance(p.kernel, kind)]
    outcome = found.processes[name].outcome
    assert isinstance(outcome, Synthesized)
    return outcome.area


def test_a_table_of_1024_words_of_18_bits_is_one_small_block(synthesis: tuple[Design, Synthesis]) -> None:
    assert area(synthesis, Apply).resources.bram36 == 0.5


def test_a_fork_keeps_a_beat_and_once_whether_it_is_there(synthesis: tuple[Design, Synthesis]) -> None:
    found = area(synthesis, Fork)
    assert found.resources.ff == 4 + 1
    assert found.resources.lut <= 6 and found.resources.dsp == found.resources.bram36 == 0

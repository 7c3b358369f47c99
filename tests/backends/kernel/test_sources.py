"""The kernel as it is printed."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from codesign.backends.hls.sources import sources
from codesign.backends.kernel.sources import DESCRIPTION, MOST_SAMPLES, Kernel, design_digest, kernel, write_kernel
from codesign.backends.project import write_project
from codesign.errors import OutputError, TargetError
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from tests.backends.passing import passing
from tests.backends.small import classifier

PART = "xcu50-fsvh2104-2-e"


def write(folder: Path, design: Design | None = None, word_bits: int = 512, max_samples: int | None = None) -> Kernel:
    """The project and the kernel of the small classifier, or of `design`, in `folder`."""
    design = design or classifier()
    printed = write_project(design, folder, part=PART, clock_ns=5, vectors=None, version="0.1.0", digest="abc")
    found = kernel(design, printed, word_bits)
    return write_kernel(
        replace(found, max_samples=max_samples or found.max_samples), folder, version="0.1.0", digest="abc"
    )


def test_the_kernel_of_a_small_design_is_as_reviewed(golden, tmp_path: Path) -> None:
    write(tmp_path, max_samples=1000)

    paths = [*sorted((tmp_path / "kernel").iterdir()), tmp_path / "csim" / "kernel.cpp"]
    texts = {str(p.relative_to(tmp_path)): p.read_text() for p in paths}
    # The digest is over the whole library, whose changes are reviewed elsewhere.
    digest = json.loads(texts[DESCRIPTION])["digest"]
    words = ", ".join(f"0x{digest[i : i + 8]}u" for i in range(0, 32, 8))
    assert words in texts["kernel/small_kernel.cpp"]
    golden("kernel", {k: v.replace(digest, "DIGEST").replace(words, "DIGEST") for k, v in texts.items()})


def test_the_digest_changes_with_any_printed_hardware(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "c").mkdir()
    other = classifier()
    other.streams["packed"] = replace(other.streams["packed"], depth=3)

    same, deeper = write(tmp_path / "a"), write(tmp_path / "b", other)

    assert write(tmp_path / "c").digest == same.digest
    assert re.fullmatch("[0-9a-f]{32}", same.digest)
    assert same.digest != deeper.digest
    assert design_digest({"a": "bc"}) != design_digest({"ab": "c"})
    assert same.status_words[:4] == tuple(int(same.digest[i : i + 8], 16) for i in range(0, 32, 8))


def test_other_words_are_another_kernel(tmp_path: Path) -> None:
    (tmp_path / "64").mkdir()
    (tmp_path / "512").mkdir()
    assert write(tmp_path / "64", word_bits=64).digest != write(tmp_path / "512").digest


def test_names_of_the_design_stay_and_those_of_the_kernel_give_way() -> None:
    """Layers may be called what the kernel would call its own."""
    design = Design("top", "top.onnx")
    base = passing((Fixed(4), 2, 3, 1))
    stream = dict(base.streams)
    design.streams = stream
    taken = ("compute", "samples", "status", "n", "load_x0", "x0_memory", "report_status", "top_kernel", "memory_word")
    fork = base.processes["fork0"]
    last = "x0"
    for name in taken:
        out = design.add_stream(replace(stream["y0_0"], name=f"after_{name}"))
        design.add(replace(fork, name=name, reads=(last,), writes=(out,)))
        last = out
    design.add(replace(fork, reads=(last,), writes=("y0_0",)))
    design.inputs, design.outputs = base.inputs, base.outputs

    found = kernel(design, sources(design), 512)

    names = (found.compute, found.samples, found.status, found.sample, found.inputs[0].mover, found.inputs[0].config)
    assert names == ("compute_2", "samples_2", "status_2", "n_2", "load_x0_2", "x0_memory_2")
    assert (found.report, found.name) == ("report_status_2", "top_kernel_2")
    assert "memory_word" not in [p.name for p in found.sources.processes]


def test_nothing_that_the_kernel_counts_exceeds_an_int() -> None:
    for element, lanes, beats in ((Fixed(1), 1, 1), (Fixed(8), 7, 3), (Fixed(8), 1000, 5), (Fixed(40), 64, 2)):
        design = passing((element, lanes, beats, 1))
        found = kernel(design, sources(design), 512)
        for argument in found.memories:
            counted = found.max_samples * beats
            assert counted + argument.layout.beats <= MOST_SAMPLES
            assert argument.layout.word_count(found.max_samples * lanes * beats) <= MOST_SAMPLES


def test_bursts_stay_within_4096_bytes() -> None:
    design = passing((Fixed(4), 2, 3, 1))
    printed = sources(design)
    for word_bits in (32, 64, 128, 256, 512, 1024):
        [x] = kernel(design, printed, word_bits).inputs
        assert x.burst * word_bits // 8 <= 4096
        assert x.burst in (32, 64)


def test_a_code_wider_than_a_word_is_refused() -> None:
    design = passing((Fixed(40), 2, 3, 1))
    with pytest.raises(TargetError, match="x0: a code of 40 bits does not fit a memory word of 32 bits"):
        kernel(design, sources(design), 32)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kernel").write_text("in the way")
    with pytest.raises(OutputError, match=r"kernel/.* cannot be written: "):
        write(tmp_path)

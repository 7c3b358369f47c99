"""The kernel as printed, compiled by g++ and started on packed bytes."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import codesign
from codesign import resources
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.memory import VERSION
from codesign.backends.project import write_project
from codesign.errors import ToolError
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.verification.csim import Arithmetic
from codesign.verification.kernel import KernelCsim
from codesign.verification.ladder import evaluate_network
from codesign.verification.vectors import random_codes
from tests.backends.passing import passing, passing_designs
from tests.backends.small import classifier

BATCHES = (0, 1, 5, 100)


def write(folder: Path, design: Design, word_bits: int = 512, max_samples: int | None = None) -> Path:
    """The project of `design` with its kernel."""
    printed = write_project(design, folder, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    found = kernel(design, printed, word_bits)
    write_kernel(replace(found, max_samples=max_samples or found.max_samples), folder, version="0", digest="0")
    return folder


def check(design: Design, csim: KernelCsim, batches: tuple[int, ...] = BATCHES) -> None:
    """Batches of each size give the integers of the design, and say which design it is."""
    for samples in batches:
        codes = [c[:samples] for c in random_codes(design, max(samples, 3))]
        expected = design.evaluate(codes) if samples else [np.zeros(0)] * len(design.outputs)
        for port, got, want in zip(design.outputs, csim(codes), expected, strict=True):
            np.testing.assert_array_equal(got, want.reshape(got.shape), f"{port.name} of {samples}")
        digest = "".join(f"{word:08x}" for word in csim.status[:4])
        assert (digest, *csim.status[4:]) == (csim.digest, VERSION, csim.max_samples)


@pytest.mark.parametrize("arithmetic", Arithmetic)
@pytest.mark.parametrize("word_bits", [64, 512])
def test_a_kernel_gives_the_integers_of_the_design(word_bits: int, arithmetic: Arithmetic, tmp_path: Path) -> None:
    check(classifier(), KernelCsim(write(tmp_path, classifier(), word_bits, 1000), arithmetic))


# Every example costs a run of g++, so there are few, each with several ports.
@settings(max_examples=6)
@given(passing_designs())
def test_codes_pass_whatever_their_beats(design: Design) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(design, KernelCsim(write(Path(folder), design)))


@pytest.mark.parametrize("word_bits", [32, 64, 512, 1024])
def test_beats_of_all_kinds_pass_in_both_arithmetics(word_bits: int, tmp_path: Path) -> None:
    """Several beats in a word, filled or not; a beat that is a word; beats of whole and of broken words."""
    most = min(word_bits, 40)
    design = passing(
        (Fixed(1, 0, False), 1, 3, 1),
        (Fixed(most - 1), 1, 3, 1),
        (Fixed(8), word_bits // 8, 2, 1),
        (Fixed(16, 0, False), word_bits // 4, 2, 1),
        (Fixed(most - 3), 37, 2, 2),
    )
    project = write(tmp_path, design, word_bits)
    for arithmetic in Arithmetic:
        check(design, KernelCsim(project, arithmetic), (1, 5))


def test_a_batch_gives_what_its_samples_give_one_by_one(tmp_path: Path) -> None:
    design = classifier()
    csim = KernelCsim(write(tmp_path, design))
    [codes] = random_codes(design, 20)

    [together] = csim([codes])

    apart = [csim([codes[n : n + 1]])[0] for n in range(len(codes))]
    np.testing.assert_array_equal(together, np.concatenate(apart))


def test_the_rest_of_the_last_word_is_zeros(tmp_path: Path) -> None:
    design = passing((Fixed(5), 3, 1, 1))
    csim = KernelCsim(write(tmp_path, design, 64))
    ones = np.full((6, 3), -1)

    [written] = csim.start([csim.memories[0].layout.pack(ones)], 6)

    words = written.view("<u8")
    assert words.tolist() == [(1 << 60) - 1, (1 << 30) - 1]


def test_the_jet_tagger_runs_as_compiled(tmp_path: Path) -> None:
    compiled = codesign.compile(
        resources.folder("models") / "jet_tagger" / "jet_tagger.onnx", output=tmp_path / "p", csim=False
    )
    csim = KernelCsim(tmp_path / "p")
    codes = random_codes(compiled.design, 100)
    expected = evaluate_network(compiled.network, codes)

    for samples in BATCHES:
        for got, want in zip(csim([c[:samples] for c in codes]), expected, strict=True):
            np.testing.assert_array_equal(got, want[:samples].reshape(got.shape))


def test_what_is_no_project_and_what_is_no_buffer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"no project with a kernel \(kernel/kernel.json is missing\)"):
        KernelCsim(tmp_path)
    csim = KernelCsim(write(tmp_path, classifier()))
    with pytest.raises(ToolError, match="a buffer of 64 bytes was given, 128 are read"):
        csim.start([np.zeros(64, np.uint8)], 33)


def test_a_kernel_that_writes_too_much_is_found(tmp_path: Path) -> None:
    project = write(tmp_path, classifier())
    place = project / "src" / "codesign" / "memory.hpp"
    place.write_text(
        place.read_text().replace("memory[w] = words.read();", "memory[w] = memory[w + 1] = words.read();")
    )
    csim = KernelCsim(project)
    with pytest.raises(ToolError, match="wrote beside its buffer, or to what it reads"):
        csim(random_codes(classifier(), 5))


def test_a_kernel_that_misuses_a_stream_is_found(tmp_path: Path) -> None:
    project = write(tmp_path, classifier())
    place = project / "kernel" / "small_kernel.cpp"
    place.write_text(place.read_text().replace("n < samples", "n + 1 < samples"))
    with pytest.raises(ToolError, match=r"stream x_beats was not read to its end|stream y_beats was read while"):
        KernelCsim(project)(random_codes(classifier(), 32))

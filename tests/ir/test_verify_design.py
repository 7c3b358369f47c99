"""The rules of a design: each broken rule is named with the stream or process that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import IRError
from codesign.ir.design import Design, Stream, StreamKind
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MemoryStyle
from codesign.ir.verify_design import verify_design
from codesign.passes.lower import Fold, lower
from tests.perceptrons import perceptron


def sound_design() -> Design:
    """x -> dense_1 -> relu_1 -> dense_2."""
    graph = perceptron(np.random.default_rng(0), [8, 6, 4])
    return lower(graph, {"dense_1": Fold(3, 4), "dense_2": Fold(4, 3)})


def another_element(d: Design) -> None:
    d.streams["x"] = replace(d.streams["x"], element=Fixed(9))


def another_sign(d: Design) -> None:
    s = d.streams["relu_1_out"]
    d.streams["relu_1_out"] = replace(s, element=replace(s.element, signed=True))


def fewer_beats(d: Design) -> None:
    d.streams["relu_1_out"] = replace(d.streams["relu_1_out"], beats=1)


def no_reader(d: Design) -> None:
    d.outputs.clear()


def two_readers(d: Design) -> None:
    d.outputs.append(replace(d.outputs[0], name="again"))


def no_writer(d: Design) -> None:
    d.add_stream(Stream("loose", Fixed(1), 1, 1))


def backwards(d: Design) -> None:
    d.processes = dict(reversed(d.processes.items()))


def unknown_stream(d: Design) -> None:
    d.outputs[0] = replace(d.outputs[0], stream="gone")


def too_few_streams(d: Design) -> None:
    d.processes["dense_2"] = replace(d.processes["dense_2"], reads=())


def wrong_port(d: Design) -> None:
    d.outputs[0] = replace(d.outputs[0], tensor=d.inputs[0].tensor)


def no_depth(d: Design) -> None:
    d.streams["x"] = replace(d.streams["x"], depth=0)


def single_of_several(d: Design) -> None:
    d.streams["relu_1_out"] = replace(d.streams["relu_1_out"], kind=StreamKind.SINGLE)


def array_at_a_port(d: Design) -> None:
    d.streams["x"] = replace(d.streams["x"], kind=StreamKind.ARRAY)


def fifo_in_registers(d: Design) -> None:
    d.streams["relu_1_out"] = replace(d.streams["relu_1_out"], memory=MemoryStyle.REGISTERS)


def misfiled(d: Design) -> None:
    d.streams["x"] = replace(d.streams["x"], name="z")


def test_a_sound_design_passes() -> None:
    verify_design(sound_design())


@pytest.mark.parametrize("kind", [StreamKind.ARRAY, StreamKind.STRUCT])
def test_a_stream_between_processes_may_be_an_array_or_words(kind: StreamKind) -> None:
    design = sound_design()
    design.streams["relu_1_out"] = replace(design.streams["relu_1_out"], kind=kind)
    verify_design(design)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (another_element, "stream x is 2 beats of 4 x int<9>, but port x carries 8 fixed<8,4>"),
        (another_sign, r"stream relu_1_out is 2 beats of 3 x int<\d>, but process relu_1 expects 2 beats of 3 x uint"),
        (fewer_beats, "stream relu_1_out is 1 beats of 3 x .*, but process relu_1 expects 2 beats"),
        (no_reader, "stream dense_2_out has no reader"),
        (two_readers, "stream dense_2_out is read by both output y and output again"),
        (no_writer, "stream loose has no writer"),
        (backwards, "process dense_2 reads relu_1_out, which nothing before it writes"),
        (unknown_stream, "output y uses an unknown stream gone"),
        (too_few_streams, "process dense_2 does not have as many streams as its kernel"),
        (wrong_port, "port y carries 8 fixed<8,4>"),
        (no_depth, "stream x has depth 0"),
        (misfiled, "stream z is filed under x"),
        (single_of_several, "stream relu_1_out is single, and has 3 lanes; a single stream has one"),
        (array_at_a_port, "port x is an array of FIFOs; a port carries packed words, single or struct"),
        (fifo_in_registers, "the FIFO of stream relu_1_out is made of registers; expected lutram or bram"),
    ],
)
def test_a_broken_rule_names_the_offender_and_the_pass(damage: Callable[[Design], None], message: str) -> None:
    design = sound_design()
    damage(design)
    with pytest.raises(IRError, match=f"after some_pass: design: .*{message}"):
        verify_design(design, after="some_pass")

"""The design: wired processes that compute beat by beat."""

from fractions import Fraction

import numpy as np
import pytest

from codesign.errors import IRError
from codesign.ir.design import Design, Port, Process, Stream
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Apply, Fork, Join, MatVec, MemoryStyle, Repack
from codesign.ir.layers import Dense, Input, Quantize, Shift
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector

X, ACC, Y = Fixed(4), Fixed(8), Fixed(3)
QUANTIZER = Quantize(-8, 7, Vector.of(Fraction(1, 2)))
DENSE = Dense(np.array([[1, -2], [3, 1], [-4, 0], [2, 2]]), Fixed(3), bias=np.array([1, -1]))


def residual() -> Design:
    """y = round((dense(x) + 2 * (dense(x) without its bias)) / 32): a fork, two folded products and a sum."""
    design = Design("net", "net.onnx")
    for name, element, lanes, beats in [
        ("x_s", X, 2, 2), ("left", X, 2, 2), ("right", X, 2, 2), ("wide", X, 4, 1), ("a", ACC, 1, 2), ("b", ACC, 2, 1),
        ("b_narrow", ACC, 1, 2), ("sum", Fixed(10), 1, 2), ("y_s", Y, 1, 2),
    ]:  # fmt: skip
        assert design.add_stream(Stream(name, element, lanes, beats)) == name
    fold = {"w": Fixed(3), "x": X, "accumulator": ACC, "positions": 1, "style": MemoryStyle.REGISTERS}
    weights, bias = DENSE.weights, DENSE.bias
    design.add(Process("fork", Fork(2, 2, 2, X), ("x_s",), ("left", "right"), "x"))
    design.add(Process("d1", MatVec.fold("d1", weights, bias, pe=1, simd=2, **fold), ("left",), ("a",), "MatMul_0"))
    design.add(Process("widen", Repack(4, 2, 4, X), ("right",), ("wide",), "x"))
    design.add(Process("d2", MatVec.fold("d2", weights, None, pe=2, simd=4, **fold), ("wide",), ("b",), "MatMul_1"))
    design.add(Process("narrow", Repack(2, 2, 1, ACC), ("b",), ("b_narrow",), "MatMul_1"))
    design.add(Process("add", Join(1, 2, 2, 1, ACC, ACC, Fixed(10)), ("a", "b_narrow"), ("sum",), "Add_2"))
    design.add(Process("out", Apply(Shift(0, 5, True, -4, 3), 1, 2, 1, Fixed(10), Y), ("sum",), ("y_s",), "Quant_3"))
    design.inputs = [
        Port("x", "x_s", QUANTIZER.result(Tensor((4,))), "x:0", Input(QUANTIZER.result(Tensor((4,))), (QUANTIZER,)))
    ]
    design.outputs = [Port("y", "y_s", Tensor.of_fixed((2,), Y), "y:0")]
    return design


def test_a_design_computes_beat_by_beat_what_its_layers_compute() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(-8, 8, (300, 4))
    (y,) = residual().evaluate([x])
    total = x @ DENSE.weights * 3 + [1, -1]
    assert y.tolist() == np.clip(np.round(total / 32), -4, 3).tolist()
    assert len(np.unique(y)) == 8


def test_the_host_encodes_real_inputs() -> None:
    (codes,) = residual().encode([np.array([[0.5, 0.25, -100.0, 3.0]])])
    assert codes.tolist() == [[1, 0, -8, 6]]


def test_the_interval_is_that_of_the_slowest_process() -> None:
    assert residual().interval() == 4
    assert Design("empty", "").interval() == 1


def test_memories_are_listed_with_their_owner() -> None:
    assert [(p.name, m.name) for p, m in residual().memories()] == [
        ("d1", "d1_weights"), ("d1", "d1_bias"), ("d2", "d2_weights"),
    ]  # fmt: skip


def test_a_copy_is_changed_alone() -> None:
    design = residual()
    other = design.copy()
    other.add_stream(Stream("more", X, 1, 1))
    del other.processes["out"]
    other.inputs.clear()
    assert "more" not in design.streams and "out" in design.processes and len(design.inputs) == 1


def test_names_are_given_once_and_streams_exist() -> None:
    design = residual()
    with pytest.raises(IRError, match="design: two streams are called a"):
        design.add_stream(Stream("a", X, 1, 1))
    with pytest.raises(IRError, match="design: two processes are called add"):
        design.add(design.processes["add"])
    with pytest.raises(IRError, match="design: process p uses an unknown stream nowhere"):
        design.add(Process("p", Repack(2, 1, 2, X), ("a",), ("nowhere",), ""))


def test_a_process_that_writes_other_beats_than_its_stream_has_is_an_error() -> None:
    design = residual()
    design.streams["sum"] = Stream("sum", Fixed(10), 2, 1)
    with pytest.raises(IRError, match=r"design: add wrote \(2, 1\) to sum of \(1, 2\)"):
        design.evaluate([np.zeros((1, 4), dtype=np.int64)])


def test_a_stream_is_as_wide_as_its_lanes() -> None:
    assert Stream("s", Fixed(5), 3, 7).width == 15

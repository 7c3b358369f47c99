"""The product of groups computes what a grouped convolution computes of its windows, for every folding."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codesign.analysis.schedule import stages
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import Grouped, MemoryStyle, Window
from codesign.ir.layers import Conv
from codesign.ir.tensor import Tensor
from codesign.passes.grouped import by_group
from tests.ir.kernels.test_kernels import INT, codes, divisors, run

WIDE = Fixed(24)


@settings(max_examples=150)
@given(st.data())
def test_windows_by_channel_and_the_product_are_a_grouped_convolution(data: st.DataObject) -> None:
    groups, each, results = data.draw(st.integers(2, 3)), data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    size = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    shape = size[0] + data.draw(st.integers(0, 2)), size[1] + data.draw(st.integers(0, 2)), groups * each
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    weights = rng.integers(-8, 8, (*size, each, groups * results))
    bias = rng.integers(-99, 99, groups * results) if data.draw(st.booleans()) else None
    layer = Conv(weights, Fixed(4), groups=groups, bias=bias)
    pe, simd = data.draw(divisors(results)), data.draw(divisors(each))
    y = layer.result(Tensor.of_fixed(shape, INT))
    x = codes(data, *shape)
    window = Window(*shape, simd, size, INT, by_channel=True)
    (seen,) = run(window, x)
    positions = prod(y.shape[:2])
    kernel = Grouped.fold(
        "m", by_group(layer, simd), bias, Fixed(4), INT, WIDE, positions, pe, simd, MemoryStyle.LUTRAM
    )  # fmt: skip
    (found,) = run(kernel, seen)
    assert found.tolist() == layer.evaluate(x).reshape(len(x), -1).tolist()
    assert kernel.reuse_factor == groups * size[0] * size[1] * each * results // (pe * simd)
    (stage,) = stages(kernel)
    assert stage.steps == kernel.interval and stage.writes[0][0] + 1 == kernel.first_output


def test_the_matrices_are_those_that_were_folded() -> None:
    matrices = np.random.default_rng(1).integers(-8, 8, (3, 4, 6))
    kernel = Grouped.fold("m", matrices, None, Fixed(4), INT, WIDE, 5, 2, 4, MemoryStyle.LUTRAM)
    assert (kernel.matrices() == matrices).all()
    assert (kernel.matrix() == np.concatenate(list(matrices), axis=1)).all()

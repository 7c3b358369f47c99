"""Matrix products with constant weights: MatMul and Gemm."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from codesign.frontends.constants import Constant, exact_floats, grid
from codesign.frontends.converters.building import Building
from codesign.frontends.converters.conversion import Conversion, Stream, scalar, shape_text
from codesign.frontends.names import spelled
from codesign.ir.fixed import Fixed
from codesign.ir.layers import Add, Affine, Dense, Layer, MatMul, Reshape
from codesign.ir.tensor import Array, Values
from codesign.ir.vector import ONE, Vector, common_step

GRID_BITS = 16
"""Float weights that are whole multiples of a power of two within this many bits count as quantized."""

CODE_BITS = 32
"""Bits that codes may grow to when weights of different scales are brought to one step."""


def matmul(node: Conversion) -> Stream:
    """A constant matrix on the right: Dense where it is quantized or on a power-of-two grid, else MatMul."""
    weights = node.value(1)
    if isinstance(node.value(0), Constant):
        node.refuse("a constant on the left of a product is not supported; transpose it so that it is on the right")
    if not isinstance(weights, Constant):
        node.refuse("a product of two values that both depend on the input is not supported; one must be constant")
    x = node.stream(0)
    shape = weights.shape
    if not shape or any(n != 1 for n in shape[:-2]) or len(shape) > max(x.rank, 2):
        node.refuse(f"tensor {spelled(weights.name)} of shape {shape} is no matrix; only matrix products are supported")
    if len(shape) == 1:
        y = product(node, x, weights.moved(lambda a: a.reshape(-1, 1)))
        return (
            node.emit(Reshape(y.shape[:-1]), y, part="shape")
            if len(y.shape) > 1
            else node.refuse(
                f"the weights {spelled(weights.name)} leave no axis but the batch; give them the shape ({shape[0]}, 1)"
            )
        )
    return product(node, x, weights.moved(lambda a: a.reshape(shape[-2:])))


def gemm(node: Conversion) -> Stream:
    """alpha * x @ B + beta * C, B constant, transposed or not: as MatMul, then Affine for alpha and for beta * C."""
    alpha, beta = node.op.real("alpha", 1.0), node.op.real("beta", 1.0)
    assert alpha is not None and beta is not None
    if node.op.flag("transA", False):
        node.refuse("transA=1 would mix the samples of a batch; export without it")
    if isinstance(node.value(0), Constant) or not isinstance(node.value(1), Constant):
        node.refuse("the second factor must be the constant one (the weights); export it so")
    x, weights = node.stream(0), node.constant(1, "weights")
    if len(weights.shape) != 2 or x.rank != 2:
        node.refuse(f"it multiplies tensors of {x.rank} and {len(weights.shape)} axes; Gemm takes two matrices")
    if node.op.flag("transB", False):
        weights = weights.moved(lambda a: a.T)
    y = product(node, x, weights)
    if alpha != 1:
        y = node.emit(Affine(Vector.of(alpha)), y, part="alpha")
    bias = node.optional(2)
    if bias is None or beta == 0:
        return y
    if isinstance(bias, Constant):
        offset = bias.times(scalar("beta", beta)) if beta != 1 else bias
        if len(offset.shape) == 2 and offset.shape[0] != 1:
            node.refuse(f"its bias {spelled(bias.name)} of shape {bias.shape} differs between the samples of a batch")
        return node.elementwise(y, lambda v: Affine(ONE, v), offset, part="bias")
    other = node.stream(2)
    if beta != 1:
        other = node.emit(Affine(Vector.of(beta)), other, part="beta")
    return node.emit(Add(), y, other, part="sum")


def product(node: Conversion, x: Stream, weights: Constant) -> Stream:
    """x @ weights, exact; the constant has shape (n_in, n_out)."""
    weights.check_finite()
    if 0 in weights.shape:
        node.refuse(f"tensor {spelled(weights.name)} of shape {weights.shape} is empty; export the network again")
    if x.shape[-1] != weights.shape[0]:
        node.refuse(
            f"the weights {spelled(weights.name)} of shape {weights.shape} do not fit an input of shape "
            f"{shape_text(x)}: {weights.shape[0]} rows for {x.shape[-1]} elements"
        )
    return typed_product(node, x, weights, lambda dense: dense, MatMul)


def typed_product(
    node: Building,
    x: Stream,
    matrix: Constant,
    integer: Callable[[Dense], Layer],
    real: Callable[[NDArray[np.float64]], Layer],
    part: str = "",
) -> Stream:
    """The layer that multiplies `x` by the matrix (inputs, outputs): `integer` of its codes where it is quantized or on
    a power-of-two grid, else `real` of its floats, with an Affine for the scales of its columns."""
    found = _codes(matrix)
    if found is not None:
        codes, bits, steps = found
        return node.emit(integer(_dense(node, matrix, codes, bits, steps)), x, part=part)
    base = exact_floats(matrix.name, matrix.base)
    if matrix.scale is None:
        return node.emit(real(np.ascontiguousarray(base)), x, part=part)
    scales = matrix.scale.reshape((1,) * (2 - matrix.scale.ndim) + matrix.scale.shape)
    if len(scales) == 1:
        y = node.emit(real(np.ascontiguousarray(base)), x, part=part)
        return node.emit(Affine(Vector.of(scales[0])), y, part=f"{part}_scale".strip("_"))
    return node.emit(real(matrix.floats()), x, part=part)


def _codes(weights: Constant) -> tuple[Array, Fixed, Values] | None:
    """(codes, type, steps that broadcast to them), or None where the weights are floats that lie on no small grid."""
    unit = Fraction(1)
    if weights.bits is not None:
        codes, bits = weights.base.astype(np.int64), weights.bits
    elif weights.base.dtype.kind in "iub":
        codes = weights.base.astype(np.int64)
        bits = Fixed.covering(int(codes.min()), int(codes.max()))
        if bits.width > CODE_BITS:
            return None  # sums of floats, brought to a common step
    else:
        found = grid(weights.base.astype(np.float64), GRID_BITS)
        if found is None:
            return None
        codes, exponent, bits = found
        unit = Fraction(2) ** exponent
    steps = np.array(unit, dtype=object) if weights.scale is None else np.asarray(weights.scale * unit, dtype=object)
    return codes, bits, steps.reshape((1,) * (2 - steps.ndim) + steps.shape)


def _dense(node: Building, weights: Constant, codes: Array, bits: Fixed, steps: Values) -> Dense:
    """The layer: one positive step for each column, the codes multiplied up where the steps of its rows differ."""
    if steps.shape[1] == 1 and steps.shape[0] > 1:
        steps = np.broadcast_to(steps, codes.shape)
    columns = [_common(column) for column in steps.T]
    step = Vector.of([c[0] for c in columns])
    factors: NDArray[np.object_] = np.array([c[1] for c in columns], dtype=object).T
    if all(f == 1 for f in factors.ravel()):  # one step for each column, or for all
        return Dense(np.ascontiguousarray(codes), bits, step)
    exact = codes.astype(object) * factors
    low, high = int(exact.min()), int(exact.max())
    if Fixed.covering(low, high).width > CODE_BITS:
        node.refuse(
            f"the scales of {spelled(weights.name)} differ along the inputs and have no common step within 32 bits; "
            "use one scale, or one for each output"
        )
    return Dense(np.ascontiguousarray(exact.astype(np.int64)), Fixed.covering(low, high), step)


def _common(column: Values) -> tuple[Fraction, list[int]]:
    """(step, factors): each scale is step * factor, the step positive."""
    distinct = set(column.tolist())
    step = common_step(distinct) or Fraction(1)
    factor = {s: int(s / step) for s in distinct}
    return step, [factor[s] for s in column]

"""What the kernels of MLPs share: activations, and means and variances of rows that are seen in pieces."""

import triton
import triton.language as tl


@triton.jit
def activated(x, TANH: tl.constexpr):
    """tanh or relu, in float32. What is no number stays none: the maximum of NaN and 0 is 0 on a card."""
    if TANH:
        x = 1.0 - 2.0 / (1.0 + tl.exp(2.0 * x))
    else:
        x = tl.where(x < 0.0, 0.0, x)
    return x


@triton.jit
def normalized(x, mean, scale, gain, shift):
    """A layer norm of rows whose mean and 1 / deviation are known."""
    return (x - mean[:, None]) * scale[:, None] * gain[None, :] + shift[None, :]


@triton.jit
def merged(x, mean, spread, seen, SIZE: tl.constexpr):
    """Mean and sum of squared deviations of rows, with SIZE more values of each (Chan, Golub, LeVeque 1979)."""
    more = tl.sum(x, axis=1) / SIZE
    apart = x - more[:, None]
    move = more - mean
    total = seen + SIZE
    spread = spread + tl.sum(apart * apart, axis=1) + move * move * (seen * SIZE / total)
    return mean + move * (SIZE / total), spread

"""An edge's MLP of the interaction network as one kernel, and sums of edges at their nodes without atomics."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from codesign.gpu.fast.kernels.parts import activated, normalized
from codesign.gpu.fast.layers import EPSILON, EdgeMLP, Layer

TILE = 64
SHARED = 1 << 16
"""Bytes that a program has on every card: compute capability 7.5 has the fewest (CUDA C++ Programming Guide, Compute
Capabilities)."""
_CHUNK = 16


@triton.jit
def _scaled(x, gain, shift, epsilon, SIZE: tl.constexpr):
    """The layer norm of whole rows."""
    mean = tl.sum(x, axis=1) / SIZE
    apart = x - mean[:, None]
    scale = 1.0 / tl.sqrt(tl.sum(apart * apart, axis=1) / SIZE + epsilon)
    column = tl.arange(0, SIZE)
    return normalized(x, mean, scale, tl.load(gain + column), tl.load(shift + column))


@triton.jit
def _edges(
    nodes,
    state,
    source,
    target,
    own,
    gain,
    shift,
    second,
    bias,
    second_gain,
    second_shift,
    last,
    last_bias,
    out,
    m,
    epsilon,
    WIDE: tl.constexpr,
    NARROW: tl.constexpr,
    TILE: tl.constexpr,
    STATE: tl.constexpr,
    HEAD: tl.constexpr,
    NORM: tl.constexpr,
    TANH: tl.constexpr,
):
    """nodes (n, 2 WIDE), state (m, NARROW), own (NARROW, WIDE), second (WIDE, NARROW) with a row for each input; out
    (m, NARROW), or with HEAD, where a norm, an activation and a product with `last` (NARROW,) follow, (m,)."""
    edge = tl.program_id(0).to(tl.int64) * TILE + tl.arange(0, TILE)
    inside = edge < m
    wide = tl.arange(0, WIDE)
    narrow = tl.arange(0, NARROW)
    start = tl.load(source + edge, mask=inside, other=0)
    end = tl.load(target + edge, mask=inside, other=0)
    x = tl.load(nodes + start[:, None] * (2 * WIDE) + wide[None, :]).to(tl.float32)
    x += tl.load(nodes + end[:, None] * (2 * WIDE) + (WIDE + wide)[None, :]).to(tl.float32)
    kind = nodes.dtype.element_ty
    if STATE:
        e = tl.load(state + edge[:, None] * NARROW + narrow[None, :], mask=inside[:, None], other=0.0)
        w = tl.load(own + narrow[:, None] * WIDE + wide[None, :])
        x = tl.dot(e, w, x, input_precision="ieee")
    if NORM:
        x = _scaled(x, gain, shift, epsilon, WIDE)
    x = activated(x, TANH).to(kind)
    y = tl.dot(x, tl.load(second + wide[:, None] * NARROW + narrow[None, :]), input_precision="ieee")
    y += tl.load(bias + narrow)[None, :]
    if HEAD:
        if NORM:
            y = _scaled(y, second_gain, second_shift, epsilon, NARROW)
        y = activated(y, TANH)
        logit = tl.sum(y * tl.load(last + narrow)[None, :], axis=1) + tl.load(last_bias)
        tl.store(out + edge, logit, mask=inside)
    else:
        tl.store(out + edge[:, None] * NARROW + narrow[None, :], y.to(kind), mask=inside[:, None])


@triton.jit
def _sum(values, begin, order, out, WIDTH: tl.constexpr, WIDE: tl.constexpr, CHUNK: tl.constexpr, ORDER: tl.constexpr):
    """One program for each node, which goes through its edges from the first to the last."""
    node = tl.program_id(0).to(tl.int64)
    column = tl.arange(0, WIDE)
    total = tl.zeros((WIDE,), tl.float32)
    high = tl.load(begin + node + 1)
    for at in range(tl.load(begin + node), high, CHUNK):
        edge = at + tl.arange(0, CHUNK)
        inside = edge < high
        if ORDER:
            edge = tl.load(order + edge, mask=inside, other=0)
        there = inside[:, None] & (column < WIDTH)[None, :]
        some = tl.load(values + edge[:, None] * WIDTH + column[None, :], mask=there, other=0.0)
        total += tl.sum(some.to(tl.float32), axis=0)
    tl.store(out + node * WIDTH + column, total.to(out.dtype.element_ty), mask=column < WIDTH)


def segment_sum(values: Tensor, begin: Tensor, order: Tensor | None) -> Tensor:
    """(n, width): row i is the sum of values (m, width) at begin[i]..begin[i + 1] of `order`, or of the values as they
    are. Sums are in float32 and always in one order: the same bits each time."""
    values = values.contiguous()
    n, width = len(begin) - 1, values.shape[1]
    out = torch.empty((n, width), dtype=values.dtype, device=values.device)
    if n:
        _sum[(n,)](
            values, begin, begin if order is None else order, out, WIDTH=width, WIDE=triton.next_power_of_2(width),
            CHUNK=_CHUNK, ORDER=order is not None, num_warps=2,
        )  # fmt: skip
    return out


def fits(network: EdgeMLP) -> bool:
    """Whether the kernel computes this MLP: two layers of powers of two from 16 on, or with a third that has one
    output, whose products have room: a tile of states beside a matrix."""
    wide, activation = network.first.weight.shape[0], network.first.activation
    second = network.rest[0]
    narrow = second.weight.shape[0]
    if network.state is not None and network.state.shape[1] != narrow:
        return False
    powers = all(w >= 16 and w & (w - 1) == 0 for w in (wide, narrow))
    powers &= (TILE * max(wide, narrow) + wide * narrow) * second.weight.element_size() <= SHARED
    if len(network.rest) == 1:
        return powers and activation is not None and _bare(second)
    head = len(network.rest) == 2 and network.rest[1].weight.shape[0] == 1 and _bare(network.rest[1])
    alike = second.activation == activation and (second.norm is None) == (network.first.norm is None)
    return powers and activation is not None and head and alike


def _bare(layer: Layer) -> bool:
    return layer.norm is None and layer.activation is None


class EdgeKernel:
    """The kernel with the weights of an MLP that `fits`, in the layout that it reads."""

    def __init__(self, network: EdgeMLP) -> None:
        second = network.rest[0]
        self.wide, self.narrow = network.first.weight.shape[0], second.weight.shape[0]
        self.second, self.bias = second.weight.T.contiguous(), second.bias
        self.state = None if network.state is None else network.state.T.contiguous()
        self.norm = network.first.norm
        self.second_norm = second.norm
        self.tanh = network.first.activation == "tanh"
        self.head = network.rest[1] if len(network.rest) == 2 else None

    def __call__(self, on_nodes: Tensor, edges: Tensor, state: Tensor | None = None) -> Tensor:
        """(E, narrow) of on_nodes' type, or the logits (E,) float32; from `on_nodes` and the edges' state."""
        m, bias = edges.shape[1], self.bias
        kind = torch.float32 if self.head else on_nodes.dtype
        out = torch.empty((m,) if self.head else (m, self.narrow), dtype=kind, device=on_nodes.device)
        if m == 0:
            return out
        gain, shift = self.norm or (bias, bias)
        second_gain, second_shift = self.second_norm or (bias, bias)
        last, last_bias = (self.head.weight[0].float(), self.head.bias) if self.head else (bias, bias)
        _edges[(triton.cdiv(m, TILE),)](
            on_nodes, on_nodes if state is None else state, edges[0].contiguous(), edges[1].contiguous(),
            on_nodes if self.state is None else self.state, gain, shift, self.second, bias, second_gain, second_shift,
            last, last_bias, out, m, EPSILON, WIDE=self.wide, NARROW=self.narrow, TILE=TILE,
            STATE=self.state is not None, HEAD=self.head is not None, NORM=self.norm is not None, TANH=self.tanh,
            num_warps=4, enable_fp_fusion=True,
        )  # fmt: skip
        return out

"""The filter's MLP on edges as one kernel: no activation of an edge outlives the tile that it is in.

A program takes a tile of edges, gathers and adds what their nodes have of the first layer, and computes the wide
products piece by piece. Two buffers of a tile's activations for each program are all that is written: 256 kB at 1024 in
16 bits, so that those of all programs fit the L2 cache of a large card.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from codesign.gpu.fast.kernels.parts import activated, merged, normalized
from codesign.gpu.fast.layers import EPSILON, EdgeMLP

TILE = 64
PROGRAMS = 2
"""For each multiprocessor."""


@triton.jit
def _filter(
    nodes,
    source,
    target,
    weights,
    bias,
    gain,
    shift,
    last,
    last_bias,
    scratch,
    out,
    m,
    epsilon,
    WIDTH: tl.constexpr,
    LAYERS: tl.constexpr,
    TILE: tl.constexpr,
    PIECE: tl.constexpr,
    DEPTH: tl.constexpr,
    NORM: tl.constexpr,
    TANH: tl.constexpr,
):
    """weights (LAYERS, WIDTH, WIDTH) with a row for each input, bias (LAYERS, WIDTH), gain and shift
    (LAYERS + 1, WIDTH), last (WIDTH,), scratch (programs, 2, TILE, WIDTH), out (m,)."""
    row = tl.arange(0, TILE)
    piece = tl.arange(0, PIECE)
    depth = tl.arange(0, DEPTH)
    buffers = scratch + tl.program_id(0).to(tl.int64) * (2 * TILE * WIDTH)
    kind = scratch.dtype.element_ty
    for tile in range(tl.program_id(0), tl.cdiv(m, TILE), tl.num_programs(0)):
        edge = tile * TILE + row.to(tl.int64)
        inside = edge < m
        start = tl.load(source + edge, mask=inside, other=0)
        end = tl.load(target + edge, mask=inside, other=0)
        mean = tl.zeros((TILE,), tl.float32)
        spread = tl.zeros((TILE,), tl.float32)
        for at in range(0, WIDTH, PIECE):
            x = tl.load(nodes + start[:, None] * (2 * WIDTH) + (at + piece)[None, :]).to(tl.float32)
            x += tl.load(nodes + end[:, None] * (2 * WIDTH) + (WIDTH + at + piece)[None, :]).to(tl.float32)
            if NORM:
                mean, spread = merged(x, mean, spread, at * 1.0, PIECE)
            tl.store(buffers + row[:, None] * WIDTH + (at + piece)[None, :], x.to(kind))
        for layer in range(LAYERS):
            here = buffers + (layer % 2) * (TILE * WIDTH)
            there = buffers + (1 - layer % 2) * (TILE * WIDTH)
            tl.debug_barrier()
            scale = 1.0 / tl.sqrt(spread / WIDTH + epsilon)
            for at in range(0, WIDTH, PIECE):
                place = here + row[:, None] * WIDTH + (at + piece)[None, :]
                x = tl.load(place).to(tl.float32)
                if NORM:
                    gains = tl.load(gain + layer * WIDTH + at + piece)
                    x = normalized(x, mean, scale, gains, tl.load(shift + layer * WIDTH + at + piece))
                tl.store(place, activated(x, TANH).to(kind))
            tl.debug_barrier()
            mean = tl.zeros((TILE,), tl.float32)
            spread = tl.zeros((TILE,), tl.float32)
            matrix = weights + layer * (WIDTH * WIDTH)
            for at in range(0, WIDTH, PIECE):
                sums = tl.zeros((TILE, PIECE), tl.float32)
                for k in range(0, WIDTH, DEPTH):
                    x = tl.load(here + row[:, None] * WIDTH + (k + depth)[None, :])
                    w = tl.load(matrix + (k + depth)[:, None] * WIDTH + (at + piece)[None, :])
                    sums = tl.dot(x, w, sums, input_precision="ieee")
                sums += tl.load(bias + layer * WIDTH + at + piece)[None, :]
                if NORM:
                    mean, spread = merged(sums, mean, spread, at * 1.0, PIECE)
                tl.store(there + row[:, None] * WIDTH + (at + piece)[None, :], sums.to(kind))
        tl.debug_barrier()
        here = buffers + (LAYERS % 2) * (TILE * WIDTH)
        scale = 1.0 / tl.sqrt(spread / WIDTH + epsilon)
        logit = tl.zeros((TILE,), tl.float32)
        for at in range(0, WIDTH, PIECE):
            x = tl.load(here + row[:, None] * WIDTH + (at + piece)[None, :]).to(tl.float32)
            if NORM:
                gains = tl.load(gain + LAYERS * WIDTH + at + piece)
                x = normalized(x, mean, scale, gains, tl.load(shift + LAYERS * WIDTH + at + piece))
            x = activated(x, TANH)
            logit += tl.sum(x * tl.load(last + at + piece)[None, :], axis=1)
        tl.store(out + edge, logit + tl.load(last_bias), mask=inside)
        tl.debug_barrier()  # the next tile writes where this one reads


def fits(network: EdgeMLP) -> bool:
    """Whether the kernel computes this MLP: hidden layers of one width in sixteens, alike, and one output."""
    *hidden, last = network.rest
    width, first = network.first.weight.shape[0], network.first
    alike = all(
        layer.weight.shape == (width, width)
        and layer.activation == first.activation
        and (layer.norm is None) == (first.norm is None)
        for layer in hidden
    )
    bare = last.norm is None and last.activation is None and last.weight.shape[0] == 1
    known = first.activation is not None and network.state is None and width % 16 == 0
    return bool(hidden) and alike and bare and known


class FilterKernel:
    """The kernel with the weights of an MLP that `fits`, in the layout that it reads."""

    def __init__(self, network: EdgeMLP) -> None:
        *hidden, last = network.rest
        self.dtype, device = network.nodes.dtype, network.nodes.device
        self.width, self.layers = network.first.weight.shape[0], len(hidden)
        self.weights = torch.stack([layer.weight.T for layer in hidden]).contiguous()
        self.bias = torch.stack([layer.bias for layer in hidden])
        norms = [layer.norm for layer in (network.first, *hidden) if layer.norm is not None]
        self.norm = bool(norms)
        self.gain = torch.stack([gain for gain, _ in norms]) if norms else self.bias
        self.shift = torch.stack([shift for _, shift in norms]) if norms else self.bias
        self.last, self.last_bias = last.weight[0].float().contiguous(), last.bias
        self.tanh = network.first.activation == "tanh"
        cuda = device.type == "cuda"
        self.programs = PROGRAMS * torch.cuda.get_device_properties(device).multi_processor_count if cuda else 2

    def __call__(self, on_nodes: Tensor, edges: Tensor) -> Tensor:
        """(E,) float32: the logits, from `on_nodes` of the network."""
        m = edges.shape[1]
        out = torch.empty(m, dtype=torch.float32, device=on_nodes.device)
        if m == 0:
            return out
        programs = min(self.programs, triton.cdiv(m, TILE))
        scratch = torch.empty((programs, 2, TILE, self.width), dtype=self.dtype, device=on_nodes.device)
        piece = next(p for p in (128, 64, 32, 16) if self.width % p == 0)
        _filter[(programs,)](
            on_nodes, edges[0].contiguous(), edges[1].contiguous(), self.weights, self.bias, self.gain, self.shift,
            self.last, self.last_bias, scratch, out, m, EPSILON, WIDTH=self.width, LAYERS=self.layers, TILE=TILE,
            PIECE=piece, DEPTH=min(piece, 64), NORM=self.norm, TANH=self.tanh, num_warps=8, enable_fp_fusion=True,
        )  # fmt: skip
        return out

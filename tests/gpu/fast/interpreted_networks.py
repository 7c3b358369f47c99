"""Run with TRITON_INTERPRET=1: the filter, the interaction network and its sums by kernels, against the modules."""

import numpy as np
import torch

from codesign.gpu.fast.filter import FastFilter
from codesign.gpu.fast.interaction import FastInteraction, adjacency, segment_sum_torch
from codesign.gpu.fast.kernels import edges as edge_kernels
from codesign.gpu.fast.kernels import filter as filter_kernels
from codesign.gpu.tracking.models.filter import Filter
from codesign.gpu.tracking.models.interaction import Interaction
from codesign.gpu.tracking.models.settings import FilterSettings, InteractionSettings

torch.set_num_threads(1)
torch.manual_seed(0)
CPU = torch.device("cpu")
# Logits here are below 1 in size, what they are sums of below 4. float32: the same sums in another order, 2^-22 of 4 a
# few times. float16: its 11 bits round values of at most 4 by 2^-10, four times one behind the other.
BOUND = {torch.float32: 3e-6, torch.float16: 4e-3}


def random_norms(module: torch.nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, torch.nn.LayerNorm):
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
            torch.nn.init.uniform_(part.bias, -0.5, 0.5)


def close(found: torch.Tensor, expected: torch.Tensor, bound: float) -> None:
    assert found.shape == expected.shape, (found.shape, expected.shape)
    worst = float((found - expected).abs().max()) if found.numel() else 0.0
    assert worst <= bound, (worst, bound)


def graph(n: int, m: int) -> torch.Tensor:
    return torch.randint(0, n, (2, m))


@torch.no_grad()
def filters() -> None:
    for norm, activation, width, m in ((True, "tanh", 48, 150), (False, "relu", 32, 64), (True, "relu", 32, 0)):
        hidden = (width,) * 3
        module = Filter(FilterSettings(inputs=10, hidden=hidden, activation=activation, layer_norm=norm)).eval()
        random_norms(module)
        x, edges = torch.randn(30, 5), graph(30, m)
        expected = module(x, edges)
        for dtype, bound in BOUND.items():
            by_kernel, by_torch = (FastFilter(module, CPU, dtype, kernels) for kernels in (True, False))
            assert filter_kernels.fits(by_kernel.network) and by_kernel.kernel is not None
            by_kernel.kernel.programs = 2
            found = by_kernel(x, edges)
            close(found, expected, bound)
            close(found, by_torch(x, edges), bound)


@torch.no_grad()
def interactions() -> None:
    for norm, activation, aggregate, m in ((True, "relu", "both", 100), (False, "tanh", "target", 20)):
        settings = InteractionSettings(
            hidden=(32, 16), steps=2, layer_norm=norm, activation=activation, aggregate=aggregate
        )
        module = Interaction(settings).eval()
        random_norms(module)
        x, edges = torch.randn(17, 3), graph(17, m)
        near = adjacency(17, edges)
        expected = module(x, edges)[near.order]
        for dtype, bound in BOUND.items():
            by_kernel, by_torch = (FastInteraction(module, CPU, dtype, kernels) for kernels in (True, False))
            assert all(isinstance(f, edge_kernels.EdgeKernel) for f in by_kernel.on_edges)
            found = by_kernel(x, near)
            close(found, expected, bound)
            close(found, by_torch(x, near), bound)


def sums() -> None:
    for n, m, width in ((9, 60, 24), (3, 0, 16), (0, 0, 16)):
        # Small integers: every sum is exact, in any order.
        values = torch.randint(-9, 9, (m, width)).float()
        near = adjacency(n, graph(max(n, 1), m))
        for begin, order in ((near.incoming, None), (near.outgoing, near.by_source)):
            found = edge_kernels.segment_sum(values, begin, order)
            np.testing.assert_array_equal(found.numpy(), segment_sum_torch(values, begin, order).numpy())


@torch.no_grad()
def no_numbers() -> None:
    """What overflows float16 is no number behind a relu either, as in plain torch: a maximum would make it 0."""
    module = Filter(FilterSettings(inputs=10, hidden=(32,) * 3, activation="relu", layer_norm=False)).eval()
    x, edges = torch.randn(30, 5), graph(30, 64)
    x[0, 0] = torch.nan
    edges[0, :9] = 0
    with np.errstate(all="ignore"):
        found = FastFilter(module, CPU, torch.float16, True)(x, edges)
    np.testing.assert_array_equal(found.isnan(), (edges == 0).any(0))
    module = Interaction(InteractionSettings(hidden=(32, 16), steps=1, layer_norm=False)).eval()
    with np.errstate(all="ignore"):
        found = FastInteraction(module, CPU, torch.float16, True)(torch.randn(30, 3) / 0, adjacency(30, edges))
    assert not found.isfinite().any()


filters()
interactions()
no_numbers()
sums()
print("equal")

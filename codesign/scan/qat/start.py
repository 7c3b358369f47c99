"""Where training with quantizers begins: the plain network with the scales that lose least, before any step.

That is post-training quantization. The scale of each output channel's weights, and of what goes through each quantizer,
is the one of least mean squared error, found by trying thresholds between the largest value and a fraction of it; then
training moves all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from brevitas.core.scaling import ParameterFromRuntimeStatsScaling, ParameterFromStatsFromParameterScaling
from torch import Tensor, nn

SAMPLES = 1024
"""That are looked at for the scales of what flows between layers."""
_BATCH = 64
_KEPT = 1 << 15
"""Numbers of each batch, evenly spread."""
SHARES = torch.logspace(0, -5, 61, base=2).tolist()
"""Thresholds that are tried, of the largest value: down to a 32nd of it, in steps of 6 %."""


def start(quantized: nn.Module, plain: nn.Module, inputs: Sequence[Tensor]) -> None:
    """Sets every scale of `quantized`, which has the weights of `plain` and the names of its modules, in place."""
    for module in quantized.modules():
        scaling, weight = _weight_scaling(module), getattr(module, "weight", None)
        if scaling is not None and isinstance(weight, Tensor):
            _set_weight_scale(module, scaling, weight.detach())
    quantizers = {name: module for name, module in quantized.named_modules() if _activation_scaling(module) is not None}
    seen = _inputs_of(plain, list(quantizers), inputs)
    for name, module in quantizers.items():
        proxy: Any = module.act_quant.fused_activation_quant_proxy
        values = proxy.activation_impl(torch.cat(seen[name]))
        _set_activation_scale(module, proxy, values)


def _set_weight_scale(module: Any, scaling: Any, weight: Tensor) -> None:
    """Of each output channel; the range of the codes is narrow."""
    most = 2 ** (int(module.weight_quant.bit_width().item()) - 1) - 1
    rows = weight.reshape(scaling.value.numel(), -1)
    largest = rows.abs().amax(dim=1).clamp_min(1e-12)
    best = _least_error(rows, largest, lambda x, scale: (x / scale).round().clamp(-most, most) * scale, most)
    with torch.no_grad():
        scaling.value.copy_(best.reshape(scaling.value.shape))
    scaling.init_done = True


def _set_activation_scale(module: Any, proxy: Any, values: Tensor) -> None:
    """One for the whole tensor."""
    quant, bits = proxy.tensor_quant, int(module.act_quant.bit_width().item())
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if module.act_quant.is_signed else (0, 2**bits - 1)
    steps = float(quant.int_scaling_impl(torch.tensor(float(bits))))
    largest = values.abs().max().clamp_min(1e-12)[None]
    best = _least_error(values[None], largest, lambda x, scale: (x / scale).round().clamp(low, high) * scale, steps)
    scaling = quant.scaling_impl
    with torch.no_grad():
        scaling.value.copy_(best.reshape(scaling.value.shape))
    scaling.counter = scaling.collect_stats_steps + 1


def _least_error(rows: Tensor, largest: Tensor, rounded: Callable[[Tensor, Tensor], Tensor], steps: float) -> Tensor:
    """(r,): for each row the threshold of least squared error; it is `steps` codes from 0."""
    best, least = largest, torch.full_like(largest, torch.inf)
    for share in SHARES:
        threshold = largest * share
        error = ((rounded(rows, (threshold / steps)[:, None]) - rows) ** 2).sum(dim=1)
        best, least = torch.where(error < least, threshold, best), torch.minimum(error, least)
    return best


def _inputs_of(plain: nn.Module, names: Sequence[str], inputs: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Numbers that go into each of these modules of the plain network, from all its calls."""
    seen: dict[str, list[Tensor]] = {name: [] for name in names}
    modules = dict(plain.named_modules())

    def keeping(name: str) -> Any:
        def keep(module: nn.Module, given: tuple[Tensor, ...]) -> None:
            flat = given[0].detach().flatten()
            seen[name].append(flat[:: max(1, len(flat) // _KEPT)])

        return keep

    hooks = [modules[name].register_forward_pre_hook(keeping(name)) for name in names]
    plain.eval()
    with torch.no_grad():
        for each in zip(*(x[:SAMPLES].split(_BATCH) for x in inputs)):
            plain(*each)
    for hook in hooks:
        hook.remove()
    return seen


def _weight_scaling(module: nn.Module) -> Any:
    """The learned scale of a layer's weights."""
    quant = getattr(getattr(module, "weight_quant", None), "tensor_quant", None)
    scaling = getattr(quant, "scaling_impl", None)
    return scaling if isinstance(scaling, ParameterFromStatsFromParameterScaling) else None


def _activation_scaling(module: nn.Module) -> Any:
    """The learned scale of a quantizer of results or inputs."""
    proxy = getattr(getattr(module, "act_quant", None), "fused_activation_quant_proxy", None)
    scaling = getattr(getattr(proxy, "tensor_quant", None), "scaling_impl", None)
    return scaling if isinstance(scaling, ParameterFromRuntimeStatsScaling) else None

"""What training makes small, by the name that a description gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

Loss = Callable[[Tensor, Tensor], Tensor]
"""Of results (n, k) and what was wanted: class numbers (n,), or numbers (n, k)."""

RATIO_BETA = 0.2
TEMPERATURE = 2.0
"""Of the softened probabilities of distillation (G. Hinton et al., arXiv 1503.02531)."""


def ratio(found: Tensor, wanted: Tensor) -> Tensor:
    """Of found / wanted - 1, so that all energies count alike: squared below 20 %, linear above."""
    return functional.smooth_l1_loss(found / wanted, torch.ones_like(wanted), beta=RATIO_BETA)


LOSSES: Mapping[str, Loss] = {
    "binary_cross_entropy": functional.binary_cross_entropy_with_logits,
    "cross_entropy": functional.cross_entropy,
    "mae": functional.l1_loss,
    "mse": functional.mse_loss,
    "ratio": ratio,
}


def distance(loss: str, student: Tensor, teacher: Tensor) -> Tensor:
    """How far the student's results are from the teacher's, in the terms of the loss."""
    match loss:
        case "cross_entropy":
            soft = functional.log_softmax(teacher / TEMPERATURE, dim=1)
            own = functional.log_softmax(student / TEMPERATURE, dim=1)
            return functional.kl_div(own, soft, reduction="batchmean", log_target=True) * TEMPERATURE**2
        case "binary_cross_entropy":
            return functional.binary_cross_entropy_with_logits(student, torch.sigmoid(teacher))
        case _:
            return LOSSES[loss](student, teacher)

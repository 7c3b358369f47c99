"""Object condensation and semantic cross entropy: what SPVCNN is trained with.

Kieseler, "Object condensation: one-stage grid-free multi-object reconstruction in physics detectors, graph and image
data" (arXiv:2002.03605), section 2. Each point i has a beta in 0..1 and a place x_i in the embedding, its charge is
q_i = artanh(beta_i)^2 + q_min. Each object k has one condensation point alpha_k; it draws its object's points with
|x - x_alpha|^2 q_alpha and pushes others away with max(0, 1 - |x - x_alpha|) q_alpha. Weighted by energy, the means
over points become means weighted by their energies. Objects of different events do not see each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from codesign.errors import ConfigError, ModelError

BETA_MOST = 1 - 1e-4
"""artanh grows without bound at 1; charges are those of a beta of at most this."""
NEAR = 1e-12
"""Added to squared distances under a root, whose slope at 0 is infinite."""


class Losses(NamedTuple):
    """The parts, each a scalar: `attraction`, `repulsion`, `beta` (condensation points should have 1), `noise` (noise
    should have 0), `semantic`; `total` is their weighted sum."""

    total: Tensor
    attraction: Tensor
    repulsion: Tensor
    beta: Tensor
    noise: Tensor
    semantic: Tensor


@dataclass(frozen=True)
class Condensation:
    """How objects condense.

    `alpha`: the condensation point is that of the largest "charge" or of the largest "energy" of its object.
    `energy_weighted`: means over points are weighted by energy. `q_min` is the least charge, `noise` the weight of
    noise's betas (s_B in the paper), `semantic` that of the cross entropy.
    """

    q_min: float = 0.1
    alpha: str = "charge"
    energy_weighted: bool = True
    noise: float = 1.0
    semantic: float = 1.0

    def __post_init__(self) -> None:
        if self.alpha not in ("charge", "energy"):
            raise ConfigError(f"condensation: alpha is {self.alpha!r}, expected 'charge' or 'energy'")
        if not (self.q_min > 0 and self.noise >= 0 and self.semantic >= 0):
            raise ConfigError("condensation: expected q_min > 0, noise >= 0 and semantic >= 0")

    def __call__(
        self,
        semantic: Tensor,
        beta: Tensor,
        embedding: Tensor,
        *,
        classes: Tensor,
        objects: Tensor,
        energy: Tensor,
        events: Tensor | None = None,
    ) -> Losses:
        """The losses of a cloud: logits (n, classes), beta (n,), embedding (n, d); the true `classes` (n,), `objects`
        (n,) by number, -1 for noise, and `energy` (n,) >= 0. Objects of different `events` (n,) differ, whatever
        their numbers. Without points, objects or noise the parts that need them are 0.
        """
        if not len(beta) == len(semantic) == len(embedding) == len(classes) == len(objects) == len(energy):
            raise ModelError(
                f"condensation: {len(semantic)} logits, {len(beta)} betas, {len(embedding)} embeddings, "
                f"{len(classes)} classes, {len(objects)} objects and {len(energy)} energies are not of the same points"
            )
        event = torch.zeros_like(objects) if events is None else events
        attraction, repulsion, condensed, noise = self._condense(beta, embedding, objects, energy, event)
        crossed = semantic.sum() * 0
        if len(classes):
            crossed = functional.cross_entropy(semantic, classes)
        total = attraction + repulsion + condensed + self.noise * noise + self.semantic * crossed
        return Losses(total, attraction, repulsion, condensed, noise, crossed)

    def _condense(
        self, beta: Tensor, embedding: Tensor, objects: Tensor, energy: Tensor, events: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        zero = beta.sum() * 0 + embedding.sum() * 0
        weight = energy if self.energy_weighted else torch.ones_like(beta)
        charge = torch.atanh(beta.clamp(max=BETA_MOST)) ** 2 + self.q_min
        signal = objects >= 0
        noise = _mean(beta[~signal], weight[~signal]) if bool((~signal).any()) else zero
        if not bool(signal.any()):
            return zero, zero, zero, noise
        pairs = torch.stack([events[signal], objects[signal]], dim=1)
        found, of = torch.unique(pairs, dim=0, return_inverse=True)
        number = torch.full_like(objects, -1)
        number[signal] = of
        alphas = condensation_points(energy if self.alpha == "energy" else charge, number, len(found))

        squared = (embedding[:, None, :] - embedding[alphas][None, :, :]).square().sum(dim=2)
        member = number[:, None] == torch.arange(len(found), device=number.device)
        other = (events[:, None] == found[None, :, 0]) & ~member
        push = (1 - torch.sqrt(squared + NEAR)).clamp(min=0)
        at = charge[alphas][None, :]
        attraction = _mean(charge * (squared * at * member).sum(dim=1), weight)
        repulsion = _mean(charge * (push * at * other).sum(dim=1), weight)
        return attraction, repulsion, (1 - beta[alphas]).mean(), noise


def condensation_points(values: Tensor, number: Tensor, objects: int) -> Tensor:
    """For each object 0..objects - 1 its point of the largest value (n,), the first of equals, and of NaN where there
    is one; points of `number` -1 belong to none, and every object has a point."""
    most = values.new_full((objects,), -torch.inf)
    inside = number >= 0
    rows = torch.arange(len(values), device=values.device)[inside]
    of, mine = number[inside], values.detach()[inside]
    most = most.scatter_reduce(0, of, mine, "amax")
    best = (mine == most[of]) | mine.isnan()
    first = torch.full((objects,), len(values), device=values.device)
    return first.scatter_reduce(0, of[best], rows[best], "amin")


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    """The mean weighted by `weight`; 0 where all weights are."""
    total = weight.sum()
    return (values * weight).sum() / torch.where(total > 0, total, torch.ones_like(total))

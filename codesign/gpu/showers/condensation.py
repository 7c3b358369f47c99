"""Clusters from what a network learned by object condensation: a beta and a place in a space of few dimensions per hit.

The inference of J. Kieseler, "Object condensation: one-stage grid-free multi-object reconstruction in physics
detectors, graph and image data", Eur. Phys. J. C 80 (2020) 886, sec. 2.3: in the order of falling beta, a hit above
`t_beta` that is not taken yet is a condensation point, and takes the hits within `t_d` that nobody has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ModelError

NONE = -1
"""The label of hits in no cluster."""

Labels = NDArray[np.int64]


def condensed(
    beta: NDArray[np.floating], embedding: NDArray[np.floating], t_beta: float = 0.1, t_d: float = 0.8
) -> Labels:
    """(n,) clusters from 0 in the order of their points' beta, and `NONE`; of equal betas the first hit is first.

    ModelError where beta (n,) is not of 0..1, embedding (n, d) has other rows, or either holds what is no number.
    """
    if beta.ndim != 1 or embedding.ndim != 2 or len(beta) != len(embedding):
        raise ModelError(f"clusters: beta is {beta.shape}, the embedding {embedding.shape}; expected (n,) and (n, d)")
    if not 0 <= t_beta <= 1 or not t_d >= 0:
        raise ModelError(f"clusters: t_beta is {t_beta:g} and t_d {t_d:g}, expected 0..1 and at least 0")
    if not np.isfinite(embedding).all() or not (beta >= 0).all() or not (beta <= 1).all():
        hit = int((~np.isfinite(embedding).all(axis=1) | ~((beta >= 0) & (beta <= 1))).argmax())
        raise ModelError(
            f"clusters: hit {hit} has beta {beta[hit]} at {embedding[hit]}; expected 0..1 and finite numbers"
        )
    labels = np.full(len(beta), NONE, np.int64)
    order = np.argsort(-beta, kind="stable")
    free = order
    count = 0
    place = embedding.astype(np.float64)
    while len(free) and beta[free[0]] >= t_beta:
        away = np.square(place[free] - place[free[0]]).sum(axis=1)
        near = away <= t_d * t_d
        labels[free[near]] = count
        free = free[~near]
        count += 1
    return labels

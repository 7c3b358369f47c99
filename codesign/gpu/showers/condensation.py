"""Clusters from what a network learned by object condensation: a beta and a place in a space of few dimensions per hit.

The condensation points are those of J. Kieseler, "Object condensation: one-stage grid-free multi-object reconstruction
in physics detectors, graph and image data", Eur. Phys. J. C 80 (2020) 886: in the order of falling beta, each hit of at
least `t_beta` that is within `t_d` of none. There a point takes all hits within `t_d` that nobody has yet. Here a hit
goes to the nearest point within `t_d`: that is where attraction draws it, and of two clusters side by side that of the
larger beta takes nothing from the other.
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
    """(n,) clusters from 0 in the order of their points' beta, and `NONE`; of equal betas the first hit is first, of
    equally near points that of the larger beta.

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
    nearest = np.full(len(beta), np.inf)
    place, reach = embedding.astype(np.float64), t_d * t_d
    free = np.argsort(-beta, kind="stable")
    count = 0
    while len(free) and beta[free[0]] >= t_beta:
        away = np.square(place - place[free[0]]).sum(axis=1)
        mine = (away <= reach) & (away < nearest)
        labels[mine], nearest[mine] = count, away[mine]
        free = free[away[free] > reach]
        count += 1
    return labels

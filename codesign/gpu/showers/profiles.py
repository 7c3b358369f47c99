"""Where showers leave their energy: depths and distances from the axis, drawn for spots that carry equal parts of it.

GP is G. Grindhammer and S. Peters, "The Parameterized Simulation of Electromagnetic Showers in Homogeneous and Sampling
Calorimeters", hep-ex/0001020, whose parameters for homogeneous media (appendix A.1) are taken, without the small
corrections for sampling. Its longitudinal profile is the gamma distribution of E. Longo and I. Sestili, NIM 128 (1975)
283. Bock is R. K. Bock, T. Hansl-Kozanecka and T. P. Shah, NIM 186 (1981) 533.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CONVERSION = 9 / 7
"""Radiation lengths after which a photon has made a pair, in the mean (PDG, Passage of particles through matter)."""
WIDEST = 0.985
"""The share of each radial profile that is followed; its tail falls too slowly to have an end."""


@dataclass(frozen=True, eq=False)
class EmProfile:
    """Of electromagnetic showers, one entry each: the depth of their maximum in radiation lengths, and alpha."""

    energy: Floats
    maximum: Floats
    alpha: Floats

    @classmethod
    def drawn(cls, energy: Floats, critical: float, atomic_number: float, rng: np.random.Generator) -> EmProfile:
        """With the fluctuations of GP: the logarithms of both are Gaussian, and correlated."""
        log_y = np.log(np.maximum(energy, 50 * critical) / critical)
        log_t = np.log(log_y - 0.812)
        log_alpha = np.log(0.81 + (0.458 + 2.26 / atomic_number) * log_y)
        sigma_t, sigma_alpha = 1 / (-1.4 + 1.26 * log_y), 1 / (-0.58 + 0.86 * log_y)
        rho = 0.705 - 0.023 * log_y
        first, second = rng.normal(size=(2, len(energy)))
        common, apart = np.sqrt((1 + rho) / 2), np.sqrt((1 - rho) / 2)
        t = np.exp(log_t + sigma_t * (common * first + apart * second))
        alpha = np.exp(log_alpha + sigma_alpha * (common * first - apart * second))
        return cls(energy, t, np.maximum(alpha, 1.05))

    def depths(self, of: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        """(spots,) radiation lengths from the start of shower `of`: a gamma distribution with its maximum."""
        return rng.gamma(self.alpha[of]) * (self.maximum / (self.alpha - 1))[of]

    def distances(self, of: NDArray[np.int64], depth: Floats, atomic_number: float, rng: np.random.Generator) -> Floats:
        """(spots,) Moliere radii from the axis: a core and a tail, both 2 r R^2 / (r^2 + R^2)^2 (GP, eq. 8), with the
        radii and the share of the core that GP gives for depths in units of the maximum's."""
        log_e = np.log(np.maximum(self.energy, 0.4))[of]
        tau = np.minimum(depth / self.maximum[of], 4.0)
        z = atomic_number
        core = 0.0251 + 0.00319 * log_e + (0.1162 - 0.000381 * z) * tau
        tail = (0.659 - 0.00309 * z) * (
            np.exp(-2.59 * (tau - 0.645)) + np.exp((0.3585 + 0.0412 * log_e) * (tau - 0.645))
        )
        away = ((0.401 + 0.00187 * z) - tau) / (1.313 - 0.0686 * log_e)
        share = np.clip((2.632 - 0.00094 * z) * np.exp(away - np.exp(away)), 0, 1)
        return within(np.where(rng.uniform(size=len(of)) < share, core, tail), rng)


def within(radius: Floats, rng: np.random.Generator) -> Floats:
    """Distances of density 2 r R^2 / (r^2 + R^2)^2, half of them less than R."""
    u = WIDEST * rng.uniform(size=len(radius))
    return radius * np.sqrt(u / (1 - u))


def em_fraction(energy: Floats, rng: np.random.Generator) -> Floats:
    """The share of a pion's energy that goes to neutral pions: 1 - (E / GeV)^(0.82 - 1) in the mean (T. A. Gabriel, D.
    E. Groom et al., NIM A338 (1994) 336), off by a Gaussian of 0.1."""
    mean = 1 - np.maximum(energy, 1.5) ** -0.18
    return np.clip(mean + 0.1 * rng.normal(size=len(energy)), 0.02, 0.95)


def pion_depths(energy: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """For spots of hadronic showers of these energies: depths behind the first interaction, (in radiation lengths for
    spots of neutral pions, in interaction lengths for others), each a gamma distribution (Bock)."""
    log_e = np.log(np.maximum(energy, 1.0))
    shape = 0.6165 + 0.3183 * log_e
    return rng.gamma(shape) / 0.2198, rng.gamma(shape) / (0.9099 - 0.0237 * log_e)


def pion_distances(depth: Floats, rng: np.random.Generator) -> Floats:
    """Distances in interaction lengths of spots at these depths in interaction lengths: half of the energy is within
    0.1 at the start and 0.05 more per interaction length, so that about 95 % is within one (C. W. Fabjan and F.
    Gianotti, Rev. Mod. Phys. 75 (2003) 1243, sec. III)."""
    return within(0.1 + 0.05 * np.minimum(depth, 6.0), rng)


def mip_losses(mean: Floats, rng: np.random.Generator) -> Floats:
    """Losses of minimum ionizing particles in layers of this mean loss: the distribution of J. E. Moyal, Phil. Mag. 46
    (1955) 263, a simple form of Landau's. -ln Z^2 of a Gaussian Z has it, with the mean gamma + ln 2 = 1.27."""
    wave = -np.log(rng.normal(size=len(mean)) ** 2) - 1.2704
    return mean * np.clip(1 + 0.12 * wave, 0.2, 6.0)

"""Generated jets: five classes of toy jets, each summed up in 16 high-level observables.

Nothing here is tuned to an experiment. It is a small, fast and fully documented stand-in for a jet
simulation, with the physics that makes the classes differ:

1. **Hard partons** (`hard_partons`). A jet has a transverse momentum pT uniform in 900-1100 GeV. A light
   quark or a gluon is one parton. W -> qq, Z -> qq and t -> b W -> b q q are two-body decays, isotropic in
   the rest frame of the parent and boosted to the laboratory, at masses drawn from Breit-Wigners.
2. **Shower** (`shower`). Each parton emits gluons uniformly in the Lund plane, the leading-logarithmic
   density  dn = (2 alpha C / pi) dln(1/z) dln(1/theta),  with alpha = 0.15, colour factor C = 3 for a gluon
   and 4/3 for a quark, z < 1/2, theta below the distance to the nearest other parton (angular ordering)
   or the jet radius, and transverse momentum z theta pT above 1 GeV.
3. **Hadrons** (`hadronize`). A branch of momentum p becomes 1 + Poisson(a ln(1 + p / GeV)) hadrons,
   a = 1.3 for a quark and 2 for a gluon, which share p evenly at random (a flat Dirichlet distribution)
   and are kicked sideways by 0.25 GeV.
4. **Detector** (`measure`). Poisson(3) soft particles (mean 1.5 GeV) fall uniformly on the jet; each momentum
   is smeared by 50 % / sqrt(pT / GeV) (+) 5 %, each coordinate by 0.01, the whole jet by 6 %; what ends up
   below 1 GeV or farther than R = 0.8 from the axis is lost.

The observables (`observables`) are the usual ones, over z_i = pT_i / sum pT and distances theta_ij in
(eta, phi). `jets` gives them standardized, so that a network's input is of order one.
"""

from dataclasses import dataclass, fields
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

CLASSES = ("gluon", "quark", "W", "Z", "top")

RADIUS = 0.8
ALPHA = 0.15
COLOUR = {"gluon": 3.0, "quark": 4 / 3}
HADRONS = {"gluon": 2.0, "quark": 1.3}
CUTOFF_GEV = 1.0
MASS_AND_WIDTH = {"W": (80.4, 2.1), "Z": (91.2, 2.5), "top": (172.7, 1.4)}

HARDEST = 32  # constituents in the pair and matrix-product sums
TRIPLES = 14  # constituents in the sums over triples that need every triangle

# Name, mean and standard deviation over the five classes, measured once with `python -m
# models.jet_tagger.generate`. They are fixed so that a jet's standardized values never depend on its batch.
OBSERVABLES: dict[str, tuple[float, float]] = {
    "log_mass": (4.679, 0.519),
    "multiplicity": (36.09, 14.41),
    "zlogz": (-2.833, 0.4881),
    "c1_b0": (0.4518, 0.02826),
    "c1_b1": (0.05093, 0.02862),
    "c1_b2": (0.01555, 0.01642),
    "c2_b1": (0.1075, 0.05605),
    "c2_b2": (0.05874, 0.06329),
    "log_d2_b1": (0.7776, 0.7243),
    "log_d2_b2": (1.133, 1.518),
    "m2_b1": (0.03638, 0.02133),
    "m2_b2": (0.008453, 0.009491),
    "n2_b1": (0.1133, 0.07312),
    "n2_b2": (0.03568, 0.04936),
    "tau21": (0.501, 0.2535),
    "tau32": (0.718, 0.2385),
}


@dataclass
class Particles:
    """A flat list of particles of many jets: `jet` says which, momenta in GeV, angles from the jet axis."""

    jet: NDArray[np.int64]
    pt: Array
    eta: Array
    phi: Array
    gluon: NDArray[np.bool_]
    reach: Array  # the largest angle at which it may still radiate

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> "Particles":
        return Particles(*(getattr(self, field.name)[index] for field in fields(self)))


def jets(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """`count` jets of random classes: standardized observables (count, 16), clipped to +-8, and classes."""
    raw, labels = raw_jets(count, seed)
    mean, deviation = np.array(list(OBSERVABLES.values())).T
    return np.clip((raw - mean) / deviation, -8, 8).astype(np.float32), labels


def raw_jets(count: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """The observables before they are standardized, and the classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(len(CLASSES), size=count)
    partons = hard_partons(labels, rng)
    hadrons = hadronize(shower(partons, rng), rng)
    return observables(*constituents(measure(hadrons, count, rng), count)), labels


def hard_partons(labels: NDArray[np.int64], rng: np.random.Generator) -> Particles:
    """One parton per gluon or quark jet, two per W or Z, three per top, about the axis of their sum."""
    count = len(labels)
    jet, momenta, gluon = [], [], []

    def add(which: NDArray[np.int64], momentum: Array, is_gluon: bool = False) -> None:
        jet.append(which)
        momenta.append(momentum)
        gluon.append(np.full(len(which), is_gluon))

    pt = rng.uniform(900, 1100, count)
    for label, name in enumerate(CLASSES):
        which = np.flatnonzero(labels == label)
        match name:
            case "gluon" | "quark":
                add(which, along_axis(pt[which], np.zeros(len(which))), is_gluon=name == "gluon")
            case "W" | "Z":
                mass = breit_wigner(name, len(which), rng)
                for quark in decay(along_axis(pt[which], mass), 0 * mass, rng):
                    add(which, quark)
            case "top":
                mass = breit_wigner("top", len(which), rng)
                w, bottom = decay(along_axis(pt[which], mass), breit_wigner("W", len(which), rng), rng)
                add(which, bottom)
                for quark in decay(w, 0 * mass, rng):
                    add(which, quark)

    px, py, pz = np.concatenate(momenta).T[1:]
    pt = np.maximum(np.hypot(px, py), 1e-6)
    jet_of = np.concatenate(jet)
    eta, phi = np.arcsinh(pz / pt), np.arctan2(py, px)
    nearest = np.full(len(jet_of), RADIUS)
    order = np.argsort(jet_of, kind="stable")
    for shift in (1, 2):  # at most three partons per jet, neighbours in this order
        one, other = order[:-shift], order[shift:]
        same = jet_of[one] == jet_of[other]
        one, other = one[same], other[same]
        distance = np.hypot(eta[one] - eta[other], phi[one] - phi[other])
        np.minimum.at(nearest, one, distance)
        np.minimum.at(nearest, other, distance)
    return Particles(jet_of, pt, eta, phi, np.concatenate(gluon), nearest)


def along_axis(pt: Array, mass: Array) -> Array:
    """Four-momenta (E, px, py, pz) along x."""
    return np.stack([np.hypot(pt, mass), pt, 0 * pt, 0 * pt], axis=1)


def breit_wigner(name: str, count: int, rng: np.random.Generator) -> Array:
    """Masses from a Breit-Wigner, cut off at five widths."""
    mass, width = MASS_AND_WIDTH[name]
    reach = np.arctan(10)
    return mass + width / 2 * np.tan(rng.uniform(-reach, reach, count))


def decay(parent: Array, daughter_mass: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """A two-body decay, isotropic in the parent's rest frame: the daughter of this mass, the massless one.

    In the rest frame both have momentum (M^2 - m^2) / 2M; the boost is the parent's.
    """
    mass = np.sqrt(parent[:, 0] ** 2 - (parent[:, 1:] ** 2).sum(axis=1))
    momentum = (mass**2 - daughter_mass**2) / (2 * mass)
    direction = rng.normal(size=(len(parent), 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    flight = momentum[:, None] * direction
    velocity = parent[:, 1:] / parent[:, :1]
    gamma = parent[:, 0] / mass

    def boosted(energy: Array, p: Array) -> Array:
        along = (velocity * p).sum(axis=1)
        factor = gamma**2 / (1 + gamma) * along + gamma * energy
        return np.concatenate([(gamma * (energy + along))[:, None], p + factor[:, None] * velocity], axis=1)

    return boosted(np.hypot(momentum, daughter_mass), flight), boosted(momentum, -flight)


def shower(partons: Particles, rng: np.random.Generator) -> Particles:
    """The partons and the gluons they emit; a parton keeps 1 against z / (1 - z) for each emission.

    Emissions are drawn in the rectangle of the Lund plane that holds the allowed triangle, then cut to it.
    """
    smallest_z = CUTOFF_GEV / (partons.pt * partons.reach)
    smallest_theta = CUTOFF_GEV / (0.5 * partons.pt)
    span_z = np.log(np.maximum(0.5 / smallest_z, 1))
    span_theta = np.log(np.maximum(partons.reach / smallest_theta, 1))
    colour = np.where(partons.gluon, COLOUR["gluon"], COLOUR["quark"])
    counts = rng.poisson(2 * ALPHA * colour / np.pi * span_z * span_theta)

    parent = np.repeat(np.arange(len(partons.pt)), counts)
    source = partons.take(parent)
    z = 0.5 * np.exp(-rng.uniform(size=len(parent)) * span_z[parent])
    theta = source.reach * np.exp(-rng.uniform(size=len(parent)) * span_theta[parent])
    allowed = z * theta * source.pt > CUTOFF_GEV
    parent, source, z, theta = parent[allowed], source.take(allowed), z[allowed], theta[allowed]

    share = z / (1 - z)
    total = 1 + np.bincount(parent, weights=share, minlength=len(partons.pt))
    azimuth = rng.uniform(0, 2 * np.pi, len(parent))
    return Particles(
        np.concatenate([partons.jet, source.jet]),
        np.concatenate([partons.pt / total, source.pt * share / total[parent]]),
        np.concatenate([partons.eta, source.eta + theta * np.cos(azimuth)]),
        np.concatenate([partons.phi, source.phi + theta * np.sin(azimuth)]),
        np.concatenate([partons.gluon, np.ones(len(parent), dtype=bool)]),
        np.concatenate([partons.reach, theta]),
    )


def hadronize(branches: Particles, rng: np.random.Generator) -> Particles:
    """Each branch as hadrons that share its momentum."""
    slope = np.where(branches.gluon, HADRONS["gluon"], HADRONS["quark"])
    counts = 1 + rng.poisson(slope * np.log1p(branches.pt))
    branch = np.repeat(np.arange(len(counts)), counts)
    share = rng.exponential(size=len(branch))
    share /= np.bincount(branch, weights=share)[branch]
    hadrons = branches.take(branch)
    hadrons.pt = hadrons.pt * share
    kick = np.minimum(0.25 / np.maximum(hadrons.pt, 1e-6), RADIUS / 2)
    hadrons.eta = hadrons.eta + kick * rng.normal(size=len(branch))
    hadrons.phi = hadrons.phi + kick * rng.normal(size=len(branch))
    return hadrons


def measure(hadrons: Particles, count: int, rng: np.random.Generator) -> Particles:
    """What a detector sees of the jets, with soft particles from elsewhere, about the measured axis."""
    soft_jet = np.repeat(np.arange(count), rng.poisson(3, count))
    soft = len(soft_jet)
    distance, azimuth = RADIUS * np.sqrt(rng.uniform(size=soft)), rng.uniform(0, 2 * np.pi, soft)
    seen = Particles(
        np.concatenate([hadrons.jet, soft_jet]),
        np.concatenate([hadrons.pt, rng.exponential(1.5, soft)]),
        np.concatenate([hadrons.eta, distance * np.cos(azimuth)]),
        np.concatenate([hadrons.phi, distance * np.sin(azimuth)]),
        np.concatenate([hadrons.gluon, np.zeros(soft, dtype=bool)]),
        np.concatenate([hadrons.reach, np.zeros(soft)]),
    )
    size = len(seen.jet)
    resolution = np.hypot(0.5 / np.sqrt(np.maximum(seen.pt, 1e-6)), 0.05)
    seen.pt = seen.pt * np.maximum(1 + resolution * rng.normal(size=size), 0)
    seen.pt = seen.pt * np.maximum(1 + 0.06 * rng.normal(size=count), 0.5)[seen.jet]
    seen.eta = seen.eta + 0.01 * rng.normal(size=size)
    seen.phi = seen.phi + 0.01 * rng.normal(size=size)
    seen = seen.take(seen.pt > CUTOFF_GEV)
    total = np.maximum(np.bincount(seen.jet, weights=seen.pt, minlength=count), 1e-6)
    for name in ("eta", "phi"):
        angle = getattr(seen, name)
        axis = np.bincount(seen.jet, weights=seen.pt * angle, minlength=count) / total
        setattr(seen, name, angle - axis[seen.jet])
    return seen.take(np.hypot(seen.eta, seen.phi) < RADIUS)


def constituents(seen: Particles, count: int) -> tuple[Array, Array, Array]:
    """Momenta and angles as (jet, constituent), hardest first, padded with zero momentum."""
    seen = seen.take(np.lexsort((-seen.pt, seen.jet)))
    first = np.searchsorted(seen.jet, np.arange(count))
    place = np.arange(len(seen.jet)) - first[seen.jet]
    shape = (count, max(int(place.max(initial=0)) + 1, HARDEST))
    padded = []
    for values in (seen.pt, seen.eta, seen.phi):
        table = np.zeros(shape)
        table[seen.jet, place] = values
        padded.append(table)
    return padded[0], padded[1], padded[2]


def observables(pt: Array, eta: Array, phi: Array, chunk: int = 1024) -> Array:
    """The 16 observables of each jet, in the order of OBSERVABLES; chunked to stay in the cache."""
    rows = [
        chunk_observables(pt[i : i + chunk], eta[i : i + chunk], phi[i : i + chunk]) for i in range(0, len(pt), chunk)
    ]
    return np.concatenate(rows)


def chunk_observables(pt: Array, eta: Array, phi: Array) -> Array:
    """The observables, with z_i = pT_i / sum pT, theta_ij a distance in (eta, phi), and i < j < k below.

    log_mass      ln of (sum E)^2 - (sum p)^2, massless constituents, halved (the mass in GeV, at least 1)
    multiplicity  constituents above 1 GeV
    zlogz         sum z_i ln z_i
    c1_b          e2 = sum z_i z_j theta_ij^b
    c2_b          C2 = e3 / e2^2, e3 = sum z_i z_j z_k (theta_ij theta_ik theta_jk)^b
    log_d2_b      ln D2 = ln(e3 / e2^3)
    m2_b          M2 = 1e3 / e2, 1e3 with the smallest of the three angles to the power b
    n2_b          N2 = 2e3 / e2^2, 2e3 with the smallest product of two of the three angles
    tau21, tau32  tau_2 / tau_1 and tau_3 / tau_2, tau_n = sum z_i min over n axes of theta_i,axis. The first
                  axis is the hardest constituent, the next the one with the largest z_i times its squared
                  distance to the axes before it.

    e2 and e3 run over the HARDEST hardest constituents, 1e3 and 2e3 over the TRIPLES hardest. With
    A_ij = z_i theta_ij^b, e3 is trace(A A A) / 6: a product of matrices instead of a triple loop.
    """
    tiny = 1e-9
    px, py, pz, energy = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)
    mass_squared = sum(p.sum(axis=1) ** 2 * sign for p, sign in ((energy, 1), (px, -1), (py, -1), (pz, -1)))
    fraction = pt / np.maximum(pt.sum(axis=1, keepdims=True), tiny)
    columns = {
        "log_mass": 0.5 * np.log(np.maximum(mass_squared, 1.0)),
        "multiplicity": (pt > 0).sum(axis=1).astype(float),
        "zlogz": (fraction * np.log(np.maximum(fraction, tiny))).sum(axis=1),
    }

    z, eta, phi = fraction[:, :HARDEST], eta[:, :HARDEST], phi[:, :HARDEST]
    squared = (eta[:, :, None] - eta[:, None]) ** 2 + (phi[:, :, None] - phi[:, None]) ** 2
    distances = {1: np.sqrt(squared), 2: squared}
    columns["c1_b0"] = (1 - (z**2).sum(axis=1)) / 2
    i, j, k = np.array(list(combinations(range(TRIPLES), 3))).T
    weight = z[:, i] * z[:, j] * z[:, k]
    for b, distance in distances.items():
        matrix = z[:, :, None] * distance
        e2 = np.maximum(np.einsum("nij,nj->n", matrix, z) / 2, tiny)
        e3 = np.maximum(np.einsum("nij,nji->n", matrix @ matrix, matrix) / 6, tiny**2)
        ij, ik, jk = distance[:, i, j], distance[:, i, k], distance[:, j, k]
        least = (weight * np.minimum(np.minimum(ij, ik), jk)).sum(axis=1)
        least_two = (weight * np.minimum(np.minimum(ij * ik, ij * jk), ik * jk)).sum(axis=1)
        columns[f"c1_b{b}"] = e2
        columns[f"c2_b{b}"] = e3 / e2**2
        columns[f"log_d2_b{b}"] = np.log(e3 / e2**3)
        columns[f"m2_b{b}"] = least / e2
        columns[f"n2_b{b}"] = least_two / e2**2

    rows = np.arange(len(z))
    nearest = squared[:, 0]
    tau = [np.maximum((z * np.sqrt(nearest)).sum(axis=1), tiny)]
    for _ in range(2):
        axis = np.argmax(z * nearest, axis=1)
        nearest = np.minimum(nearest, squared[rows, axis])
        tau.append(np.maximum((z * np.sqrt(nearest)).sum(axis=1), tiny))
    columns["tau21"] = tau[1] / tau[0]
    columns["tau32"] = tau[2] / tau[1]
    return np.stack([columns[name] for name in OBSERVABLES], axis=1)


if __name__ == "__main__":
    values, _ = raw_jets(50_000, seed=1)
    for name, column in zip(OBSERVABLES, values.T, strict=True):
        print(f'    "{name}": ({column.mean():.4g}, {column.std():.4g}),')

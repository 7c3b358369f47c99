"""Events of particles in a TrackML-like detector: helices in 2 T, hits with the resolution of their layer, noise.

What is left out: scattering and loss of energy in the material, decays, and what a particle does after half a turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codesign.errors import ConfigError, DataError
from codesign.gpu.tracking.events import PARTICLE, Event, counted
from codesign.gpu.tracking.geometry import LAYERS, Layer
from codesign.gpu.tracking.helix import Floats, Helices
from codesign.gpu.tracking.weights import hit_weights

Rows = NDArray[np.int64]

_POSITION = np.array([layer.position for layer in LAYERS])
_LOW, _HIGH = np.array([layer.low for layer in LAYERS]), np.array([layer.high for layer in LAYERS])
_STAGGER = np.array([layer.stagger for layer in LAYERS])
_RESOLUTION = np.array([layer.resolution for layer in LAYERS])
_MODULES = np.array([layer.modules for layer in LAYERS])
_IS_BARREL = np.array([layer.barrel for layer in LAYERS])
_NUMBER = np.array([layer.number for layer in LAYERS], np.int32)


@dataclass(frozen=True)
class Settings:
    """What an event is made of. The defaults resemble an event of the TrackML data set: pt with a median of 0.35 GeV
    and a tenth above 1 GeV, vertices over 50 mm along the beam, 10 hits of a particle, of which a fifth are second ones
    on their layer, and 15 % noise."""

    particles: int = 1000
    vertices: int = 200
    vertex_spread: tuple[float, float] = (0.015, 50.0)  # mm, across the beam and along it
    pt_min: float = 0.1  # GeV; pt - pt_min falls as (1 + (pt - pt_min) / pt_scale)^-(pt_power + 1)
    pt_scale: float = 1.6
    pt_power: float = 5.0
    eta_max: float = 4.0
    field: float = 2.0  # T
    efficiency: float = 0.98  # of a layer
    overlap: float = 0.2  # of hits come twice, from two modules of the layer
    resolution: float = 1.0  # times that of the layers
    noise: float = 0.15  # of all hits
    displaced: float = 0.0  # of the particles start away from a vertex,
    displacement: float = 100.0  # after this length in mm across the beam, on average, and
    opening: float = 0.1  # turned by this angle in rad, on average
    phi_range: tuple[float, float] | None = None  # only hits in it, which may cross pi
    eta_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"generator: {name} is {getattr(self, name)}, expected {low:g}..{high:g}")
        if not all(0 <= spread <= 1e6 for spread in self.vertex_spread):
            raise ConfigError(f"generator: vertex_spread is {self.vertex_spread}, expected lengths in 0..1e+06 mm")


_RANGES = (
    ("particles", 0, 10_000_000),
    ("vertices", 1, 2047),
    ("pt_min", 0.001, 1e4),
    ("pt_scale", 0.0, 1e4),
    ("pt_power", 0.1, 100),
    ("eta_max", 0.0, 10),
    ("field", 0.01, 100),
    ("efficiency", 0, 1),
    ("overlap", 0, 1),
    ("resolution", 0, 1000),
    ("noise", 0, 0.99),
    ("displaced", 0, 1),
    ("displacement", 0, 1e4),
    ("opening", 0, np.pi),
)


def generate(settings: Settings, seed: int, particles: NDArray[np.void] | None = None) -> Event:
    """An event; the same settings and seed give the same hits, in random order.

    With `particles`, a table of PARTICLE such as that of another event, the hits of these instead of drawn ones;
    DataError naming the row of one that has no charge of 1 or -1 or no pt."""
    random = np.random.default_rng(seed)
    if particles is None:
        particles = _particles(settings, random)
    helices = helices_of(_charged(particles), settings.field)
    rows, layers = crossings(helices, _MARGIN)
    found = random.random(len(rows)) < settings.efficiency
    rows, layers = rows[found], layers[found]
    twice = np.nonzero(random.random(len(rows)) < settings.overlap)[0]
    rows, layers = np.concatenate([rows, rows[twice]]), np.concatenate([layers, layers[twice]])
    second = np.arange(len(rows)) >= len(rows) - len(twice)
    true, momentum, module, on = _on_modules(helices.take(rows), layers, second)
    rows, layers = rows[on], layers[on]
    hits = _measured(true, layers, settings.resolution, random)
    particle = particles["id"][rows]
    truth = np.concatenate([true, momentum], axis=1)

    noise = round(len(rows) * settings.noise / (1 - settings.noise))
    if noise:
        layers = np.concatenate([layers, random.choice(layers, noise)])
        extra, extra_module = noise_hits(layers[-noise:], random)
        hits = np.concatenate([hits, extra])
        module = np.concatenate([module, extra_module])
        particle = np.concatenate([particle, np.zeros(noise, np.int64)])
        truth = np.concatenate([truth, np.concatenate([extra, np.zeros_like(extra)], axis=1)])
    order = random.permutation(len(hits))
    event = Event(
        hits[order].astype(np.float32),
        _NUMBER[layers[order]],
        particle[order],
        counted(particles, particle),
        module=module[order],
        truth=truth[order].astype(np.float32),
    )
    event = event.region(settings.phi_range, settings.eta_range)
    return Event(
        event.hits, event.layer, event.particle, event.particles, hit_weights(event), event.module, event.truth
    )


def _charged(particles: NDArray[np.void]) -> NDArray[np.void]:
    bad = (np.abs(particles["charge"]) != 1) | ~(particles["pt"] > 0)
    if bad.any():
        row = int(np.argmax(bad))
        charge, pt = (particles[name][row] for name in ("charge", "pt"))
        raise DataError(f"generator: particle {row} has the charge {charge} and a pt of {pt} GeV; leave such ones out")
    return particles


def _particles(settings: Settings, random: np.random.Generator) -> NDArray[np.void]:
    """The table of drawn particles."""
    n = settings.particles
    across, along = settings.vertex_spread
    places = random.normal(size=(settings.vertices, 3)) * (across, across, along)
    of = np.sort(random.integers(settings.vertices, size=n))
    vertex = places[of]
    phi = random.uniform(-np.pi, np.pi, n)
    eta = random.uniform(-settings.eta_max, settings.eta_max, n)
    away = random.random(n) < settings.displaced
    flight = np.where(away, random.exponential(settings.displacement, n), 0.0)
    vertex = vertex + flight[:, None] * np.stack([np.cos(phi), np.sin(phi), np.sinh(eta)], axis=1)
    phi = phi + np.where(away, random.normal(size=n) * settings.opening, 0.0)
    table = np.zeros(n, PARTICLE)
    # As in TrackML the vertex is in the upper bits, so that ids do not fit the 53 bits of a double.
    table["id"] = ((of + 1) << 52) | (np.arange(n) + 1)
    table["pt"] = settings.pt_min + settings.pt_scale * (random.random(n) ** (-1 / settings.pt_power) - 1)
    table["eta"] = eta
    table["phi"] = np.mod(phi + np.pi, 2 * np.pi) - np.pi
    table["charge"] = random.choice(np.array([-1, 1], np.int8), n)
    table["vertex"] = vertex
    return table


def helices_of(particles: NDArray[np.void], field: float = 2.0) -> Helices:
    """The helices of a table of particles."""
    p = particles
    return Helices(p["vertex"], p["pt"], p["phi"], p["eta"], p["charge"], field)


_MARGIN = 10.0
"""mm by which a layer is taken for longer at first: its modules do not lie where it does."""


def crossings(helices: Helices, margin: float = 0.0) -> tuple[Rows, Rows]:
    """(row of the helix, row in LAYERS) of each crossing, by helix and then by layer. A layer is taken for longer by a
    margin in mm at both ends."""
    found = [_crossing(helices, i, layer, margin) for i, layer in enumerate(LAYERS)]
    rows = np.concatenate([rows for rows, _ in found])
    layers = np.concatenate([layers for _, layers in found])
    order = np.lexsort((layers, rows))
    return rows[order], layers[order]


def _crossing(helices: Helices, number: int, layer: Layer, margin: float) -> tuple[Rows, Rows]:
    """The helices that meet one layer."""
    if layer.barrel:
        rows = np.arange(len(helices.pt))
        angle = helices.to_cylinder(np.full(len(rows), layer.position))
    else:
        rows = np.nonzero((helices.eta > 0) == (layer.position > 0))[0]
        angle = helices.take(rows).to_plane(np.full(len(rows), layer.position))
    met = np.nonzero(~np.isnan(angle))[0]
    rows = rows[met]
    position, _ = helices.take(rows).at(angle[met])
    along = position[:, 2] if layer.barrel else np.hypot(position[:, 0], position[:, 1])
    rows = rows[(along >= layer.low - margin) & (along <= layer.high + margin)]
    return rows, np.full(len(rows), number)


def _on_modules(
    helices: Helices, layers: Rows, second: NDArray[np.bool_]
) -> tuple[Floats, Floats, NDArray[np.int32], Rows]:
    """Where each helix meets a module of its layer: (n, 3) positions, (n, 3) momenta, the modules, and of which of the
    helices they are, since some miss. `second` says that it is the neighbour that overlaps the first module."""
    angle, barrel = _angles(helices, layers, _POSITION[layers])
    position, _ = helices.at(np.nan_to_num(angle))
    module = _module(position, layers)
    # Neighbours around the beam lie above and below the layer in turn; the one that overlaps is the next one.
    around = _MODULES[layers, 0]
    ring, place = np.divmod(module - 1, around)
    place = (place + second) % around
    side = np.where(place % 2 == 0, 1.0, -1.0)
    angle, _ = _angles(helices, layers, _POSITION[layers] + side * _STAGGER[layers])
    position, momentum = helices.at(angle)
    along = np.where(barrel, position[:, 2], np.hypot(position[:, 0], position[:, 1]))
    on = np.nonzero((along >= _LOW[layers]) & (along <= _HIGH[layers]))[0]  # not where the angle is NaN
    return position[on], momentum[on], (1 + ring * around + place)[on].astype(np.int32), on


def _angles(helices: Helices, layers: Rows, at: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The turning angle of each helix where its layer lies at these radii or z, and which layers are cylinders."""
    barrel = _IS_BARREL[layers]
    angle = np.empty(len(layers))
    on, off = np.nonzero(barrel)[0], np.nonzero(~barrel)[0]
    angle[on] = helices.take(on).to_cylinder(at[on])
    angle[off] = helices.take(off).to_plane(at[off])
    return angle, barrel


def _module(position: Floats, layers: Rows) -> NDArray[np.int64]:
    """The module at each position, from 1, ring by ring."""
    around, rings = _MODULES[layers].T
    phi = np.arctan2(position[:, 1], position[:, 0])
    along = np.where(_IS_BARREL[layers], position[:, 2], np.hypot(position[:, 0], position[:, 1]))
    place = np.minimum(((phi / (2 * np.pi) + 0.5) * around).astype(np.int64), around - 1)
    part = (along - _LOW[layers]) / (_HIGH[layers] - _LOW[layers]) * rings
    module: NDArray[np.int64] = 1 + np.clip(part.astype(np.int64), 0, rings - 1) * around + place
    return module


def _measured(true: Floats, layers: Rows, factor: float, random: np.random.Generator) -> Floats:
    """The positions, moved within their layer by its resolution."""
    barrel = _IS_BARREL[layers]
    shift = random.normal(size=(len(true), 2)) * _RESOLUTION[layers] * factor
    r, phi = np.hypot(true[:, 0], true[:, 1]), np.arctan2(true[:, 1], true[:, 0])
    phi = phi + shift[:, 0] / r
    r = r + np.where(barrel, 0.0, shift[:, 1])
    z = true[:, 2] + np.where(barrel, shift[:, 1], 0.0)
    return np.stack([r * np.cos(phi), r * np.sin(phi), z], axis=1)


def noise_hits(layers: Rows, random: np.random.Generator) -> tuple[Floats, NDArray[np.int32]]:
    """(n, 3): a place anywhere on each layer, given by its row in LAYERS, evenly in phi and in z or r; its module."""
    n, barrel = len(layers), _IS_BARREL[layers]
    phi = random.uniform(-np.pi, np.pi, n)
    along = random.uniform(_LOW[layers], _HIGH[layers])

    def place(r: Floats, z: Floats) -> Floats:
        return np.stack([r * np.cos(phi), r * np.sin(phi), z], axis=1)

    at = _POSITION[layers]
    module = _module(place(np.where(barrel, at, along), np.where(barrel, along, at)), layers)
    side = np.where((module - 1) % _MODULES[layers, 0] % 2 == 0, 1.0, -1.0)
    at = at + side * _STAGGER[layers]
    return place(np.where(barrel, at, along), np.where(barrel, along, at)), module.astype(np.int32)

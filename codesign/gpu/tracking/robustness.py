"""Events made worse: more noise, layers and modules that are not where they are thought to be; what labels lose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from codesign.errors import ConfigError, DataError
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import noise_hits
from codesign.gpu.tracking.geometry import LAYERS
from codesign.gpu.tracking.metrics import Selection, TrackMetrics, track_metrics

Labels = Callable[[Event], NDArray[np.int64]]
"""What gives each hit of an event the number of its track, -1 for none."""


def with_noise(event: Event, fraction: float, seed: int) -> Event:
    """The event with as many noise hits more as this fraction of its hits, among the others in random order.

    They lie on its layers as often as its hits do, anywhere on them. DataError where a layer is none of TrackML's."""
    if not 0 <= fraction <= 100:
        raise ConfigError(f"noise: the fraction is {fraction}, expected 0..100")
    random = np.random.default_rng(seed)
    extra = round(fraction * len(event))
    numbers = np.array([layer.number for layer in LAYERS])
    unknown = np.setdiff1d(event.layer, numbers)
    if unknown.size:
        raise DataError(f"noise: layer {unknown[0]} of the event is no layer of the TrackML detector")
    layer = random.choice(event.layer, extra) if extra else event.layer[:0]
    hits, module = noise_hits(np.searchsorted(numbers, layer), random)
    noise = Event(
        hits.astype(np.float32),
        layer,
        np.zeros(extra, np.int64),
        module=module,
        truth=None if event.truth is None else np.concatenate([hits, np.zeros_like(hits)], axis=1).astype(np.float32),
    )
    order = random.permutation(len(event) + extra)
    joined = {
        name: np.concatenate([getattr(event, name), getattr(noise, name)])[order]
        for name in ("hits", "layer", "particle", "weight", "module", "truth")
        if getattr(event, name) is not None
    }
    return Event(**joined, particles=event.particles)


def misaligned(event: Event, shift_mm: float, rotation: float, seed: int, modules: bool = False) -> Event:
    """The event as measured by a detector whose layers, or modules, lie elsewhere than is thought.

    Each is moved by normal numbers of the deviation `shift_mm` along x, y and z, and turned by a vector of three normal
    numbers of the deviation `rotation` in rad: layers about the origin, modules about the mean of their hits. The true
    positions stay."""
    if not (0 <= shift_mm <= 1e4 and 0 <= rotation <= np.pi):
        raise ConfigError(f"misalignment: found {shift_mm} mm and {rotation} rad, expected 0..10000 mm and 0..pi rad")
    random = np.random.default_rng(seed)
    keys = event.layer.astype(np.int64)
    if modules:
        keys = (keys << 32) + event.module
    parts, of, counts = np.unique(keys, return_inverse=True, return_counts=True)
    shift = random.normal(size=(len(parts), 3)) * shift_mm
    turn = random.normal(size=(len(parts), 3)) * rotation
    hits = event.hits.astype(np.float64)
    centre = np.zeros((len(parts), 3))
    if modules:
        centre = np.stack([np.bincount(of, hits[:, axis], len(parts)) for axis in range(3)], axis=1) / counts[:, None]
    if len(hits):
        hits = Rotation.from_rotvec(turn[of]).apply(hits - centre[of]) + centre[of] + shift[of]
    return Event(
        hits.astype(np.float32),
        event.layer,
        event.particle,
        event.particles,
        event.weight,
        event.module,
        event.truth,
    )


def metrics_against(
    events: Sequence[Event],
    labels: Labels,
    change: Callable[[Event, float, int], Event],
    values: Sequence[float],
    selection: Selection | None = None,
    min_hits: int = 5,
) -> list[tuple[float, TrackMetrics]]:
    """The metrics of the labels at each value of a change, such as `with_noise`, summed over the events. The seed of
    each event is its number, so that every value meets the same random numbers."""
    found = []
    for value in values:
        sums: TrackMetrics | None = None
        for seed, event in enumerate(events):
            changed = change(event, value, seed)
            one = track_metrics(changed, labels(changed), selection, min_hits)
            sums = one if sums is None else sums + one
        if sums is None:
            raise DataError("metrics: there is no event")
        found.append((value, sums))
    return found

"""Worse events are worse by as much as asked, and the metrics follow."""

import numpy as np
import pytest

from codesign.errors import ConfigError, DataError
from codesign.gpu.tracking.baseline import helix_labels
from codesign.gpu.tracking.events import Event
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.geometry import LAYERS
from codesign.gpu.tracking.graphs import radius_graph
from codesign.gpu.tracking.labelling import connected_components
from codesign.gpu.tracking.robustness import metrics_against, misaligned, with_noise


@pytest.fixture(scope="module")
def event() -> Event:
    return generate(Settings(particles=200), seed=2)


@pytest.mark.parametrize("fraction", [0.0, 0.1, 2.0])
def test_noise_is_added_and_all_else_stays(event: Event, fraction: float) -> None:
    noisy = with_noise(event, fraction, seed=1)
    assert len(noisy) == len(event) + round(fraction * len(event))
    assert event.truth is not None
    assert noisy.truth is not None

    def rows(e: Event) -> set[tuple[float, ...]]:
        return {tuple(row) for row in np.column_stack([e.hits, e.layer, e.module, e.weight])}

    assert rows(event) <= rows(noisy)
    np.testing.assert_array_equal(np.sort(noisy.particle)[-1000:], np.sort(event.particle)[-1000:])
    for layer in LAYERS:
        at = noisy.r[noisy.layer == layer.number] if layer.barrel else noisy.z[noisy.layer == layer.number]
        np.testing.assert_allclose(np.abs(at - layer.position), layer.stagger, atol=3e-4)  # float32 of 3 m
    np.testing.assert_array_equal(with_noise(event, fraction, seed=1).hits, noisy.hits)


def test_noise_needs_layers_that_are_known(event: Event) -> None:
    strange = Event(event.hits, np.zeros_like(event.layer), event.particle, event.particles)
    with pytest.raises(DataError, match="layer 0 of the event is no layer of the TrackML detector"):
        with_noise(strange, 0.1, seed=0)
    with pytest.raises(ConfigError, match=r"the fraction is -1, expected 0\.\.100"):
        with_noise(event, -1, seed=0)


@pytest.mark.parametrize("modules", [False, True])
def test_a_part_is_moved_as_a_whole(event: Event, modules: bool) -> None:
    moved = misaligned(event, 0.5, 0.0, seed=1, modules=modules)
    shift = moved.hits.astype(np.float64) - event.hits
    key = event.layer * 100_000 + event.module * modules
    for part in np.unique(key)[:200]:
        assert np.ptp(shift[key == part], axis=0).max() < 1e-3  # float32 of 3 m
    _, first = np.unique(key, return_index=True)
    n = 3 * len(first)
    assert abs(shift[first].std() - 0.5) < 5 * 0.5 / np.sqrt(2 * n)


def test_a_rotation_keeps_distances(event: Event) -> None:
    turned = misaligned(event, 0.0, 0.01, seed=1)
    np.testing.assert_allclose(np.linalg.norm(turned.hits, axis=1), np.linalg.norm(event.hits, axis=1), rtol=1e-6)
    assert np.linalg.norm(turned.hits - event.hits, axis=1).max() > 1
    modules = misaligned(event, 0.0, 0.01, seed=1, modules=True)
    key = event.layer * 100_000 + event.module
    for part in np.unique(key)[:100]:
        own = key == part
        np.testing.assert_allclose(modules.hits[own].mean(axis=0), event.hits[own].mean(axis=0), atol=2e-3)


def test_nothing_moved_is_the_same_event(event: Event) -> None:
    np.testing.assert_array_equal(misaligned(event, 0.0, 0.0, seed=1).hits, event.hits)
    empty = generate(Settings(particles=0), seed=0)
    assert len(misaligned(empty, 1.0, 0.1, seed=0)) == len(with_noise(empty, 1.0, seed=0)) == 0


def test_a_misalignment_out_of_range_is_refused(event: Event) -> None:
    with pytest.raises(ConfigError, match=r"found -1 mm and 0 rad, expected 0\.\.10000 mm"):
        misaligned(event, -1, 0, seed=0)


def test_metrics_fall_with_noise_and_with_misalignment() -> None:
    events = [generate(Settings(particles=100, pt_min=1, noise=0, vertex_spread=(0, 0)), seed) for seed in (1, 2)]

    def by_direction(event: Event) -> np.ndarray:
        near = radius_graph(np.stack([event.phi, event.eta], axis=1), 0.03)
        return connected_components(len(event), near, 5)

    noise = metrics_against(events, by_direction, with_noise, [0.0, 20.0])
    assert [value for value, _ in noise] == [0.0, 20.0]
    assert noise[0][1].technical_efficiency.all == noise[1][1].technical_efficiency.all
    assert noise[1][1].technical_efficiency.value < noise[0][1].technical_efficiency.value - 0.05

    def shifted(event: Event, value: float, seed: int) -> Event:
        return misaligned(event, value, 0.0, seed)

    shifts = metrics_against(events, helix_labels, shifted, [0.0, 5.0])
    assert shifts[1][1].technical_efficiency.value < shifts[0][1].technical_efficiency.value - 0.05
    with pytest.raises(DataError, match="there is no event"):
        metrics_against([], helix_labels, with_noise, [0.0])

"""An event checks what it is made of, and gives parts of itself."""

import numpy as np
import pytest

from codesign.errors import DataError
from codesign.gpu.tracking.events import PARTICLE, Event, layer_number


def table(*ids: int) -> np.ndarray:
    particles = np.zeros(len(ids), PARTICLE)
    particles["id"] = ids
    return particles


def event(hits: object, particle: object) -> Event:
    xyz = np.asarray(hits, np.float32)
    ids = np.asarray(particle, np.int64)
    return Event(xyz, np.zeros(len(xyz), np.int32), ids, table(*sorted({int(i) for i in ids} - {0})))


def test_a_layer_has_one_number_of_volume_and_layer() -> None:
    assert layer_number(np.array([8, 17]), np.array([2, 4])).tolist() == [802, 1704]


def test_ids_of_63_bits_stay_exact() -> None:
    big = 2**62 + 1
    assert event([[1, 0, 0]], [big]).particles["id"][0] == big
    with pytest.raises(DataError, match="particle has the type float64, expected int64"):
        Event(np.zeros((1, 3), np.float32), np.zeros(1, np.int32), np.zeros(1))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_hit_without_a_place_is_refused_by_its_row(value: float) -> None:
    with pytest.raises(DataError, match=r"hit 1 has the coordinates \[0.0, (nan|inf|-inf), 0.0\]"):
        event([[1, 2, 3], [0, value, 0]], [0, 0])


def test_a_hit_of_an_unknown_particle_is_refused() -> None:
    with pytest.raises(DataError, match="particle 7, which the table of particles has no row for"):
        Event(np.zeros((1, 3), np.float32), np.zeros(1, np.int32), np.array([7]), table(5))


def test_a_table_with_an_id_twice_is_refused() -> None:
    with pytest.raises(DataError, match="do not rise"):
        Event(np.zeros((1, 3), np.float32), np.zeros(1, np.int32), np.array([5]), table(5, 5))


def test_a_wrong_shape_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(DataError, match=r"layer has the shape \(3,\), expected \(2,\)"):
        Event(np.zeros((2, 3), np.float32), np.zeros(3, np.int32), np.zeros(2, np.int64))


def test_hits_know_the_row_of_their_particle() -> None:
    assert event([[1, 0, 0]] * 4, [9, 0, 4, 9]).row_of_particle().tolist() == [1, -1, 0, 1]


def test_a_part_of_an_event_counts_its_hits_anew() -> None:
    part = event([[1, 0, 0]] * 4, [9, 0, 4, 9]).take(np.array([0, 1, 3]))
    assert part.particle.tolist() == [9, 0, 9]
    assert part.particles["id"].tolist() == [4, 9]
    assert part.particles["hits"].tolist() == [0, 2]


def test_a_region_may_cross_pi() -> None:
    ring = event([[1, 0.1, 0], [-1, 0.1, 0], [-1, -0.1, 0], [1, -0.1, 0]], [0, 0, 0, 0])
    assert ring.region(phi=(3.0, 3.3)).hits[:, 1].tolist() == pytest.approx([0.1, -0.1])
    assert len(ring.region(phi=(-np.pi, np.pi))) == 4


def test_a_region_of_eta_takes_the_low_end_and_not_the_high_one() -> None:
    flat = event([[1, 0, 0], [1, 0, np.sinh(1.5)], [1, 0, -np.sinh(1.5)]], [0, 0, 0])
    assert flat.region(eta=(0, 1)).hits[:, 2].tolist() == [0]
    assert len(flat.region(eta=(-2, 2))) == 3


def test_an_event_may_be_empty() -> None:
    empty = event(np.zeros((0, 3)), [])
    assert len(empty) == 0
    assert len(empty.region(phi=(0, 1), eta=(0, 1))) == 0
    assert empty.row_of_particle().tolist() == []

"""Events in a file, read back; and files that are none."""

from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ModelError
from codesign.gpu.showers.files import read_events, write_events
from codesign.gpu.showers.generator import Mixture, showers


def stored(path: Path, **changed: object) -> None:
    with np.load(path, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    np.savez(path, **(arrays | changed))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "events.npz"
    write_events(file, showers("hcal", 3, 1))
    return file


def test_events_come_back_as_they_were(path: Path) -> None:
    for a, b in zip(showers("hcal", 3, 1), read_events(path), strict=True):
        for column in ("points", "layer", "cell", "energy", "particle", "kind", "particles"):
            assert getattr(a, column).tobytes() == getattr(b, column).tobytes()
        assert a.detector == b.detector


def test_empty_events_are_kept(tmp_path: Path) -> None:
    nothing = Mixture(particles=(0, 0), pileup=0, noise=0)
    file = tmp_path / "empty.npz"
    assert write_events(file, showers("hgcal", 2, 0, nothing)) == 2
    assert [len(e) for e in read_events(file)] == [0, 0]


def test_the_same_events_are_the_same_bytes_apart_from_dates(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    write_events(other, showers("hcal", 3, 1))
    with np.load(path) as a, np.load(other) as b:
        assert all(a[name].tobytes() == b[name].tobytes() for name in a.files)


def test_data_of_another_detector_is_refused(path: Path) -> None:
    with pytest.raises(ModelError, match="the events are of the detector hcal, the configuration is for hgcal"):
        read_events(path, "hgcal")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the events cannot be read"):
        read_events(tmp_path / "none.npz")


def test_other_arrays_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros(3))
    with pytest.raises(ModelError, match="there is no array detector"):
        read_events(tmp_path / "x.npz")
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(ModelError, match="this is one array"):
        read_events(tmp_path / "x.npy")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("energy", lambda a: np.where(np.arange(len(a)) == 2, np.nan, a).astype(np.float32), "event 0: .*hit 2 is nan"),
        ("energy", lambda a: np.where(np.arange(len(a)) == 2, -1, a).astype(np.float32), "event 0: .* -1 GeV"),
        ("energy", lambda a: a[:-1], "energy has .* rows.*; expected as many"),
        ("energy", lambda a: a.astype(np.int64), "energy is int64"),
        ("cell", lambda a: np.where(np.arange(len(a)) == 1, a[0], a), "event 0: .* has 2 hits"),
        ("cell", lambda a: np.where(np.arange(len(a)) == 1, 10**9, a), "event 0: hcal: there is no cell 1000000000"),
        ("particle", lambda a: a + 1000, "event 0: hits name particles"),
        ("hits_of_event", lambda a: a - 1, "hits_of_event adds up to"),
        ("hits_of_event", lambda a: np.r_[a, 0], "hits_of_event has 4 events, particles_of_event 3"),
        ("hits_of_event", lambda a: np.r_[np.full(4, 1 << 62), a], "hits_of_event adds up to"),
        ("particle_kind", lambda a: a + 7, "event 0: .*the kind of particle 0 is .*, expected 1 .EM., 2"),
        ("particle_kind", lambda a: a.astype(np.int64) + 256, "particle_kind has .*, expected numbers of type int8"),
        ("particle_energy", lambda a: a * np.float32(np.nan), "event 0: .*energy of particle 0 is nan, expected"),
        ("particle_energy", lambda a: -a, "event 0: .*the energy of particle . is -.* GeV, expected more than 0"),
        ("energy", lambda a: a.astype(np.float64) * 1e99, "event 0: .*energy of hit 0 is inf, expected finite"),
        ("energy", lambda a: a.astype(np.float64) * 1e-99, "event 0: .*energy of hit 0 is 0 GeV, expected more"),
        ("detector", lambda a: np.array("atlas"), "detector is 'atlas', expected one of hgcal, hcal"),
    ],
)  # fmt: skip
def test_damaged_columns_are_refused(path: Path, name: str, change: object, message: str) -> None:
    with np.load(path) as found:
        stored(path, **{name: change(found[name])})
    with pytest.raises(ModelError, match=message):
        read_events(path)


def test_numbers_in_another_order_of_bytes_or_of_more_digits_are_the_same_events(path: Path) -> None:
    before = read_events(path)
    with np.load(path) as found:
        stored(path, energy=found["energy"].astype(">f8"), cell=found["cell"].astype(">i8"))
    for a, b in zip(before, read_events(path), strict=True):
        assert (b.energy.dtype, b.cell.dtype) == (np.float32, np.int64)
        assert a.energy.tobytes() == b.energy.tobytes() and a.cell.tobytes() == b.cell.tobytes()


def test_a_damaged_archive_is_read_or_refused(path: Path) -> None:
    """Compressed columns fail when they are unpacked."""
    good = path.read_bytes()
    refused = 0
    for place in range(0, len(good), 11):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x55]) + good[place + 1 :])
        try:
            read_events(path)
        except ModelError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
    assert refused > 100


def test_a_cut_file_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(ModelError, match="cannot be read"):
        read_events(path)

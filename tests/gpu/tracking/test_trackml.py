"""Events in the TrackML format: what is written is read, and what is wrong is told."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from codesign.errors import DataError, OutputError
from codesign.gpu.tracking.generator import Settings, generate
from codesign.gpu.tracking.graphs import truth_edges
from codesign.gpu.tracking.trackml import event_names, read_cells, read_event, write_event

NAME = "event000000007"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_event(tmp_path, NAME, generate(Settings(particles=5), seed=1))
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert re.search(old, text, re.MULTILINE)
    path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE))


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_generated_event_comes_back(tmp_path: Path, gzipped: bool) -> None:
    event = generate(Settings(particles=300, displaced=0.1), seed=1)
    write_event(tmp_path, NAME, event, gzipped)
    assert event_names(tmp_path) == [NAME]
    found = read_event(tmp_path, NAME)
    for name in ("hits", "layer", "particle", "weight", "module", "truth"):
        np.testing.assert_array_equal(getattr(found, name), getattr(event, name))
    for name in ("id", "charge", "vertex", "hits"):
        np.testing.assert_array_equal(found.particles[name], event.particles[name])
    for name in ("pt", "eta", "phi"):  # the file has px, py, pz: a few roundings of doubles
        np.testing.assert_allclose(found.particles[name], event.particles[name], rtol=0, atol=1e-14 * 1000)
    np.testing.assert_array_equal(truth_edges(found), truth_edges(event))


def test_an_event_without_hits_comes_back(tmp_path: Path) -> None:
    write_event(tmp_path, NAME, generate(Settings(particles=0), seed=1))
    assert len(read_event(tmp_path, NAME)) == 0


def test_an_event_without_truth_is_read_without_its_files(folder: Path) -> None:
    for part in ("truth", "particles"):
        (folder / f"{NAME}-{part}.csv").unlink()
    event = read_event(folder, NAME, truth=False)
    assert len(event) > 0
    assert (event.particle == 0).all()


@pytest.mark.parametrize("part", ["truth", "particles"])
def test_a_missing_file_is_named_with_what_to_do(folder: Path, part: str) -> None:
    (folder / f"{NAME}-{part}.csv").unlink()
    cure = r"read the event without it \(`codesign tracking run`, or truth=False\)"
    with pytest.raises(DataError, match=rf"there is no {NAME}-{part}\.csv or .*{cure}"):
        read_event(folder, NAME)


def test_hits_that_are_missing_or_there_twice_are_told(folder: Path) -> None:
    shutil.copy(folder / f"{NAME}-hits.csv", folder / f"{NAME}-hits.csv.gz")
    with pytest.raises(DataError, match=r"there are both .*-hits\.csv and .*-hits\.csv\.gz; remove one"):
        read_event(folder, NAME)
    with pytest.raises(DataError, match=r"there is no other-hits\.csv"):
        read_event(folder, "other")


@pytest.mark.parametrize(
    ("part", "old", "new", "message"),
    [
        ("hits", r"^2,", "1,", r"hits\.csv: hit_id 1 is in row 1 and in row 2; expected it once"),
        ("truth", r"^2,", "1,", r"truth\.csv: hit_id 1 is in row 1 and in row 2"),
        ("truth", r"^2,", "9999,", r"truth\.csv: there is no row for hit_id 2"),
        ("truth", r"^2,\d+,", "2,77,", r"truth\.csv: particle_id 77 has no row in .*-particles\.csv"),
        ("hits", r"^3,[^,]+,", "3,nan,", r"hits\.csv: line 4, column x: found 'nan', expected a finite number"),
        ("hits", r"^3,[^,]+,", "3,-1e300,", r"hits\.csv: row 3 is at \[-1e\+300, .*expected x, y, z within 1e\+06 mm"),
        ("hits", "volume_id", "volume", r"hits\.csv: the column volume_id is not there \(did you mean volume\?\)"),
        (
            "particles",
            r",[-0-9]+,(\d+)$",
            r",300,\1",
            r"particles\.csv: row 1 has the charge 300, expected -127\.\.127",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_told(folder: Path, part: str, old: str, new: str, message: str) -> None:
    edit(folder / f"{NAME}-{part}.csv", old, new)
    with pytest.raises(DataError, match=message):
        read_event(folder, NAME)


def test_a_particle_that_is_there_twice_is_told(folder: Path) -> None:
    path = folder / f"{NAME}-particles.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    with pytest.raises(DataError, match=r"particle_id \d+ is in row 1 and in row 6"):
        read_event(folder, NAME)


def test_a_layer_id_beyond_the_numbering_is_told(folder: Path) -> None:
    edit(folder / f"{NAME}-hits.csv", r"^(1,.*),\d+,(\d+)$", r"\1,100,\2")
    with pytest.raises(DataError, match=r"row 1 has layer_id 100, expected 0\.\.99"):
        read_event(folder, NAME)


def test_a_folder_without_events_and_one_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no event; expected files like event000001000-hits\.csv"):
        event_names(tmp_path)
    with pytest.raises(DataError, match="there is no such folder"):
        event_names(tmp_path / "none")


def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="a name has letters, digits and _"):
        write_event(tmp_path, "../event", generate(Settings(particles=1), seed=1))


def test_a_published_event_is_read_whole(shared: Path) -> None:
    folder = shared / "data/trackml_event1_small"
    [name] = event_names(folder)
    event = read_event(folder, name)
    assert len(event) == 5527
    assert (event.particles["hits"] > 0).sum() == 468
    assert event.particles["id"][0] == 4505867370102784
    assert event.particle.max() > 2**53
    assert (event.particle == 0).sum() == 829
    cells = read_cells(folder, name)
    assert len(cells["hit"]) == 18564
    assert cells["hit"][:3].tolist() == [0, 1, 1]

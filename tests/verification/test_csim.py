"""The simulation from Python: same integers, built once, and every failure a message."""

import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from codesign.backends.project import Vectors, write_project
from codesign.errors import ToolError
from codesign.verification import shared_object
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.vectors import random_codes, random_vectors
from tests.backends.small import classifier


def write(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    write_project(classifier(), folder, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that tests only read, built once."""
    return write(tmp_path_factory.mktemp("csim") / "a project")


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return random_vectors(classifier(), 300)


@pytest.mark.parametrize("arithmetic", Arithmetic)
def test_it_gives_the_integers_of_the_design(arithmetic: Arithmetic, project: Path, vectors: Vectors) -> None:
    csim = Csim(project, arithmetic)
    [found] = csim(vectors.inputs)
    assert found.shape == (300, 1)
    np.testing.assert_array_equal(found, vectors.outputs[0])
    assert set(vectors.outputs[0].ravel()) == {0, 1}
    # Inputs that are not contiguous, of a narrower type, or none.
    np.testing.assert_array_equal(csim([vectors.inputs[0][::-3]])[0], vectors.outputs[0][::-3])
    np.testing.assert_array_equal(csim([vectors.inputs[0].astype(np.int8)])[0], vectors.outputs[0])
    assert csim([vectors.inputs[0][:0]])[0].shape == (0, 1)


def test_the_random_codes_reach_both_ends() -> None:
    [codes] = random_codes(classifier(), 50, seed=3)
    assert (codes[0] == -8).all()
    assert (codes[1] == 7).all()
    assert set(codes[2]) <= {-8, 7}
    assert (codes.min(), codes.max()) == (-8, 7)
    np.testing.assert_array_equal(codes, random_codes(classifier(), 50, seed=3)[0])


def test_streams_report_how_full_they_were(project: Path, vectors: Vectors) -> None:
    csim = Csim(project)
    assert csim.high_water() == {}
    csim(vectors.inputs)
    assert csim.high_water() == {
        "x": 1, "dense_1_out": 2, "relu_out": 2, "packed": 1, "dense_2_out": 2, "scores": 2, "y": 1
    }  # fmt: skip


def test_it_is_compiled_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Csim(project).build()
    made = first.stat().st_mtime_ns

    def fail(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(shared_object, "_compile", fail)
    assert Csim(project).build() == first
    assert first.stat().st_mtime_ns == made
    assert first.parent == project / "csim"


def test_a_second_call_runs_no_program_and_reads_no_source(
    project: Path, vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    csim = Csim(project)
    csim(vectors.inputs)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("looked for the library again")

    monkeypatch.setattr(subprocess, "run", fail)
    monkeypatch.setattr(shared_object, "_key", fail)
    np.testing.assert_array_equal(csim(vectors.inputs)[0], vectors.outputs[0])


def test_changed_sources_are_compiled_anew(tmp_path: Path, vectors: Vectors) -> None:
    folder = write(tmp_path / "p")
    first = Csim(folder)
    np.testing.assert_array_equal(first(vectors.inputs)[0], vectors.outputs[0])
    replace(folder / "src/weights/dense_2_weights.h", "{1,2,-3,3}", "{-1,-2,3,-3}")
    second = Csim(folder)
    assert (second(vectors.inputs)[0] != vectors.outputs[0]).any()
    # The first goes on with what it has loaded.
    np.testing.assert_array_equal(first(vectors.inputs)[0], vectors.outputs[0])


def test_threads_may_share_it(project: Path, vectors: Vectors) -> None:
    csim, found = Csim(project), {}

    def call(k: int) -> None:
        found[k] = csim([vectors.inputs[0][k:]])[0]

    threads = [threading.Thread(target=call, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(8):
        np.testing.assert_array_equal(found[k], vectors.outputs[0][k:])


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_reading_an_empty_stream_names_it(tmp_path: Path, vectors: Vectors) -> None:
    folder = write(tmp_path / "p")
    replace(folder / "src/config.h", "static const int beats = 2;", "static const int beats = 3;")
    csim = Csim(folder)
    with pytest.raises(ToolError, match=r"\(native\): stream dense_1_out was read while it was empty"):
        csim(vectors.inputs)
    # Python lives on, and so does the object.
    with pytest.raises(ToolError, match="dense_1_out"):
        csim(vectors.inputs)


def test_a_beat_that_nobody_reads_is_told(tmp_path: Path, vectors: Vectors) -> None:
    folder = write(tmp_path / "p")
    replace(
        folder / "src/config.h", "    static const int out_folds = 2;", "    static const int out_folds = 4 / 2 + 1;"
    )
    replace(folder / "src/weights/dense_2_weights.h", "[2][4] =\n{", "[3][4] =\n{{0,0,0,0},")
    replace(folder / "src/weights/dense_1_weights.h", "[2][8] =\n{", "[3][8] =\n{{0},")
    replace(folder / "src/weights/dense_1_bias.h", "[2][2] =\n{", "[3][2] =\n{{0},")
    with pytest.raises(ToolError, match=r"stream \w+ was not read to its end"):
        Csim(folder)(vectors.inputs)


def test_what_does_not_compile_is_told_in_a_few_lines(tmp_path: Path) -> None:
    folder = write(tmp_path / "p")
    replace(folder / "src/config.h", "uint<3> count", "uint<99> count")
    with pytest.raises(ToolError) as caught:
        Csim(folder).build()
    message = str(caught.value)
    assert message.startswith("g++ failed (exit code 1):\n")
    assert "a code has 1 to 64 bits" in message
    assert message.count("\n") <= 20
    assert [p for p in (folder / "csim").iterdir() if p.suffix in (".so", ".part")] == []


def test_a_missing_compiler_is_told_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors: Vectors
) -> None:
    folder = write(tmp_path / "p")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"g\+\+ was not found; install it"):
        Csim(folder)(vectors.inputs)


@pytest.mark.parametrize("code", [-9, 8])
def test_codes_that_the_input_cannot_have_are_refused(code: int, project: Path) -> None:
    with pytest.raises(ToolError, match=r"input x has codes outside -8\.\.7"):
        Csim(project)([np.array([[0, 0, code, 0]])])


def test_another_shape_is_refused(project: Path) -> None:
    with pytest.raises(ToolError, match=r"input x has shape \(5,\), the design expects \(4,\)"):
        Csim(project)([np.zeros((2, 5), np.int64)])


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"no codesign project \(codesign.json is missing\)"):
        Csim(tmp_path)


def test_two_projects_in_one_process_do_not_mix(tmp_path: Path, project: Path, vectors: Vectors) -> None:
    """Their functions and streams have the same names."""
    other = tmp_path / "other"
    shutil.copytree(project, other)
    replace(other / "src/weights/dense_2_weights.h", "{1,2,-3,3}", "{0,0,0,0}")
    one, two = Csim(project), Csim(other)
    one(vectors.inputs)
    assert two.high_water() == {}
    two.build()
    assert two.high_water() == {}
    assert (two(vectors.inputs)[0] != vectors.outputs[0]).any()
    np.testing.assert_array_equal(one(vectors.inputs)[0], vectors.outputs[0])

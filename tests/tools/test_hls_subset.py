"""The check of the HLS subset: what it finds, and that our own code is inside."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings

import codesign
from codesign import resources
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.project import write_project
from codesign.ir.design import Design
from tests.backends.designs import chains, one_of_each
from tests.backends.small import classifier, convolutions
from tests.tools.planted import CLEAN, PLANTED
from tools.hls_subset import check, check_project
from tools.hls_subset.__main__ import main

HEADERS = sorted((resources.folder("hls") / "codesign").glob("*.hpp"))


def found(text: str, folder: Path) -> list[str]:
    """What the check says of a source, without the name of the file."""
    source = folder / "planted.cpp"
    source.write_text(text)
    top = "top" if "void top(" in text else None
    lines = [str(finding) for finding in check(source, top=top)]
    assert all(line.startswith("planted.cpp:") for line in lines), lines
    return [line.removeprefix("planted.cpp:") for line in lines]


def test_nothing_is_said_of_what_is_inside(tmp_path: Path) -> None:
    assert found(CLEAN, tmp_path) == []


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found(what: str, tmp_path: Path) -> None:
    assert found(PLANTED[what].text, tmp_path) == list(PLANTED[what].expected)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header.name)
def test_every_header_is_inside(header: Path, tmp_path: Path) -> None:
    """As it is written: templates that nobody has used yet."""
    source = tmp_path / "alone.cpp"
    source.write_text(f'#include "{header}"\n')
    assert check(source) == []


@pytest.mark.parametrize("word_bits", [64, 512])
@pytest.mark.parametrize("design", [classifier, convolutions])
def test_the_projects_of_the_golden_tests_are_inside(
    design: Callable[[], Design], word_bits: int, tmp_path: Path
) -> None:
    assert check_project(written(design(), tmp_path, word_bits)) == []


def test_every_kernel_is_inside(tmp_path: Path) -> None:
    assert check_project(written(one_of_each(1, 1), tmp_path)) == []


@settings(max_examples=2)
@given(chains(count=3, longest=4))
def test_random_designs_are_inside(design: Design) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert check_project(written(design, Path(folder))) == []


def test_the_jet_tagger_is_inside(tmp_path: Path) -> None:
    """As the demo compiles it; the other trained networks are checked where they are compiled."""
    model = resources.folder("models") / "jet_tagger" / "jet_tagger.onnx"
    assert check_project(written(codesign.compile(model, target="u50", csim=False).design, tmp_path)) == []


def test_a_free_running_block_is_inside(tmp_path: Path) -> None:
    project = written(classifier(), tmp_path)
    assert check(project / "src" / "small.cpp", top="small", defines=["CODESIGN_FREE_RUNNING"]) == []


def test_the_kernel_of_a_project_is_checked_too(tmp_path: Path) -> None:
    project = written(classifier(), tmp_path)
    source = project / "kernel" / "small_kernel.cpp"
    text = source.read_text()
    bound = "n < samples; ++n"
    line = text[: text.index(bound)].count("\n") + 1
    source.write_text(text.replace(bound, "n < samples; n += samples"))
    message = "the step of n is not ++ or += a positive constant"
    where = f"kernel/small_kernel.cpp:{line}"
    assert [str(finding) for finding in check_project(project)] == [
        f"{where}: dataflow: a DATAFLOW loop that does not count from 0 in ones",
        f"{where}: loops: {message}",
    ]


def test_the_command_names_the_file_and_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = written(classifier(), tmp_path)
    assert main([str(project)]) == 0
    header = project / "src" / "codesign" / "matvec.hpp"
    lines = header.read_text().splitlines()
    wrong = lines.index("#pragma HLS PIPELINE II=1")
    lines[wrong] = "#pragma HLS PIPELINE II=0"
    header.write_text("\n".join(lines))
    assert main([str(project)]) == 1
    expected = f"{project}/src/codesign/matvec.hpp:{wrong + 1}: pragmas: PIPELINE II=0: expected a number from 1\n"
    assert capsys.readouterr().out == expected


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    message = f"{tmp_path} has no codesign.json; expected a folder that `codesign compile` wrote\n"
    assert capsys.readouterr().err == message


def written(design: Design, folder: Path, word_bits: int = 512) -> Path:
    """A project folder with the memory-mapped kernel."""
    sources = write_project(design, folder, part="x", clock_ns=5, vectors=None, version="0", digest="0")
    write_kernel(kernel(design, sources, word_bits), folder, version="0", digest="0")
    return folder

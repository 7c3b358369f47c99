"""The project folder: complete, deterministic, understood by its tools, and whole or not at all."""

import configparser
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from codesign.backends.project import MARKER, Vectors, clock_text, output_folder, write_project
from codesign.errors import IRError, OutputError, TargetError
from codesign.ir.design import Design, Port, Stream
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MatVec, Multiplier
from codesign.ir.tensor import Tensor
from codesign.passes.strategy import made_of
from codesign.verification import toolchain
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.vectors import random_vectors
from tests.backends.designs import one_of_each
from tests.backends.small import classifier
from tests.tclsh import recorded

PART = "xcu50-fsvh2104-2-e"


def write(folder: Path, design: Design | None = None, vectors: bool = True, **other: object) -> Path:
    """The project of the small classifier, or of `design`, in `folder`."""
    design = design or classifier()
    folder.mkdir(exist_ok=True)
    arguments = {"part": PART, "clock_ns": 5, "version": "0.1.0", "digest": "abc", **other}
    write_project(design, folder, vectors=random_vectors(design, 8) if vectors else None, **arguments)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# --- what is in it


def test_an_adder_graph_is_straight_line_code_of_its_own_and_has_no_memory(tmp_path: Path) -> None:
    design = classifier()
    process = design.processes["dense_2"]
    folded = process.kernel
    assert isinstance(folded, MatVec)
    whole = replace(folded, pe=2, weights=replace(folded.weights, words=folded.matrix().T.reshape(1, -1)))
    out = design.streams["dense_2_out"]
    design.streams["dense_2_out"] = replace(out, lanes=2, beats=1)
    design.processes["dense_2"] = replace(process, kernel=made_of(whole, Multiplier.ADDERS))
    quant = design.processes["quant"]
    design.processes["quant"] = replace(quant, kernel=replace(quant.kernel, lanes=2))
    design.streams["scores"] = replace(design.streams["scores"], lanes=2, beats=1)
    best = design.processes["best"]
    design.processes["best"] = replace(best, kernel=replace(best.kernel, lanes=2))

    found = contents(write(tmp_path, design))

    adders = found["src/adders/dense_2_adders.h"].decode()
    assert adders.count("= codesign::added") + adders.count("= codesign::subtracted") == len(
        design.processes["dense_2"].kernel.adders.additions
    )
    assert b"codesign::adder_graph<dense_2_config, dense_2_adders>(in, out" in found["src/small.cpp"]
    assert "src/weights/dense_1_weights.h" in found and "src/weights/dense_2_weights.h" not in found
    codes = np.random.default_rng(0).integers(-8, 8, (200, 4))
    for arithmetic in Arithmetic:
        np.testing.assert_array_equal(Csim(tmp_path, arithmetic)([codes])[0], classifier().evaluate([codes])[0])


def test_the_project_has_a_file_for_every_tool(tmp_path: Path) -> None:
    found = contents(write(tmp_path))
    expected = {
        "README.md", "Makefile", "codesign.json", "vivado_hls.tcl", "vitis_hls.tcl", "hls_config.cfg", "src/small.cpp",
        "src/small.h", "src/config.h", "tb/testbench.cpp", "tb/vectors/x.dat", "tb/vectors/y.dat", "csim/csim.cpp",
        "csim/include/hls_stream.h", "src/codesign/matvec.hpp", "src/weights/dense_1_weights.h",
    }  # fmt: skip
    assert expected <= set(found)
    for path in ("vivado_hls.tcl", "vitis_hls.tcl", "hls_config.cfg", "README.md"):
        assert PART.encode() in found[path]
    for path, data in found.items():
        assert data.isascii(), path
        if path.endswith((".cpp", ".h", ".tcl", ".cfg", "Makefile", ".md")) and "include" not in path:
            assert b"codesign 0.1.0 from the model abc" in b"\n".join(data.splitlines()[:4]), path


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    """Also under another hash seed, in another process and another folder."""
    program = (
        "import sys; from pathlib import Path; from tests.backends.test_project import write;"
        "from tests.backends.designs import one_of_each; write(Path(sys.argv[1]), one_of_each(3, 1))"
    )
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program, str(tmp_path / f"run{seed}")]
        root = Path(__file__).parents[2]
        subprocess.run(command, check=True, cwd=root, env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)})
    one, two = contents(tmp_path / "run1"), contents(tmp_path / "run2")
    assert len(one) > 50
    assert one == two
    assert not any(str(tmp_path).encode() in data for data in one.values())


def test_the_description_says_what_a_simulation_needs(tmp_path: Path) -> None:
    found = json.loads((write(tmp_path) / MARKER).read_text())
    assert found["top"] == "small"
    assert found["inputs"] == [
        {"name": "x", "origin": "global_in", "shape": [4], "width": 4, "signed": True, "low": -8, "high": 7}
    ]


@pytest.mark.parametrize(
    ("clock", "text"),
    [(5, "5"), (2.5, "2.5"), (Fraction(10, 3), "3.333"), (1000, "1000"), (Fraction(1000, 240), "4.167")],
)
def test_the_clock_is_written_to_the_picosecond(clock: Fraction | float, text: str) -> None:
    assert clock_text(clock) == text


@pytest.mark.parametrize("clock", [0, -5, 1001, 1e-9])
def test_an_impossible_clock_is_refused(clock: float) -> None:
    with pytest.raises(TargetError, match="a clock period of"):
        clock_text(clock)


@pytest.mark.parametrize("part", ["", "xcu50; exec rm", "xcu50}", "[exit]", "-reset", "xcu50\n", "$part"])
def test_what_is_no_part_is_refused(part: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="is not the name of a device"):
        write(tmp_path, part=part)
    assert list(tmp_path.iterdir()) == []


def test_vectors_of_another_size_are_our_mistake(tmp_path: Path) -> None:
    with pytest.raises(IRError, match="vectors of 3 elements for port x of 4"):
        write_project(
            classifier(), tmp_path, part=PART, clock_ns=5, version="0", digest="0",
            vectors=Vectors([np.zeros((2, 3), np.int64)], [np.zeros((2, 1), np.int64)]),
        )  # fmt: skip


def test_an_input_that_is_an_output_is_copied(tmp_path: Path) -> None:
    """What is left of a network that does nothing."""
    design = Design("same", "same.onnx")
    x = Fixed(5)
    design.add_stream(Stream("x", x, 3, 2))
    design.inputs.append(Port("x", "x", Tensor.of_fixed((6,), x), "in"))
    design.outputs.append(Port("y", "x", Tensor.of_fixed((6,), x), "out"))
    codes = np.arange(-12, 12).reshape(4, 6)
    [found] = Csim(write(tmp_path, design, vectors=False))([codes])
    np.testing.assert_array_equal(found, codes)


# --- its tools


STUBS = """
foreach name {open_project set_top add_files open_solution set_part create_clock csim_design csynth_design
              cosim_design export_design config_array_partition} {
    proc $name args "lappend ::calls \\[list $name {*}\\$args\\]"
}
rename exit leave
proc exit args { foreach call $::calls { puts $call }; leave 0 }
proc exec args { puts "EXECUTED $args" }
set calls {}
"""


@pytest.mark.parametrize("script", ["vivado_hls.tcl", "vitis_hls.tcl"])
@pytest.mark.parametrize("steps", [[], ["csynth cosim export"], ["-f", "vitis_hls.tcl", "csim"]])
def test_the_tcl_calls_the_steps_that_were_asked_for(script: str, steps: list[str], tmp_path: Path) -> None:
    tclsh = shutil.which("tclsh")
    if tclsh is None:
        pytest.skip("needs tclsh")
    project = write(tmp_path / "p")
    stubs = tmp_path / "stubs.tcl"
    stubs.write_text(
        STUBS
        + f"set file [open {{{project / script}}}]\nset text [read $file]\n"
        + 'if {![info complete $text]} { error "unbalanced" }\n'
        + f"source {{{project / script}}}\n"
    )
    done = subprocess.run([tclsh, stubs, *steps], capture_output=True, text=True, check=True, cwd=project)
    calls = [line.split()[0] for line in done.stdout.splitlines()]
    wanted = " ".join(steps).split() or ["csim", "csynth"]
    assert calls[-len([s for s in wanted if s in ("csim", "csynth", "cosim", "export")]) :] == [
        f"{s}_design" for s in ("csim", "csynth", "cosim", "export") if s in wanted
    ]
    assert "set_part xcu50-fsvh2104-2-e" in done.stdout
    assert "create_clock -period 5 -name default" in done.stdout
    assert "set_top small" in done.stdout
    for line in done.stdout.splitlines():
        words = line.split()
        if words[0] == "add_files":
            path = words[2] if words[1] == "-tb" else words[1]
            assert (project / path).exists()
    assert ("-flow_target vivado" in done.stdout) == (script == "vitis_hls.tcl")


@pytest.mark.parametrize("script", ["vivado_hls.tcl", "vitis_hls.tcl"])
def test_an_exported_ip_has_a_name_and_a_version_of_its_own(script: str, tmp_path: Path) -> None:
    asked = recorded(write(tmp_path) / script, "csynth", "export")
    [words] = asked.of("export_design")
    options = dict(zip(words[::2], words[1::2]))
    assert options == {
        "-format": "ip_catalog", "-vendor": "codesign", "-library": "hls", "-version": "1.0", "-display_name": "small",
        "-description": "A network with AXI4-Streams",
    }  # fmt: skip
    assert asked.of("open_project") == [["-reset", "hls_project"]]
    assert asked.of("add_files")[0] == ["src/small.cpp", "-cflags", "-std=c++11"]


@pytest.mark.parametrize("script", ["vivado_hls.tcl", "vitis_hls.tcl"])
def test_a_free_running_block_is_a_project_of_its_own(script: str, tmp_path: Path) -> None:
    asked = recorded(write(tmp_path) / script, "csynth export free_running")
    assert asked.of("open_project") == [["-reset", "hls_free_running"]]
    assert asked.of("add_files")[0] == ["src/small.cpp", "-cflags", "-std=c++11 -DCODESIGN_FREE_RUNNING"]
    assert asked.names()[-2:] == ["csynth_design", "export_design"]
    assert recorded(tmp_path / script, "free_running").names()[-2:] == ["csim_design", "csynth_design"]


@pytest.mark.parametrize("tool", [[], ["-D__VITIS_HLS__"]])
@pytest.mark.parametrize(("free", "mode"), [([], "ap_ctrl_hs"), (["-DCODESIGN_FREE_RUNNING"], "ap_ctrl_none")])
def test_a_free_running_block_has_no_handshake(tool: list[str], free: list[str], mode: str, tmp_path: Path) -> None:
    project = write(tmp_path)
    flags = ["-std=c++11", "-E", "-DCODESIGN_NATIVE", "-Icsim/include", *tool, *free]
    text = toolchain.run([toolchain.compiler(), *flags, "src/small.cpp"], folder=project, seconds=60)
    [line] = [line for line in text.splitlines() if "ap_ctrl" in line]
    assert f"INTERFACE {mode} port=return" in line


@pytest.mark.parametrize("free", [False, True])
def test_the_configuration_file_names_files_that_exist(free: bool, tmp_path: Path) -> None:
    project = write(tmp_path)
    text = (project / ("hls_free_running.cfg" if free else "hls_config.cfg")).read_text()
    assert ("-DCODESIGN_FREE_RUNNING" in text) == free
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string("[general]\n" + text)
    assert parser["general"]["part"] == PART
    hls = dict(parser["hls"])
    assert (hls["clock"], hls["syn.top"], hls["flow_target"]) == ("5ns", "small", "vivado")
    ip = [hls[f"package.ip.{part}"] for part in ("vendor", "library", "name", "version")]
    assert ip == ["codesign", "hls", "small", "1.0"]
    files = [line.split("=")[1] for line in text.splitlines() if line.startswith(("syn.file=", "tb.file="))]
    assert len(files) == 3
    assert all((project / file).exists() for file in files)


@pytest.mark.parametrize("arithmetic", ["native", "ap", "exact rom"])
def test_the_testbench_agrees_and_tells_the_first_mismatch(arithmetic: str, tmp_path: Path) -> None:
    """With the Makefile, as a user runs it, and from another folder, as simulators do."""
    project = write(tmp_path / "p")
    make = ["make", "-C", str(project), "csim"]
    if arithmetic != "native":
        make.append(f"AP_INCLUDE={toolchain.ap_include()}")
    if arithmetic == "exact rom":
        make.append("CXXFLAGS=-std=c++11 -O1 -DCODESIGN_EXACT_ROM")
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "8 samples agree" in done.stdout
    deep = project / "hls_project" / "solution" / "csim" / "build"
    deep.mkdir(parents=True)
    testbench = project / "csim" / "testbench"
    assert subprocess.run([testbench], cwd=deep, capture_output=True, check=False).returncode == 0

    vectors = project / "tb" / "vectors" / "y.dat"
    lines = vectors.read_text().splitlines()
    lines[5] = str(1 - int(lines[5]))
    vectors.write_text("\n".join(lines) + "\n")
    wrong = subprocess.run([testbench, vectors.parent], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert wrong.stdout == f"y: sample 5, element 0: got {1 - int(lines[5])}, expected {lines[5]}\n"
    vectors.write_text("1 0 spam")
    assert subprocess.run([testbench], cwd=deep, capture_output=True, check=False).returncode == 2
    vectors.unlink()
    missing = subprocess.run([testbench], cwd=deep, capture_output=True, text=True, check=False)
    assert missing.returncode == 2
    assert "y.dat were not found" in missing.stdout


# --- whole or not at all


def test_the_folder_appears_when_the_block_succeeds(tmp_path: Path) -> None:
    with output_folder(tmp_path / "deep" / "out") as folder:
        (folder / "file").write_text("text")
        assert not (tmp_path / "deep" / "out").exists()
    assert contents(tmp_path) == {"deep/out/file": b"text"}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_behind(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error), output_folder(tmp_path / "out") as folder:
        (folder / "half").write_text("written")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_an_existing_project_needs_force(tmp_path: Path) -> None:
    write(tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=r"the folder exists; choose another"), output_folder(tmp_path / "out"):
        raise AssertionError("entered")
    assert contents(tmp_path) == before


def test_force_replaces_a_project_whole(tmp_path: Path) -> None:
    write(tmp_path / "out")
    with output_folder(tmp_path / "out", force=True) as folder:
        (folder / "new").write_text("1")
        assert (tmp_path / "out" / MARKER).exists()
    assert contents(tmp_path) == {"out/new": b"1"}


def test_a_failed_force_keeps_the_old_project(tmp_path: Path) -> None:
    write(tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(RuntimeError), output_folder(tmp_path / "out", force=True):
        raise RuntimeError
    assert contents(tmp_path) == before


@pytest.mark.parametrize("marker", [None, "", "[]", '{"name": "somebody else\'s"}'])
def test_force_spares_what_is_not_ours(marker: str | None, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.tex").write_text("years of work")
    if marker is not None:
        (home / MARKER).write_text(marker)
    before = contents(tmp_path)
    for force in (False, True):
        with pytest.raises(OutputError, match="is not empty and has no codesign"), output_folder(home, force):
            raise AssertionError("entered")
    assert contents(tmp_path) == before


def test_a_file_or_a_link_is_never_replaced(tmp_path: Path) -> None:
    write(tmp_path / "real")
    (tmp_path / "file").write_text("text")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    before = contents(tmp_path)
    for name, message in (("file", "a file is in the way"), ("link", "a link is"), ("dangling", "a link is")):
        with pytest.raises(OutputError, match=message), output_folder(tmp_path / name, force=True):
            raise AssertionError("entered")
    with pytest.raises(OutputError, match="the folder cannot be made"), output_folder(tmp_path / "file" / "out"):
        raise AssertionError("entered")
    assert contents(tmp_path) == before


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with output_folder(tmp_path / "out") as folder:
        (folder / "file").write_text("text")
    assert contents(tmp_path) == {"out/file": b"text"}


def test_a_folder_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is not empty"), output_folder(tmp_path / "out") as folder:
        (folder / "ours").write_text("1")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").write_text("2")
    assert contents(tmp_path) == {"out/theirs": b"2"}


# --- names


def test_names_that_cpp_reserves_are_changed_and_work(tmp_path: Path) -> None:
    """Ports and layers called like keywords, types, each other, or what the generated code itself uses."""
    design = classifier()
    names = {"x": "double", "y": "samples", "dense_1_out": "main", "relu_out": "half", "packed": "in"}
    for old, new in names.items():
        rename_stream(design, old, new)
    for old, new in {"dense_1": "int", "relu": "feed", "pack": "n", "dense_2": "std", "best": "codes"}.items():
        rename_process(design, old, new)
    design.name = "inputs"
    x = random_vectors(design, 20)
    project = write(tmp_path, design)
    for arithmetic in Arithmetic:
        np.testing.assert_array_equal(Csim(project, arithmetic)(x.inputs)[0], x.outputs[0])
    subprocess.run(["make", "-C", project, "csim"], check=True, capture_output=True)


def rename_stream(design: Design, old: str, new: str) -> None:
    def swap(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if n == old else n for n in names)

    design.streams = {
        new if k == old else k: replace(s, name=new) if k == old else s for k, s in design.streams.items()
    }
    design.processes = {k: replace(p, reads=swap(p.reads), writes=swap(p.writes)) for k, p in design.processes.items()}
    for ports in (design.inputs, design.outputs):
        ports[:] = [replace(p, name=new, stream=new) if p.stream == old else p for p in ports]


def rename_process(design: Design, old: str, new: str) -> None:
    design.processes = {
        new if k == old else k: replace(p, name=new) if k == old else p for k, p in design.processes.items()
    }


def test_every_kernel_s_project_has_no_long_line(tmp_path: Path) -> None:
    """Constants are broken into lines that editors and reviewers can take."""
    for path, data in contents(write(tmp_path, one_of_each(5, 1))).items():
        if path.startswith("src/weights/"):
            assert max(map(len, data.splitlines())) < 800, path

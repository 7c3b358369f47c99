"""The command-line runner: .npy files in, .npy files out, and every mistake named."""

import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from codesign import resources
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from tests.backends.alveo.projects import compiled, encoded, linked, objects, written, xclbin
from tests.backends.passing import passing

LEFT_OPEN = "left open"


@dataclass
class Runner:
    """An emulated host, its xclbin, and arrays of numbers for its inputs, in a folder."""

    program: Path
    xclbin: Path
    project: Path
    design: Design
    folder: Path
    inputs: list[np.ndarray]

    def __call__(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([self.program, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert LEFT_OPEN not in done.stderr
        return done

    def refused(self, *arguments: str | Path) -> str:
        """The message, of a run that wrote nothing."""
        before = sorted(p.name for p in self.folder.iterdir())
        done = self(*arguments)
        assert done.returncode == 2 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done
        assert sorted(p.name for p in self.folder.iterdir()) == before
        return done.stderr.removeprefix("error: ").rstrip("\n")

    @property
    def card(self) -> list[str | Path]:
        return ["--xclbin", self.xclbin]

    @property
    def files(self) -> list[str | Path]:
        return [*self.card, "--input", "x0=a.npy", "--input", "x1=b.npy"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, device: list[Path], runner: Path) -> Runner:
    """Two inputs and three outputs, two compute units."""
    design = encoded(passing((Fixed(5, 2), 3, 4, 1), (Fixed(12, 0, False), 2, 1, 2)))
    project = written(design, tmp_path_factory.mktemp("project"), units=2, max_batch=20, samples=50)
    folder = project / "alveo" / "host"
    accelerator = compiled(folder / "accelerator.cpp", folder, resources.folder("hls") / "device")
    program = linked([accelerator, runner, *device], folder / "host")
    files = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    x = [rng.uniform(-5, 5, (90, 4, 3)).astype("f4"), rng.integers(-3, 5000, (90, 1, 2), dtype="i2")]
    for name, values in zip("ab", x, strict=True):
        np.save(files / f"{name}.npy", values)
    return Runner(program, xclbin(project), project, design, files, x)


def test_values_and_codes_are_those_of_the_design(run: Runner, tmp_path: Path) -> None:
    codes = run.design.evaluate(run.design.encode(run.inputs))
    values = [p.tensor.decode_float(c) for p, c in zip(run.design.outputs, codes, strict=True)]
    for options, expected in (([], values), (["--codes"], codes)):
        outputs = [w for p in run.design.outputs for w in ("--output", f"{p.name}={tmp_path / p.name}.npy")]
        done = run(*run.files, *outputs, *options, "--batch", "40", "--repeat", "2")
        assert done.returncode == 0 and not done.stderr, done
        for port, wanted in zip(run.design.outputs, expected, strict=True):
            found = np.load(tmp_path / f"{port.name}.npy")
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found, wanted)


def test_latency_and_throughput_are_printed_for_launch_kernel_and_end_to_end_apart(run: Runner) -> None:
    done = run(*run.files, "--batch", "30", "--repeat", "3")
    lines = done.stdout.splitlines()
    assert lines[0] == "90 samples in batches of 30 on 2 compute units, 3 times"
    assert lines.pop(1) == "no card: a device in this process, and the times of this machine"
    number = r"+(\d+\.\d) us"
    found = {}
    for line, name in zip(lines[1:], ("empty launch", "kernel", "end to end"), strict=True):
        match = re.fullmatch(rf"{name} *min {number}   median {number}   p99 {number}( +\d+ samples/s)?", line)
        assert match and bool(match[4]) == (name != "empty launch"), line
        found[name] = [float(match[i]) for i in (1, 2, 3)]
        assert found[name] == sorted(found[name])
    assert all(a < b for a, b in zip(found["kernel"], found["end to end"], strict=True))


def test_the_vectors_of_the_project_agree(run: Runner) -> None:
    done = run(*run.card, "--check", run.project / "tb" / "vectors", "--batch", "7")
    assert (done.returncode, done.stdout, done.stderr) == (0, "50 samples agree\n", "")


def test_vectors_that_differ_are_told_by_their_first_difference(run: Runner, tmp_path: Path) -> None:
    for path in (run.project / "tb" / "vectors").iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    rows = [line.split() for line in (tmp_path / "y1_1.dat").read_text().splitlines()]
    rows[3][1] = str(int(rows[3][1]) + 1)
    (tmp_path / "y1_1.dat").write_text("".join(" ".join(row) + "\n" for row in rows))
    done = run(*run.card, "--check", tmp_path)
    assert done.returncode == 1
    assert done.stdout == f"y1_1: sample 3, element 1: got {int(rows[3][1]) - 1}, expected {rows[3][1]}\n"


def test_vectors_that_are_missing_or_broken_are_named(run: Runner, tmp_path: Path) -> None:
    vectors = run.project / "tb" / "vectors"
    missing = run.refused(*run.card, "--check", tmp_path)
    assert missing == f"{tmp_path}/x0.dat: cannot be read: No such file or directory"
    for path in vectors.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    for name, text, problem in (
        ("x1", "1 2 3\n", "has 3 codes, no whole samples of 2"), ("x1", "1 2 x\n", "has something that is no code"),
        ("x1", "1 2\n", "expected 50 samples, as x0.dat has"), ("x1", "", "has 0 codes, no whole samples of 2"),
        ("x1", "4096 0\n" * 50, ""),
    ):  # fmt: skip
        (tmp_path / f"{name}.dat").write_text(text)
        found = run.refused(*run.card, "--check", tmp_path)
        outside = "input x1: the code 4096 of sample 0 is outside 0..4095"
        assert found.startswith(f"{tmp_path}/{name}.dat: {problem}" if problem else outside)


def test_help_tells_the_options_and_the_ports(run: Runner) -> None:
    done = run("--help")
    assert done.returncode == 0 and "--xclbin FILE" in done.stdout
    assert "inputs:\n  x0  (4, 3)  /x0\n  x1  (1, 2)  /x1\noutputs:\n  y0_0  (4, 3)  /y0_0\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "--xclbin FILE is needed"),
        (["--xclbin"], "--xclbin: expected a value"),
        (["--xclbim", "x"], "unknown option --xclbim; --help tells which there are"),
        (["--xclbin", "x", "--xclbin", "y"], "--xclbin was already given"),
        (["--xclbin", "x"], "--input FILE or --check FOLDER is needed"),
        (["--xclbin", "x", "--input", "a.npy"], "--input a.npy: expected NAME=FILE, with one of the names x0, x1"),
        (["--xclbin", "x", "--input", "x0="], "--input x0=: expected a file"),
        (["--xclbin", "x", "--input", "x0=a.npy"], "--input is needed for each of x0, x1"),
        (["--input", "x0=a", "--input", "x0=a"], "--input x0=a: x0 was already given"),
        (["--xclbin", "x", "--check", "v", "--output", "y0_0=y"], "--output y: there is no --input"),
        (["--batch", "0"], "--batch 0: expected a whole number from 1 to 2147483647"),
        (["--batch", "1e3"], "--batch 1e3: expected a whole number from 1 to 2147483647"),
        (["--batch", " 5"], "--batch  5: expected a whole number from 1 to 2147483647"),
        (["--batch", "99999999999999999999"], "--batch 99999999999999999999: expected a whole number"),
        (["--device", "-1"], "--device -1: expected a whole number from 0 to 1023"),
        (["--repeat", ""], "--repeat : expected a whole number from 1 to 1000000000"),
        (["--timeout", "x"], "--timeout x: expected a whole number from 0 to 86400000"),
    ],
)
def test_a_mistake_on_the_command_line_is_named(run: Runner, arguments: list[str], problem: str) -> None:
    assert run.refused(*arguments).startswith(problem)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (np.zeros((90, 2)), r"has shape \(90, 2\), the input x1 expects \(samples, 1, 2\)"),
        (np.zeros((90, 2, 1)), r"has shape \(90, 2, 1\), the input x1 expects \(samples, 1, 2\)"),
        (np.zeros((1, 2)), r"has shape \(1, 2\), the input x1 expects"),
        (np.zeros((89, 1, 2)), "has 89 samples, a.npy has 90"),
        (np.zeros((90, 1, 2), "f2"), "has numbers of type '<f2'; expected little-endian float32, float64 or integers"),
    ],
)
def test_an_input_of_another_shape_or_type_is_named(run: Runner, values: np.ndarray, problem: str) -> None:
    np.save(run.folder / "c.npy", values)
    assert re.match(f"c.npy: {problem}", run.refused(*run.card, "--input", "x0=a.npy", "--input", "x1=c.npy"))


def test_a_file_without_samples_is_refused(run: Runner) -> None:
    np.save(run.folder / "none_a.npy", np.zeros((0, 4, 3)))
    np.save(run.folder / "none_b.npy", np.zeros((0, 1, 2)))
    files = ["--input", "x0=none_a.npy", "--input", "x1=none_b.npy"]
    assert run.refused(*run.card, *files) == "none_a.npy: has no samples"


def test_what_goes_wrong_on_the_card_leaves_nothing_open_and_writes_nothing(run: Runner, tmp_path: Path) -> None:
    x = run.inputs[0].copy()
    x[77, 2, 1] = np.nan
    np.save(run.folder / "nan.npy", x)
    bad = [*run.card, "--input", "x0=nan.npy", "--input", "x1=b.npy", "--output", "y0_0=y.npy"]
    assert run.refused(*bad) == "nan.npy: sample 77, element (2, 1) is not a number (NaN)"
    assert run.refused(*run.files, "--batch", "41").startswith("a batch of 41 samples; the buffers hold 1 to 40")
    assert run.refused(*run.files, "--device", "3") == "Could not open device with index '3'"
    missing = run.refused("--xclbin", "no.xclbin", *run.files[2:])
    assert missing == "Failed to open file 'no.xclbin' for reading"
    nowhere = run.refused(*run.files, "--output", f"y0_0={tmp_path / 'no' / 'y.npy'}")
    assert nowhere == f"{tmp_path / 'no' / 'y.npy'}: cannot be written: No such file or directory"


def test_no_memory_is_misused_and_nothing_is_undefined(run: Runner, tmp_path: Path) -> None:
    """Host, device and kernel compiled with the compiler's own checks, on runs that end well and ones that do not."""
    options = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
    folder, stand_in = run.project / "alveo" / "host", resources.folder("hls") / "device"
    parts = [compiled(folder / name, tmp_path, stand_in, options) for name in ("accelerator.cpp", "main.cpp")]
    program = linked([*parts, *objects(tmp_path, options)], tmp_path / "host", options)
    checked = replace(run, program=program, xclbin=xclbin(run.project, options, tmp_path / "checked.xclbin"))
    assert checked(*checked.files, "--check", run.project / "tb" / "vectors").returncode == 0
    for bad in (["--batch", "41"], ["--device", "3"], ["--xclbin", program], ["--output", "y0_0=no/y.npy"]):
        arguments = checked.files if bad[0] != "--xclbin" else checked.files[2:]
        assert checked(*arguments, *bad).stderr.startswith("error: ")


@pytest.mark.parametrize("standard", ["c++14", "c++17"])
@pytest.mark.parametrize("headers", ["xrt", "experimental"])
def test_the_host_compiles_against_the_declared_interface(
    run: Runner, tmp_path: Path, standard: str, headers: str
) -> None:
    """Where XRT 2020.2 has its headers, too."""
    stand_in = resources.folder("hls") / "device" / "xrt"
    (tmp_path / headers).mkdir()
    for path in stand_in.glob("*.h"):
        (tmp_path / headers / path.name).write_text(path.read_text())
    for name in ("accelerator.cpp", "main.cpp"):
        source = run.project / "alveo" / "host" / name
        options = [f"-std={standard}", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        done = subprocess.run(["g++", *options, f"-I{tmp_path}", source], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

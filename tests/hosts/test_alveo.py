"""The host of a card in Python, on a card in this process that runs the printed kernel."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.hosts.conftest import UNITS, Project
from tests.hosts.modules import module

host, runner, alveo = module("codesign_host"), module("codesign_runner"), module("codesign_alveo")
pyxrt = module("pyxrt", "device")

Emulated = tuple[Project, Path]


@pytest.fixture(autouse=True)
def released(monkeypatch: pytest.MonkeyPatch):
    """Puts the card under `import pyxrt`; after each test nothing of it is open."""
    monkeypatch.setitem(sys.modules, "pyxrt", pyxrt)
    yield
    gc.collect()
    assert pyxrt.still_open() == {"device": 0, "kernel": 0, "bo": 0, "run": 0}


def design_of(project: Project) -> object:
    return host.Design.read(project.folder / "alveo" / "host" / "design.json")


@pytest.mark.parametrize("units", [1, UNITS])
@pytest.mark.parametrize("batch", [1, 5, 100])
@pytest.mark.parametrize("which", ["jets_card", "ports_card"])
def test_a_card_gives_the_numbers_of_the_design(which: str, batch: int, units: int, request) -> None:
    project, xclbin = request.getfixturevalue(which)
    with alveo.Card(design_of(project), xclbin, units=units, batch=batch) as card:
        found, times = card.timed(project.inputs)
        for got, want in zip(found, project.expected(), strict=True):
            np.testing.assert_array_equal(got, want)
        assert len(times.kernel) == len(times.end_to_end) == -(-100 // batch)
        for got, want in zip(card.timed(project.inputs, in_flight=False)[0], found, strict=True):
            np.testing.assert_array_equal(got, want)
        assert pyxrt.still_open()["run"] == units * alveo.IN_FLIGHT
    assert pyxrt.still_open() == {"device": 0, "kernel": 0, "bo": 0, "run": 0}


def test_codes_pass_as_they_are(ports_card: Emulated) -> None:
    project, xclbin = ports_card
    codes = project.design.encode(project.inputs)
    with alveo.Card(design_of(project), xclbin, batch=7) as card:
        for got, want in zip(card.run_codes(codes), project.design.evaluate(codes), strict=True):
            np.testing.assert_array_equal(got, want)
        with pytest.raises(host.HostError, match=r"x: codes outside -16\.\.15"):
            card.run_codes([codes[0] + 100, codes[1]])


def test_a_launch_without_samples_is_timed(ports_card: Emulated) -> None:
    project, xclbin = ports_card
    with alveo.Card(design_of(project), xclbin) as card:
        seconds = card.launch_only(10)
    assert len(seconds) == 10 and all(s > 0 for s in seconds)


def test_no_samples_give_no_results(ports_card: Emulated) -> None:
    project, xclbin = ports_card
    with alveo.Card(design_of(project), xclbin) as card:
        found = card.run(*(x[:0] for x in project.inputs))
    assert [x.shape for x in found] == [(0, *p.tensor.shape) for p in project.design.outputs]


# --- what is refused, with everything released


def test_an_xclbin_of_another_design_is_betrayed_by_its_kernel(ports_card: Emulated, jets_card: Emulated) -> None:
    with pytest.raises(
        host.HostError, match=r"it has no compute unit net_kernel:\{net_kernel_1\} \(No compute units matching"
    ):
        alveo.Card(design_of(ports_card[0]), jets_card[1])


def test_an_xclbin_of_another_design_is_betrayed_by_its_digest(ports_card: Emulated) -> None:
    project, xclbin = ports_card
    design = design_of(project)
    design.digest = "f" * 32
    with pytest.raises(
        host.HostError, match=r"net_kernel_1: the hardware has the digest [0-9a-f]{32}, this host has f"
    ):
        alveo.Card(design, xclbin)


def test_an_error_that_is_kept_keeps_nothing_open(ports_card: Emulated) -> None:
    """A notebook keeps the last error with all its frames."""
    project, xclbin = ports_card
    design = design_of(project)
    design.digest = "f" * 32
    kept = []
    try:
        alveo.Card(design, xclbin)
    except host.HostError as error:
        kept.append(error)
    assert pyxrt.still_open() == {"device": 0, "kernel": 0, "bo": 0, "run": 0}
    try:
        with alveo.Card(design_of(project), xclbin, batch=10) as card:
            card.run(project.inputs[0], np.full_like(project.inputs[1], np.nan))
    except host.HostError as error:
        kept.append(error)
    assert len(kept) == 2
    assert pyxrt.still_open() == {"device": 0, "kernel": 0, "bo": 0, "run": 0}


def test_another_layout_or_size_of_batch_is_refused(ports_card: Emulated) -> None:
    project, xclbin = ports_card
    design = design_of(project)
    design.max_samples = 100
    with pytest.raises(host.HostError, match="takes 200 samples, this host expects 1 and 100"):
        alveo.Card(design, xclbin)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 4}, "4 compute units; the xclbin has 3: net_kernel_1, net_kernel_2, net_kernel_3"),
        ({"units": 0}, "0 compute units; the xclbin has 3"),
        ({"batch": 201}, r"a batch of 201 samples; the kernel takes 1 to 200 \(`--max-batch`"),
        ({"device": 1}, "device 1 cannot be opened: Could not open device with index '1'; `xbutil examine`"),
    ],
)
def test_what_the_card_has_not_is_refused(options: dict, message: str, ports_card: Emulated) -> None:
    project, xclbin = ports_card
    with pytest.raises(host.HostError, match=message):
        alveo.Card(design_of(project), xclbin, **options)


def test_files_that_are_no_xclbin_are_refused(ports_card: Emulated, tmp_path: Path) -> None:
    design = design_of(ports_card[0])
    with pytest.raises(host.HostError, match=r"none\.xclbin: there is no such xclbin"):
        alveo.Card(design, tmp_path / "none.xclbin")
    (tmp_path / "text.xclbin").write_text("no image")
    with pytest.raises(
        host.HostError, match=r"text\.xclbin: it cannot be loaded: Invalid xclbin .*this card's platform"
    ):
        alveo.Card(design, tmp_path / "text.xclbin")


def test_buffers_that_do_not_fit_the_bank_are_refused(ports_card: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    project, xclbin = ports_card
    original = pyxrt._Image.__init__

    def small(self, path: str) -> None:
        original(self, path)
        self.banks = [(tag, 2000) for tag, _ in self.banks]

    monkeypatch.setattr(pyxrt._Image, "__init__", small)
    with pytest.raises(host.HostError, match=r"the buffers of 200 samples cannot be made: .*; try a smaller batch"):
        alveo.Card(design_of(project), xclbin)


def test_a_launch_that_fails_is_an_error(ports_card: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    project, xclbin = ports_card
    with alveo.Card(design_of(project), xclbin, batch=10) as card:
        monkeypatch.setattr(pyxrt._Image, "launch", lambda *_: "a stream was not read")
        with pytest.raises(host.HostError, match="net_kernel_1: a launch ended as ERT_CMD_STATE_ERROR"):
            card.run(*project.inputs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, m: [x], "1 arrays are given, the design has the inputs x, mask"),
        (lambda x, m: [x, m[:50]], "the inputs have different numbers of samples: x 100, mask 50"),
        (lambda x, m: [x[:, :3], m], r"input x: an array of shape \(0, 3, 2\), the design expects \(samples, 6, 2\)"),
        (lambda x, m: [x, m.astype(str)], "input mask: numbers are expected"),
        (lambda x, m: [x, np.where(m == m[60, 1, 1], np.nan, m)], r"mask: sample 60, element \(1, 1\) is not a number"),
    ],
)
def test_inputs_without_codes_are_refused(change, message: str, ports_card: Emulated) -> None:
    project, xclbin = ports_card
    with alveo.Card(design_of(project), xclbin, batch=10) as card:
        with pytest.raises(host.HostError, match=message):
            card.run(*change(*project.inputs))
        np.testing.assert_array_equal(card.run(*project.inputs)[0], project.expected()[0])


def test_an_interrupted_call_leaves_a_card_that_works(ports_card: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    project, xclbin = ports_card

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with alveo.Card(design_of(project), xclbin, batch=10) as card:
        with monkeypatch.context() as patched:
            patched.setattr(host.Port, "unpack", interrupted)
            with pytest.raises(KeyboardInterrupt):
                card.run(*project.inputs)
        np.testing.assert_array_equal(card.run(*project.inputs)[0], project.expected()[0])
        with monkeypatch.context() as patched:
            patched.setattr(host.Port, "unpack", interrupted)
            with pytest.raises(KeyboardInterrupt):
                card.run(*project.inputs)


def test_a_card_that_was_released_says_so(ports_card: Emulated) -> None:
    project, xclbin = ports_card
    with alveo.Card(design_of(project), xclbin) as card:
        pass
    with pytest.raises(host.HostError, match="the hardware was released; open it again"):
        card.run(*project.inputs)


def test_without_xrt_the_cure_is_named(ports_card: Emulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyxrt", None)
    with pytest.raises(
        host.HostError, match=r"pyxrt was not found .*: it comes with XRT; `source /opt/xilinx/xrt/setup.sh`"
    ):
        alveo.Card(design_of(ports_card[0]), ports_card[1])


# --- the program, as copied


def program(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """codesign_alveo.py in a process of its own, with the emulated card on its path and nothing of the compiler."""
    path = {"PYTHONPATH": str(folder.parent / "emulation"), "PATH": os.environ["PATH"]}
    command = [sys.executable, str(folder / "codesign_alveo.py"), *words]
    return subprocess.run(command, env=path, capture_output=True, text=True, cwd=folder, check=False)


@pytest.fixture
def copied(ports_card: Emulated, tmp_path: Path) -> Path:
    project, xclbin = ports_card
    for part in ("host", "emulation"):
        shutil.copytree(project.folder / "alveo" / part, tmp_path / part, ignore=shutil.ignore_patterns("*.so"))
    shutil.copytree(project.folder / "tb" / "vectors", tmp_path / "vectors")
    shutil.copy(xclbin, tmp_path / "net.xclbin")
    for port, x in zip(project.design.inputs, project.inputs, strict=True):
        np.save(tmp_path / f"{port.name}.npy", x)
    return tmp_path / "host"


def test_the_program_checks_measures_and_writes(copied: Path, ports_card: Emulated) -> None:
    given = ["--input", "x=../x.npy", "--input", "mask=../mask.npy", "--output", "../out"]
    done = program(copied, "../net.xclbin", "--check", "../vectors", *given, "--batch", "9", "--repeat", "2")
    assert done.returncode == 0, done.stderr
    assert "no card: a device in this process" in done.stdout
    assert "9 vectors agree" in done.stdout and "100 samples in batches of 9, 2 times" in done.stdout
    for port, want in zip(ports_card[0].design.outputs, ports_card[0].expected(), strict=True):
        np.testing.assert_array_equal(np.load(copied.parent / "out" / f"{port.name}.npy"), want)


def test_the_program_tells_where_the_card_differs(copied: Path) -> None:
    place = copied.parent / "vectors" / "y.dat"
    lines = place.read_text().splitlines()
    lines[3] = " ".join([str(-int(lines[3].split()[0]) - 1), *lines[3].split()[1:]])
    place.write_text("\n".join(lines) + "\n")
    done = program(copied, "../net.xclbin", "--check", "../vectors")
    assert done.returncode == 1
    assert "error: the hardware differs from the vectors:" in done.stderr
    assert "y: 1 of 108 codes differ, the first in sample 3, element (0, 0): got" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to do: give --input, --check or both"),
        (["--input", "../x.npy"], "--input ../x.npy: write <input>=<file.npy>, each once, for the inputs x, mask"),
        (["--input", "x=../x.npy"], "the design has the inputs x, mask; there is no --input for mask"),
        (["--input", "x=none.npy", "--input", "mask=../mask.npy"], "none.npy: it cannot be read as .npy"),
        (["--input", "x=design.json", "--input", "mask=../mask.npy"], "design.json: it cannot be read as .npy"),
        (["--check", "nowhere"], "x.dat: the vectors cannot be read"),
        (["--check", "../vectors", "--repeat", "0"], "--repeat 0: expected at least 1"),
        (["--check", "../vectors", "--design", "codesign_host.py"], "codesign_host.py: the design cannot be read"),
    ],
)
def test_the_program_refuses_in_a_line(words: list[str], message: str, copied: Path) -> None:
    done = program(copied, "../net.xclbin", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and message in done.stderr
    assert "Traceback" not in done.stderr

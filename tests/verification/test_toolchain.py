"""Programs are found or named, and their failures are told in a few lines."""

import subprocess
import sys
from pathlib import Path

import pytest

from codesign.errors import ToolError
from codesign.verification import toolchain


def test_the_compiler_is_gpp_or_what_the_user_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    assert Path(toolchain.compiler()).name == "g++"
    monkeypatch.setenv("CXX", sys.executable)
    assert toolchain.compiler() == sys.executable
    monkeypatch.setenv("CXX", " ")
    assert Path(toolchain.compiler()).name == "g++"


def test_a_compiler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXX", "clang++-99")
    with pytest.raises(ToolError, match=r"'clang\+\+-99', which the variable CXX names, was not found"):
        toolchain.compiler()
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"g\+\+ was not found; install it, e\.g\."):
        toolchain.compiler()


def test_ap_int_is_found_without_importing_its_package() -> None:
    program = (
        "import sys; from codesign.verification.toolchain import ap_include; "
        "print((ap_include() / 'ap_int.h').is_file(), 'da4ml' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.split() == ["True", "False"]


def test_missing_headers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError, match=r"ap_int\.h was not found; it comes with the package da4ml"):
        toolchain.ap_include()


def test_a_command_gives_what_it_wrote(tmp_path: Path) -> None:
    assert toolchain.run([sys.executable, "-c", "print('$HOME `ls`')"], seconds=60) == "$HOME `ls`\n"
    where = toolchain.run([sys.executable, "-c", "import os; print(os.getcwd())"], folder=tmp_path, seconds=60)
    assert where.strip() == str(tmp_path.resolve())


def test_a_failure_shows_the_lines_that_matter() -> None:
    program = "import sys\nfor i in range(100): print(i, file=sys.stderr)\nprint('x.cpp: error: no', file=sys.stderr)\n"
    program += "for i in range(100): print('after', i, file=sys.stderr)\nsys.exit(3)"
    with pytest.raises(ToolError) as caught:
        toolchain.run([sys.executable, "-c", program], seconds=60)
    lines = str(caught.value).splitlines()
    assert "failed (exit code 3):" in lines[0]
    assert lines[1] == "  x.cpp: error: no"
    assert len(lines) == 21


def test_a_command_that_hangs_is_stopped() -> None:
    with pytest.raises(ToolError, match=r"took longer than 0\.2 s and was stopped"):
        toolchain.run([sys.executable, "-c", "import time; time.sleep(60)"], seconds=0.2)


def test_a_command_that_is_killed_or_absent_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"failed \(signal 9\)"):
        toolchain.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], seconds=60)
    with pytest.raises(ToolError, match="absent was not found"):
        toolchain.run([tmp_path / "absent"], seconds=60)
    (tmp_path / "text").write_text("")
    with pytest.raises(ToolError, match="cannot be executed"):
        toolchain.run([tmp_path / "text"], seconds=60)

"""The Makefile of a card as it is printed, run by make with a v++ that only writes what it is asked for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from codesign.compiler.build import build
from codesign.errors import ToolError
from tests.vendor.fakes import Tools, only_tools

GOLDEN = Path(__file__).parents[1] / "backends" / "golden"
COMPILES = """
print("$V++", *words)
if "--work_dir" in words:
    out = Path(words[words.index("--work_dir") + 1]) / "{kernel}.xo"
else:
    out = Path(words[words.index("-o") + 1])
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text("made")
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    tools = only_tools(tmp_path, monkeypatch)
    for name in ("make", "sh", "sed", "head", "mkdir", "cp", "test"):
        path = next(
            p for p in (Path("/bin") / name, Path("/usr/bin") / name, Path("/usr/local/bin") / name) if p.exists()
        )
        (tools.folder / name).symlink_to(path)
    return tools


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with the scripts of a card, whose platform is installed."""
    place = tmp_path / "build"
    shutil.copytree(GOLDEN / "small", place)
    shutil.copytree(GOLDEN / "alveo", place / "alveo")
    [name] = re.findall(r"^PLATFORM \?= (\S+)$", (place / "alveo" / "Makefile").read_text(), re.MULTILINE)
    platform = tmp_path / "cards" / name / f"{name}.xpfm"
    platform.parent.mkdir(parents=True)
    platform.touch()
    monkeypatch.setenv("PLATFORM_REPO_PATHS", str(tmp_path / "cards"))
    return place


def kernel(card: Path) -> str:
    [name] = re.findall(r"^KERNEL := (\S+)$", (card / "alveo" / "Makefile").read_text(), re.MULTILINE)
    return name


def calls(card: Path, step: str) -> list[list[str]]:
    text = (card / "logs" / f"{step}.log").read_text()
    return [line.split()[1:] for line in text.splitlines() if line.startswith("$V++ ")]


@pytest.mark.parametrize(("version", "mode"), [("v2022.1", ["-c", "-t", "hw"]), ("v2024.1", ["-c", "--mode", "hls"])])
def test_a_binary_is_compiled_and_linked_for_the_platform(
    tools: Tools, card: Path, version: str, mode: list[str]
) -> None:
    tools.add("v++", COMPILES.format(kernel=kernel(card)), version)
    done = build(card, "link")
    assert [path.suffix for path in done.results] == [".xclbin"]
    compiled, linked = calls(card, "link")
    assert compiled[:3] == mode and linked[:3] == ["-l", "-t", "hw"]
    platform = next((card.parent / "cards").iterdir()).name
    assert all(words[words.index("--platform") + 1] == platform for words in (compiled, linked))
    assert build(card, "xo").results[0].name == f"{kernel(card)}.xo" and calls(card, "xo") == []


@pytest.mark.parametrize("step", ["hw_emu", "sw_emu"])
def test_emulation_has_a_binary_of_its_own(tools: Tools, card: Path, step: str) -> None:
    tools.add("v++", COMPILES.format(kernel=kernel(card)))
    [result] = build(card, step).results
    assert result.parent == card / "alveo" / "build" / step
    assert all(words[words.index("-t") + 1] == step for words in calls(card, step))


def test_a_kernel_that_does_not_compile_is_not_linked(tools: Tools, card: Path) -> None:
    tools.add("v++", "print('$V++', *words)\nprint('ERROR: [v++ 60-300] no')\nsys.exit(1)")
    with pytest.raises(ToolError, match=r"make failed \(exit code 2\).*\n  ERROR: \[v\+\+ 60-300\] no\n"):
        build(card, "link")
    assert len(calls(card, "link")) == 1

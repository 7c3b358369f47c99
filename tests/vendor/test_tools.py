"""Tools are found on PATH in versions that our scripts are for; else the message says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesign.errors import ToolError
from codesign.vendor.tools import VITIS_HLS, VITIS_LINKER, VITIS_UNIFIED, VIVADO, VIVADO_HLS, find
from tests.vendor.fakes import Tools, only_tools


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    return only_tools(tmp_path, monkeypatch)


def test_a_tool_on_path_is_found_with_its_version(tools: Tools) -> None:
    program = tools.add("vitis_hls", version="v2023.2.1")
    found = find("csynth", VITIS_UNIFIED, VITIS_HLS, VIVADO_HLS)
    assert (found.tool, found.programs, found.version) == (VITIS_HLS, (program,), (2023, 2))
    assert str(found) == "Vitis HLS 2023.2"


def test_the_unified_tools_are_two_programs(tools: Tools) -> None:
    tools.add("v++", version="v2024.2")
    with pytest.raises(ToolError, match=r"v\+\+ is there, but not vitis-run beside it: source the settings64\.sh"):
        find("csynth", VITIS_UNIFIED)
    tools.add("vitis-run", version="v2024.2")
    tools.add("vitis_hls", version="v2022.1")
    assert find("csynth", VITIS_UNIFIED, VITIS_HLS).version == (2024, 2)
    assert find("link", VITIS_LINKER).programs == (tools.folder / "v++",)


def test_an_older_vitis_gives_way_to_its_own_hls_tool(tools: Tools) -> None:
    for name in ("v++", "vitis-run", "vitis_hls"):
        tools.add(name, version="v2023.1")
    assert find("csynth", VITIS_UNIFIED, VITIS_HLS, VIVADO_HLS).tool is VITIS_HLS


def test_a_version_that_is_not_printed_is_that_of_the_folder(tools: Tools, tmp_path: Path) -> None:
    real = tools.add("vivado", version="", folder=tmp_path / "Vivado" / "2021.1" / "bin")
    (tools.folder / "vivado").symlink_to(real)
    assert find("synth", VIVADO).version is None, "what a link is called says nothing"
    (tools.folder / "vivado").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(real.parent))
        assert find("synth", VIVADO).version == (2021, 1)


def test_where_none_is_the_message_says_which_ones_and_where_we_looked(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        find("csynth (HLS synthesis)", VITIS_UNIFIED, VITIS_HLS, VIVADO_HLS)
    assert str(error.value).splitlines() == [
        "csynth (HLS synthesis) needs one of these, and none is ready here:",
        f"  Vitis 2024.2 or later (v++, vitis-run): not on PATH, nor below {tmp_path / 'opt'} or in XILINX_VITIS",
        f"  Vitis HLS 2020.2 to 2024.1 (vitis_hls): not on PATH, nor below {tmp_path / 'opt'} or in XILINX_HLS",
        "  Vivado HLS 2019.2 to 2020.1 (vivado_hls): not on PATH, nor below "
        f"{tmp_path / 'opt'} or in XILINX_HLS, XILINX_VIVADO",
        "install it from https://www.xilinx.com/support/download.html, `source <folder of the version>/settings64.sh`, "
        "and try again",
    ]


@pytest.mark.parametrize("place", ["Vitis_HLS/2022.1", "2022.1/Vitis_HLS"])
def test_what_is_installed_but_not_on_path_has_to_be_sourced(tools: Tools, tmp_path: Path, place: str) -> None:
    for other in ("Vitis_HLS/2021.2", "Vitis_HLS/2025.1"):
        tools.add("vitis_hls", folder=tmp_path / "opt" / other / "bin")
    tools.add("vitis_hls", folder=tmp_path / "opt" / place / "bin")
    with pytest.raises(ToolError) as error:
        find("csynth", VITIS_HLS)
    assert f"installed: `source {tmp_path / 'opt' / place / 'settings64.sh'}` and try again" in str(error.value)


def test_an_installation_that_a_variable_names_is_seen(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "elsewhere" / "Vivado" / "2023.1"
    tools.add("vivado", folder=place / "bin")
    monkeypatch.setenv("XILINX_VIVADO", str(place))
    with pytest.raises(ToolError, match=f"`source {place / 'settings64.sh'}`"):
        find("synth", VIVADO)


def test_a_version_that_the_scripts_are_not_for_is_refused(tools: Tools, tmp_path: Path) -> None:
    path = tools.add("vivado_hls", version="v2018.3")
    with pytest.raises(ToolError, match=rf"Vivado HLS 2019\.2 to 2020\.1 \(vivado_hls\): {path} is of 2018\.3\n"):
        find("csynth", VIVADO_HLS)
    path.unlink()
    old = tools.add("vivado_hls", folder=tmp_path / "opt" / "Vivado" / "2018.3" / "bin")
    with pytest.raises(ToolError, match=f"only other versions are installed: {old.parents[1]}"):
        find("csynth", VIVADO_HLS)


def test_a_program_that_does_not_run_is_named(tools: Tools) -> None:
    path = tools.add("vivado")
    path.write_text("#!/nonexistent/interpreter\n")
    with pytest.raises(ToolError, match=f"{path} cannot be asked for its version"):
        find("synth", VIVADO)

"""Stand-ins for the vendor's tools: small scripts on PATH that say, write, fail and hang as they are told."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HLS_LOG = """
INFO: [HLS 200-10] Analyzing design file 'src/net.cpp' ...
INFO: [HLS 200-111] Starting code transformations ...
INFO: [HLS 200-10] -- Implementing module 'dense_1'
INFO: [SCHED 204-11] Starting scheduling ...
INFO: [HLS 200-10] -- Implementing module 'net'
INFO: [HLS 200-10] -- Generating RTL for module 'dense_1'
INFO: [HLS 200-10] -- Generating RTL for module 'net'
"""


@dataclass(frozen=True)
class Tools:
    """The only folder on PATH."""

    folder: Path

    def add(self, name: str, body: str = "", version: str = "v2022.1", folder: Path | None = None) -> Path:
        """A program that prints its version when asked, and otherwise runs `body`, Python that knows `words`."""
        place = folder or self.folder
        place.mkdir(parents=True, exist_ok=True)
        path = place / name
        path.write_text(
            f"#!{sys.executable} -S\nimport os, sys, time\nfrom pathlib import Path\nwords = sys.argv[1:]\n"
            "if words[:1] in (['-version'], ['--version']):\n"
            f"    print('****** {name} {version} (64-bit)\\nTool Version Limit: 2031.07')\n    sys.exit(0)\n" + body
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path


def only_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """An empty folder that is all of PATH, and no installation anywhere else."""
    tools = Tools(tmp_path / "bin")
    tools.folder.mkdir()
    monkeypatch.setenv("PATH", str(tools.folder))
    for name in [name for name in os.environ if name.startswith("XILINX")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("codesign.vendor.tools.ROOTS", (str(tmp_path / "opt"),))
    return tools

"""Memories of the SystemVerilog are made of what the cost model counts."""

import subprocess
import sys
from pathlib import Path

from codesign import resources
from codesign.analysis.primitives import prefers_bram, ram_bram18, ram_luts

SIZES = [
    (words, bits)
    for words in (2, 31, 32, 33, 64, 65, 90, 128, 256, 257, 480, 512, 513, 1024, 2000, 2049, 5000, 17000)
    for bits in (1, 2, 3, 7, 9, 17, 18, 19, 36, 37, 72, 100)
]

YOSYS = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in sys.stdin.read().splitlines():
    libyosys.run_pass(line, design)
"""


def test_a_ram_is_made_of_what_the_cost_model_counts(tmp_path: Path) -> None:
    connections = ".clk, .write, .write_at, .in, .read, .read_at, .word()"
    rams = (
        f"codesign_ram #(.WORDS({words}), .BITS({bits})) ram_{i} ({connections});"
        for i, (words, bits) in enumerate(SIZES)
    )
    ports = ("clk", "write", "read", "[14:0] write_at", "[14:0] read_at", "[99:0] in")
    ports_text = ", ".join(f"input logic {port}" for port in ports)
    (tmp_path / "top.sv").write_text(f"module top ({ports_text});\n" + "\n".join(rams) + "\nendmodule\n")
    ram = resources.folder("hls") / "rtl" / "codesign_ram.sv"
    commands = (
        f"read_verilog -sv -defer {ram}", "read_verilog -sv top.sv", "hierarchy -top top", "proc", "flatten",
        "tee -q -o blocks.txt select -list a:ram_style=block",
        "tee -q -o distributed.txt select -list a:ram_style=distributed",
    )  # fmt: skip
    subprocess.run([sys.executable, "-c", YOSYS], input="\n".join(commands), text=True, cwd=tmp_path, check=True)
    found = {
        style: {line.split("/")[1].split(".")[0] for line in (tmp_path / f"{style}.txt").read_text().splitlines()}
        for style in ("blocks", "distributed")
    }
    in_blocks = {
        f"ram_{i}" for i, (n, bits) in enumerate(SIZES) if prefers_bram(ram_luts(n, bits), ram_bram18(n, bits))
    }
    assert 0 < len(in_blocks) < len(SIZES)
    assert found == {"blocks": in_blocks, "distributed": {f"ram_{i}" for i in range(len(SIZES))} - in_blocks}

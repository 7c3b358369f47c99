"""`codesign targets` lists what there is."""

import json
from dataclasses import asdict
from pathlib import Path

from typer.testing import CliRunner

from codesign.cli.main import app
from codesign.targets import all_targets, load_target


def test_every_target_is_listed_with_what_it_has() -> None:
    result = CliRunner().invoke(app, ["targets"])
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    for target in all_targets():
        line = lines[target.name]
        assert target.part in line and target.title in line
        has = target.resources
        numbers = [float(word) for word in line.split()[-7:]]
        assert numbers[2:] == [has.dsp, has.bram36, has.uram, target.slrs, target.clock_mhz]
        assert numbers[:2] == [round(has.lut / 1000, 1), round(has.ff / 1000, 1)]
    assert len(lines) == len(all_targets()) + 1


def test_memories_are_listed_where_there_is_room() -> None:
    lines = {line.split()[0]: line for line in CliRunner().invoke(app, ["targets"]).stdout.splitlines() if line.strip()}
    assert "8 GiB HBM, 32 GiB DDR" in lines["u280"] and "4 GiB DDR4, 512 MiB DDR4" in lines["zcu102"]
    assert "512 MiB DDR3" in lines["pynq-z2"] and "MiB" not in lines["vu13p"]


def test_all_that_is_known_of_one_is_printed() -> None:
    result = CliRunner().invoke(app, ["targets", "u50"])
    assert result.exit_code == 0
    rows = [line.strip().split(maxsplit=1) for line in result.stdout.splitlines()]
    assert ["SLR0", "439,680 LUT, 879,360 FF, 2,880 DSP, 672 BRAM36, 320 URAM"] in rows
    assert ["memory", "32 x 256 MiB hbm2, HBM[0] to HBM[31]"] in rows
    assert ["platform", "xilinx_u50_gen3x16_xdma_5_202210_1 (Vitis 2022.1 or later)"] in rows
    assert any(row[0] == "kernel" and row[1].split() == ["ports", "512", "bits"] for row in rows)
    assert any(row[0] == "host" and row[1].endswith("11.5 GB/s, 15.75 at most; 100 us per launch") for row in rows)
    assert result.stdout.count("DS965") == 1
    bare = CliRunner().invoke(app, ["targets", "vu9p"]).stdout
    assert "platform" not in bare and "host link" not in bare and "memory" not in bare


def test_as_json_there_is_every_figure(tmp_path: Path) -> None:
    every = json.loads(CliRunner().invoke(app, ["targets", "--json"]).stdout)
    assert [target["name"] for target in every] == [target.name for target in all_targets()]
    own = tmp_path / "mine.yaml"
    own.write_text("part: xc7z020clg400-1\nfamily: zynq-7000\nclock_mhz: 50\n"
                   "resources: {lut: 53200, ff: 106400, dsp: 220, bram36: 140, uram: 0}\n")  # fmt: skip
    mine = json.loads(CliRunner().invoke(app, ["targets", str(own), "--json"]).stdout)
    assert mine == json.loads(json.dumps(asdict(load_target(own))))
    assert (mine["name"], mine["clock_mhz"], mine["link"], mine["platforms"]) == ("mine", 50, None, [])


def test_an_unknown_target_is_refused() -> None:
    result = CliRunner().invoke(app, ["targets", "u51"])
    assert result.exit_code == 2 and "did you mean u50" in result.stderr

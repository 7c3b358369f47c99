"""The targets: every file is sound, names are found or refused with the nearest, users may bring their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesign.errors import TargetError
from codesign.targets import MemoryBanks, Resources, all_targets, load_target, target_names

OWN = """
title: Our trigger board
part: xcku115-flva1517-2-e
family: ultrascale+
resources: {lut: 663360, ff: 1326720, dsp: 5520, bram36: 2160, uram: 0}
clock_mhz: 240
"""


def test_every_target_is_sound() -> None:
    names = [target.name for target in all_targets()]
    assert names == sorted(
        ["arty-a7", "kv260", "pynq-z2", "u200", "u250", "u280", "u50", "u55c", "vu13p", "vu9p", "zcu102"]
    )
    for target in all_targets():
        r = target.resources
        assert r.ff == 2 * r.lut, "every one of these families has two flip-flops per LUT"
        assert target.clock_mhz <= target.max_clock_mhz
        assert "DS" in target.source
        if target.resources_per_slr is not None:
            assert target.resources_per_slr * target.slrs == r


def test_the_u50_is_as_its_data_sheet_says() -> None:
    u50 = load_target("u50")
    assert (u50.part, u50.clock_mhz, u50.slrs) == ("xcu50-fsvh2104-2-e", 200, 2)
    assert u50.resources == Resources(lut=871680, ff=1743360, dsp=5952, bram36=1344, uram=640)
    assert u50.resources.bram18 == 2688
    assert u50.memory == (MemoryBanks("hbm2", 32, 256),)
    assert (u50.dsp_operands, load_target("pynq-z2").dsp_operands) == ((27, 18), (25, 18))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("u51", r"there is no target 'u51'; did you mean u50"),
        ("U250", r"did you mean u250"),
        ("stratix", r"there are arty-a7, kv260, .*my_board\.yaml"),
        ("../u50", "there is no target"),
        ("none.yaml", r"none\.yaml: the target cannot be read"),
    ],
)
def test_an_unknown_target_is_refused_with_the_nearest_names(name: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        load_target(name)


def test_a_user_may_bring_a_board(tmp_path: Path) -> None:
    path = tmp_path / "trigger.yaml"
    path.write_text(OWN)
    target = load_target(path)
    assert (target.name, target.part, target.slrs) == ("trigger", "xcku115-flva1517-2-e", 1)
    assert (target.max_clock_mhz, target.source, target.memory) == (240, "the user", ())
    assert "trigger" not in target_names()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("part: xcku115-flva1517-2-e", "part: 'x; exec rm'", "part is 'x; exec rm', expected a text like"),
        ("part: xcku115-flva1517-2-e", "", "part is None"),
        ("family: ultrascale+", "family: stratix", "family is 'stratix', expected one of ultrascale"),
        ("lut: 663360", "lut: many", "resources.lut is 'many', expected a number"),
        ("lut: 663360", "luts: 663360", "resources has an unknown key 'luts'; did you mean lut"),
        ("dsp: 5520, ", "", "resources.dsp is None"),
        ("clock_mhz: 240", "clock: 240", "unknown key 'clock'; did you mean clock_mhz"),
        ("clock_mhz: 240", "clock_mhz: .nan", "clock_mhz is nan, expected a number in 1..2000"),
        ("clock_mhz: 240", "clock_mhz: 240\nmemory: 3", "memory is 3, expected a list"),
        ("clock_mhz: 240", "clock_mhz: 240\nmemory: [{kind: ddr4, banks: 0}]", "memory.banks is 0"),
        (OWN, "[1, 2]", "the file is .*, expected a mapping"),
        (OWN, "a: [", "this is not YAML"),
        (OWN, "!!python/object/apply:os.getcwd []", "this is not YAML"),
    ],
)
def test_a_broken_file_is_refused_by_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "board.yaml"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(TargetError, match=f"board.yaml: .*{message}"):
        load_target(path)

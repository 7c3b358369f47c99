"""The targets: every file is sound, names are found or refused with the nearest, users may bring their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesign.errors import TargetError
from codesign.targets import Link, MemoryBanks, Platform, Resources, all_targets, load_target, target_names

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
        assert sum(target.resources_per_slr, Resources()) == r or not target.resources_per_slr
        assert len(target.resources_per_slr) in (0, target.slrs)
        if target.platforms:
            assert target.word_bits == 512 and target.link is not None and target.board_part is not None
            assert [platform.tools for platform in target.platforms] == sorted(
                (platform.tools for platform in target.platforms), reverse=True
            ), "the newest first"


def test_the_u50_is_as_its_data_sheet_says() -> None:
    u50 = load_target("u50")
    assert (u50.part, u50.clock_mhz, u50.slrs) == ("xcu50-fsvh2104-2-e", 200, 2)
    assert u50.resources == Resources(lut=871680, ff=1743360, dsp=5952, bram36=1344, uram=640)
    assert u50.resources.bram18 == 2688
    assert u50.memory == (MemoryBanks("hbm2", 32, 256, "HBM"),)
    assert list(u50.banks) == [f"HBM[{bank}]" for bank in range(32)] and set(u50.banks.values()) == {256}
    assert (u50.dsp_operands, load_target("pynq-z2").dsp_operands) == ((27, 18), (25, 18))


def test_boards_say_how_a_kernel_is_built_for_them() -> None:
    names = {target.name: [platform.name for platform in target.platforms] for target in all_targets()}
    assert [name for name, platforms in names.items() if platforms] == ["u200", "u250", "u280", "u50", "u55c"]
    assert all(name.startswith(f"xilinx_{target}_") for target, found in names.items() for name in found)
    assert load_target("u50").platforms[0] == Platform("xilinx_u50_gen3x16_xdma_5_202210_1", "2022.1")
    assert load_target("u50").board_part == "xilinx.com:au50:part0:1.3"
    assert {name: load_target(name).word_bits for name in ("u250", "pynq-z2", "zcu102", "kv260", "vu9p")} == {
        "u250": 512, "pynq-z2": 64, "zcu102": 128, "kv260": 128, "vu9p": None
    }  # fmt: skip
    assert list(load_target("u280").banks)[30:] == ["HBM[30]", "HBM[31]", "DDR[0]", "DDR[1]"]
    assert load_target("zcu102").banks == {}, "its memories have no tag that a kernel could name"


def test_the_smallest_region_is_what_every_one_has() -> None:
    u200 = load_target("u200")
    assert u200.smallest_slr == Resources(394080, 788160, 2280, 720, 320) and len(u200.resources_per_slr) == 3
    assert load_target("kv260").smallest_slr is None


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
    assert (target.platforms, target.word_bits, target.link, target.board_part) == ((), None, None, None)
    assert "trigger" not in target_names()


CARD = """
memory: [{kind: ddr4, banks: 2, mib_per_bank: 8192, tag: DDR}]
word_bits: 256
slrs: 2
resources_per_slr:
  - {lut: 363360, ff: 726720, dsp: 2760, bram36: 1080, uram: 0}
  - {lut: 300000, ff: 600000, dsp: 2760, bram36: 1080, uram: 0}
board_part: ours.org:trigger:part0:1.0
platforms: [{name: ours_trigger_gen4x8_1, tools: "2023.2"}]
link: {gbytes_per_s: 6, launch_us: 30.5}
"""


def test_a_card_of_the_users_own_has_platforms_banks_and_a_link(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_text(OWN + CARD)
    card = load_target(path)
    assert card.platforms == (Platform("ours_trigger_gen4x8_1", "2023.2"),)
    assert card.link == Link(6, 30.5, "the user", None)
    assert card.banks == {"DDR[0]": 8192, "DDR[1]": 8192}
    assert card.smallest_slr == Resources(300000, 600000, 2760, 1080, 0)
    assert (card.word_bits, card.board_part) == (256, "ours.org:trigger:part0:1.0")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("word_bits: 256\n", "", "word_bits is None, expected one of 32, 64, 128, 256, 512, 1024"),
        ("word_bits: 256", "word_bits: true", "word_bits is True, expected one of"),
        ("word_bits: 256", "word_bits: 200", "word_bits is 200, expected one of"),
        (", tag: DDR", "", "the board has platforms, so memory.tag must say what each of its memories is called"),
        ("memory: [{kind: ddr4, banks: 2, mib_per_bank: 8192, tag: DDR}]", "", "so memory.tag must say"),
        ("tag: DDR", "tag: 'DDR;'", "memory.tag is 'DDR;', expected a text like"),
        ("tag: DDR}", "tag: DDR}, {kind: ddr3, banks: 1, mib_per_bank: 1, tag: DDR}", "memory.tag DDR stands twice"),
        ("banks: 2", "banks: 2.5", "memory.banks is 2.5, expected a whole number"),
        ("300000, ff", "300001, ff", r"resources_per_slr.lut adds up to 663,361 in 2 SLRs, expected 663,360"),
        ("slrs: 2", "slrs: 3", "resources_per_slr is .*, expected 3 mappings, one for each of the 3 SLRs"),
        ("slrs: 2", "slrs: 1.5", "slrs is 1.5, expected a whole number"),
        ("ours_trigger_gen4x8_1", "'a b'", "platforms.name is 'a b', expected a text like"),
        ("ours_trigger_gen4x8_1", "'$(rm)'", "platforms.name is .*expected a text like"),
        ('"2023.2"', "2023.2", "platforms.tools is 2023.2, expected a text like"),
        ('{name: ours_trigger_gen4x8_1, tools: "2023.2"}', "u50", "platforms is 'u50', expected a mapping"),
        ("platforms: [", "platforms: {} # ", "platforms is {}, expected a list of {name, tools}"),
        ("ours.org:trigger:part0:1.0", "trigger", "board_part is 'trigger', expected a text like"),
        ("launch_us: 30.5", "launch_us: -1", "link.launch_us is -1, expected a number"),
        ("launch_us: 30.5", "launch: 1", "link has an unknown key 'launch'; did you mean launch_us"),
        ("gbytes_per_s: 6", "gbytes_per_s: 0", "link.gbytes_per_s is 0, expected a number"),
        ("launch_us", "peak_gbytes_per_s: 5, launch_us", "link.peak_gbytes_per_s is 5, expected a number in 6"),
    ],
)
def test_a_broken_card_is_refused_by_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in CARD
    path = tmp_path / "card.yaml"
    path.write_text(OWN + CARD.replace(old, new))
    with pytest.raises(TargetError, match=f"card.yaml: .*{message}"):
        load_target(path)


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

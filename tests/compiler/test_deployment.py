"""Compute units, banks and batches: what is decided where nothing is asked, and what is refused."""

from pathlib import Path

import pytest

import codesign
from codesign import resources
from codesign.backends.deployment import Deployment, pages
from codesign.backends.hls.sources import sources
from codesign.backends.kernel.sources import Kernel, kernel
from codesign.compiler.deployment import DEFAULT_BATCH, DEFAULT_BYTES, check_board, deployed
from codesign.compiler.options import Options
from codesign.errors import ConfigError, TargetError
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from tests.backends.passing import passing
from tests.backends.small import classifier

JETS = resources.folder("models") / "jet_tagger" / "jet_tagger.onnx"
MIB = 1 << 20


def decide(
    target: str,
    design: Design | None = None,
    units: int | None = None,
    banks: str | None = None,
    batch: int | None = None,
) -> tuple[Kernel, Deployment]:
    """The kernel and deployment of a small design."""
    design = design or classifier()
    options = Options.of(
        target, None, None, None, None, None, compute_units=units, banks=banks, max_batch=batch
    )  # fmt: skip
    check_board(options)
    assert options.target.word_bits is not None
    return deployed(kernel(design, sources(design), options.target.word_bits), design, options)


def placed(deployment: Deployment) -> list[list[str]]:
    """The tags of the banks of each compute unit."""
    return [[deployment.banks[bank].tag for bank in unit.banks] for unit in deployment.units]


def test_every_port_gets_a_channel_of_hbm_and_the_status_lies_beside_the_last_output() -> None:
    found, deployment = decide("u50", units=2)
    assert [unit.name for unit in deployment.units] == ["small_kernel_1", "small_kernel_2"]
    assert placed(deployment) == [["HBM[0]", "HBM[1]", "HBM[1]"], ["HBM[2]", "HBM[3]", "HBM[3]"]]
    assert (deployment.max_samples, found.max_samples) == (DEFAULT_BATCH, DEFAULT_BATCH)
    assert deployment.buffer_bytes == (DEFAULT_BATCH * 16 // 8, DEFAULT_BATCH // 8, 24)


def test_channels_are_taken_again_where_there_are_more_ports() -> None:
    assert placed(decide("u50", units=17)[1])[-1] == ["HBM[0]", "HBM[1]", "HBM[1]"]


def test_a_compute_unit_has_a_ddr_of_its_own() -> None:
    _, deployment = decide("u250", units=5)
    assert placed(deployment) == [[f"DDR[{n}]"] * 3 for n in (0, 1, 2, 3, 0)]
    assert [unit.slr for unit in deployment.units] == [0, 1, 2, 3, 0]


def test_the_buffers_of_the_memory_ports_fit_the_device() -> None:
    """Each compute unit has two ports of 8 blocks and a status of half a block; the U50 has 1,344."""
    assert len(decide("u50", units=81)[1].units) == 81
    message = r"82 compute units of 0 BRAM36, and 16\.5 for .* ports of each, take 1353; u50 has 1344, enough for 81"
    with pytest.raises(TargetError, match=message):
        decide("u50", units=82)


def test_one_compute_unit_is_placed_by_the_tools() -> None:
    assert [unit.slr for unit in decide("u250")[1].units] == [None]


def test_banks_that_are_asked_for_are_taken_in_turn() -> None:
    _, deployment = decide("u280", units=2, banks="DDR[1], HBM[31],HBM[2]")
    assert placed(deployment) == [["DDR[1]", "HBM[31]", "HBM[31]"], ["HBM[2]", "DDR[1]", "DDR[1]"]]


def test_a_board_of_one_memory_has_nothing_to_choose() -> None:
    _, deployment = decide("pynq-z2")
    assert placed(deployment) == [["memory"] * 3]
    assert deployment.banks[0].bytes == 512 * MIB


@pytest.mark.parametrize(
    ("target", "banks", "message"),
    [
        ("u50", "HBM[32]", r"u50: there is no memory bank 'HBM\[32\]'; it has HBM\[0\] to HBM\[31\]"),
        ("u50", "DDR[0]", r"u50: there is no memory bank 'DDR\[0\]'; it has HBM\[0\] to HBM\[31\]"),
        ("u280", "hbm0", r"'hbm0'; it has HBM\[0\] to HBM\[31\], DDR\[0\] to DDR\[1\]"),
        ("pynq-z2", "DDR[0]", "pynq-z2: memory banks were asked; the target has none to choose"),
    ],
)
def test_a_bank_that_the_board_does_not_have_is_refused(target: str, banks: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        decide(target, banks=banks)


@pytest.mark.parametrize("target", ["pynq-z2", "vu9p"])
def test_several_compute_units_take_a_board_with_a_platform(target: str) -> None:
    with pytest.raises(
        TargetError, match=rf"{target}: 2 compute units were asked; that takes a board .* such as u200,"
    ):
        check_board(Options.of(target, None, None, None, None, None, compute_units=2))


def test_a_batch_takes_a_memory() -> None:
    with pytest.raises(
        TargetError, match="vu9p: a batch was asked; the target has no memory that a kernel could reach"
    ):
        check_board(Options.of("vu9p", None, None, None, None, None, max_batch=2))


@pytest.mark.parametrize(
    ("units", "banks", "samples"),
    [
        (1, None, 256 * MIB * 8 // 16),  # a bank of 256 MiB, 32 samples of 16 bits in a word of 512
        (2, "HBM[0],HBM[1]", 128 * MIB * 8 // 16),  # two inputs in one bank
    ],
)
def test_a_batch_fits_its_banks_to_the_last_page(units: int, banks: str | None, samples: int) -> None:
    assert decide("u50", units=units, banks=banks, batch=samples)[0].max_samples == samples
    with pytest.raises(
        TargetError, match=rf"take [\d,]+ bytes of HBM\[0\], .*the largest batch is {samples:,} samples"
    ):
        decide("u50", units=units, banks=banks, batch=samples + 1)


def test_the_largest_batch_counts_everything_in_a_bank() -> None:
    """HBM[0] holds the input of one compute unit, and the output and the status of the other."""
    with pytest.raises(TargetError) as refused:
        decide("u50", units=2, banks="HBM[0],HBM[1],HBM[2]", batch=1 << 28)
    largest = int(str(refused.value).split("largest batch is ")[1].split()[0].replace(",", ""))
    found, deployment = decide("u50", units=2, banks="HBM[0],HBM[1],HBM[2]", batch=largest)
    assert placed(deployment) == [["HBM[0]", "HBM[1]", "HBM[1]"], ["HBM[2]", "HBM[0]", "HBM[0]"]]
    sizes = [pages(size) for size in deployment.buffer_bytes]
    assert sum(sizes) <= 256 * MIB
    assert sum(pages(a.byte_count(largest + 1)) for a in found.memories) + sizes[2] > 256 * MIB


def test_a_batch_is_not_larger_than_the_kernel_counts() -> None:
    with pytest.raises(
        TargetError, match=r"is more than the kernel can count; the largest batch is 42,949,[0-9]+ samples"
    ):
        decide("u250", passing((Fixed(1), 1, 50, 1)), batch=50_000_000)


def test_a_sample_larger_than_the_banks_is_refused() -> None:
    with pytest.raises(TargetError, match=r"passing.onnx: buffers for 1 samples take .*so not one sample fits"):
        decide("pynq-z2", passing((Fixed(40), 64, 2_000_000, 1)))


def test_default_buffers_are_moderate() -> None:
    found, deployment = decide("u50", passing((Fixed(16), 32, 1000, 1)))
    assert DEFAULT_BYTES // 4 < max(deployment.buffer_bytes) <= DEFAULT_BYTES
    assert found.max_samples == deployment.max_samples


def test_compute_units_share_the_budget() -> None:
    """What all of them need stands beside all that there is."""
    needs = r"needs ([\d,]+) LUT \(the budget has 30,000\)"
    with pytest.raises(TargetError, match=rf"node node_linear: {needs} for 3 compute units at reuse 1; try") as three:
        codesign.compile(JETS, target="u50", reuse=1, compute_units=3, budget="lut=30000", csim=False)
    with pytest.raises(TargetError, match=rf"node node_linear: {needs} for 6 compute units at reuse 1; try") as six:
        codesign.compile(JETS, target="u50", reuse=1, compute_units=6, budget="lut=30000", csim=False)
    first, second = (int(str(e.value).split("needs ")[1].split()[0].replace(",", "")) for e in (three, six))
    assert first > 30_000 and abs(second - 2 * first) <= 2
    with pytest.raises(TargetError, match=r"3 compute units of jet_tagger.onnx do not fit lut=3000 of u50: they need "):
        codesign.compile(JETS, target="u50", compute_units=3, budget="lut=3000", csim=False)


def test_fewer_compute_units_are_named_where_they_fit() -> None:
    with pytest.raises(TargetError) as refused:
        codesign.compile(JETS, target="u50", compute_units=9, budget="lut=6000", csim=False)
    fewer = int(str(refused.value).split("; try ")[1].split(" compute unit")[0])
    assert 1 <= fewer < 9
    compiled = codesign.compile(JETS, target="u50", compute_units=fewer, budget="lut=6000", csim=False)
    assert len(compiled.design.processes) > 3


def test_a_project_has_what_was_asked(tmp_path: Path) -> None:
    config = {"ComputeUnits": 2, "Banks": ["HBM[4]", "HBM[5]"], "MaxBatch": 10}
    compiled = codesign.compile(JETS, target="u50", config=config, max_batch=20, output=tmp_path / "p", csim=False)
    text = (tmp_path / "p" / "alveo" / "connectivity.cfg").read_text()
    assert "nk=jet_tagger_kernel:2:jet_tagger_kernel_1.jet_tagger_kernel_2\n" in text
    assert "sp=jet_tagger_kernel_2.net_input:HBM[4]\n" in text
    assert '"max_samples": 20,' in (tmp_path / "p" / "kernel" / "kernel.json").read_text()
    assert compiled.target.name == "u50"


def test_a_target_without_a_memory_has_no_kernel(tmp_path: Path) -> None:
    codesign.compile(JETS, target="vu9p", output=tmp_path / "p", csim=False)
    assert not (tmp_path / "p" / "kernel").exists()
    assert not (tmp_path / "p" / "alveo").exists()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"ComputeUnits": 0}, "config: ComputeUnits: 0 is not an integer >= 1"),
        ({"ComputeUnits": True}, "config: ComputeUnits: True is not an integer >= 1"),
        ({"MaxBatch": 2.5}, "config: MaxBatch: 2.5 is not an integer >= 1"),
        ({"Banks": 3}, "config: Banks: 3 is neither a text nor a list of names"),
        ({"Banks": ["HBM[0]", 1]}, "is neither a text nor a list of names"),
        ({"Banks": "HBM[0],,HBM[1]"}, "names no bank at one of its places"),
        ({"Banks": []}, "names no bank"),
        ({"MaxBach": 3}, "did you mean MaxBatch?"),
    ],
)
def test_a_deployment_that_is_none_is_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        Options.of(None, None, None, config, None, None)
    assert message in str(error.value)


def test_the_command_line_wins_over_the_configuration() -> None:
    config = {"ComputeUnits": 2, "Banks": "HBM[0]", "MaxBatch": 7}
    options = Options.of(None, None, None, config, None, None)
    assert (options.config.compute_units, options.config.banks, options.config.max_batch) == (2, ("HBM[0]",), 7)
    assert options.budget.designs == 2
    options = Options.of(None, None, None, config, None, None, compute_units=3, banks="HBM[1],HBM[2]", max_batch=8)
    assert (options.config.compute_units, options.config.banks, options.config.max_batch) == (
        3,
        ("HBM[1]", "HBM[2]"),
        8,
    )

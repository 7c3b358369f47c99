"""Every layout is read: figures, units and levels; from texts in the formats that the tools document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesign.report.vendor.read import read_report_text
from codesign.report.vendor_report import (
    COSIM,
    CSYNTH,
    EMULATED,
    PLACED,
    ROUTED,
    RUN,
    SYNTHESIZED,
    Clock,
    Cycles,
    Instance,
    Launches,
    Slack,
    Transfers,
    VendorReport,
)
from codesign.targets import Resources
from tests.report.vendor import texts

ALL = Resources(lut=2532, ff=7969, dsp=64, bram36=1.5, uram=0)
DENSE = Resources(lut=2134, ff=7860, dsp=64, bram36=1.5, uram=0)


def read(text: str, name: str = "a.rpt") -> VendorReport:
    return read_report_text(text, name)


def test_a_module_report_of_vitis_hls() -> None:
    found = read(texts.module_report(), "net_csynth.rpt")
    assert (found.tool, found.version, found.stage) == ("Vitis HLS", "2023.1", CSYNTH)
    assert (found.top, found.part, found.files) == ("net", texts.PART, ("net_csynth.rpt",))
    assert found.clock == Clock("ap_clk", 5.0, 3.65, 1.35)
    assert (found.latency, found.interval) == (Cycles(88, 96), Cycles(16, 20))
    assert found.resources == ALL
    assert found.available == Resources(lut=871680, ff=1743360, dsp=5952, bram36=1344, uram=640)
    assert found.instances == (
        Instance("dense_1_U0", "dense_1", 0, DENSE, Cycles(7, 9), Cycles(16, 20)),
        Instance("dense_1_out_U", "FIFO", 0, Resources(ff=99)),
    )


def test_an_instance_with_only_an_area_or_only_a_latency_stays() -> None:
    found = read(
        texts.module_report(
            areas=[("mul_U1", "mul", "0", "1", "0", "0", "0")], times=[("a_U0", "a", "?", "?", "?", "?", "none")]
        )
    )
    assert [(row.name, row.resources, row.latency) for row in found.instances[:2]] == [
        ("a_U0", None, None),
        ("mul_U1", Resources(dsp=1), None),
    ]


def test_the_summary_of_vitis_hls_without_its_loops() -> None:
    found = read(texts.summary_report(), "csynth.rpt")
    assert (found.tool, found.version, found.top, found.part) == ("Vitis HLS", "2023.1", "net", texts.PART)
    assert (found.clock, found.available) == (None, None)
    assert (found.latency, found.interval, found.resources) == (Cycles(None, 96), Cycles(None, 20), ALL)
    assert [(row.name, row.depth) for row in found.instances] == [
        ("dense_1", 0),
        ("dense_1_Pipeline_beat", 1),
        ("relu_1", 0),
        ("entry_proc", 0),
    ]
    assert found.instances[0] == Instance("dense_1", "dense_1", 0, DENSE, Cycles(None, 9), Cycles(None, 20))


def test_the_xml_of_vitis_hls_with_its_hierarchy() -> None:
    found = read(texts.xml_report(), "csynth.xml")
    assert (found.tool, found.version, found.top, found.part) == ("Vitis HLS", "2023.1", "net", texts.PART)
    assert found.clock == Clock("", 5.0, 3.65, 1.35)
    assert (found.latency, found.interval, found.resources) == (Cycles(88, 96), Cycles(16, 20), ALL)
    assert found.instances == (
        Instance("dense_1_U0", "dense_1", 0, DENSE, Cycles(7, 9), Cycles(16, 20)),
        Instance(
            "grp_dense_1_Pipeline_beat_fu_40",
            "dense_1_Pipeline_beat",
            1,
            Resources(lut=2000, ff=7000, dsp=64),
            Cycles(7, 9),
            Cycles(16, 16),
        ),
        Instance("mul_8s_8s_16_1_1_U3", "mul_8s_8s_16_1_1", 1),
        Instance("relu_1_U0", "relu_1", 0, Resources(lut=256, ff=84)),
    )


def test_what_hls_tools_say_of_a_design_agrees_in_all_its_reports() -> None:
    module, summary, xml = read(texts.module_report()), read(texts.summary_report()), read(texts.xml_report())
    assert module.resources == summary.resources == xml.resources
    assert module.latency == xml.latency
    assert [r.instances[0].resources for r in (module, summary, xml)] == [DENSE] * 3


def test_a_co_simulation_that_passed() -> None:
    found = read(texts.cosim_report(), "sim/report/net_cosim.rpt")
    assert (found.stage, found.top) == (COSIM, "net")
    assert (found.latency, found.interval) == (Cycles(76, 221, 147), Cycles(77, 216, 148))
    one = read(texts.cosim_report(figures=("3699", "3699", "3699", "NA", "NA", "NA", "3699")), "net_cosim.rpt")
    assert (one.latency, one.interval) == (Cycles(3699, 3699, 3699), None)
    assert read(texts.LATENCIES, "lat.rpt").latency == found.latency
    assert read(texts.LATENCIES, "lat.rpt").interval == found.interval


def test_the_utilization_of_an_ultrascale_device() -> None:
    found = read(texts.utilization_report())
    assert (found.tool, found.version, found.stage, found.top) == ("Vivado", "2023.1", ROUTED, "net")
    assert found.resources == Resources(lut=1526, ff=2428, dsp=66, bram36=2.5, uram=3)
    assert found.available == Resources(lut=871680, ff=1743360, dsp=5952, bram36=1344, uram=640)
    assert read(texts.utilization_report(state="Fully Placed")).stage == PLACED


def test_the_hierarchy_of_a_design() -> None:
    found = read(texts.hierarchy_report())
    assert (found.stage, found.top) == (SYNTHESIZED, "net")
    assert found.resources == Resources(lut=1526, ff=2428, dsp=66, bram36=2.5, uram=0)
    assert [(row.name, row.module, row.depth) for row in found.instances] == [
        ("dense_1", "codesign_matvec", 0),
        ("rom", "codesign_rom", 1),
        ("relu_1", "codesign_apply_relu_1", 0),
        ("glue_i", "glue", 0),
        ("dense_1_out_fifo", "codesign_fifo", 0),
    ]
    assert found.instances[0].resources == Resources(lut=1100, ff=2000, dsp=66, bram36=2.5)


def test_a_summary_of_timing() -> None:
    found = read(texts.timing_report())
    assert found.slack == Slack(0.123, 0.0, 0, 0.037, 0.0, 0)
    assert found.slack.met
    assert found.clock == Clock("clk", 5.0, 4.877)
    late = read(
        texts.timing_report(texts.SLACKS.replace("0.123        0.000                      0", "-0.333 -13.1 57"))
    )
    assert late.slack == Slack(-0.333, -13.1, 57, 0.037, 0.0, 0)
    assert late.clock == Clock("clk", 5.0, 5.333)
    assert not late.slack.met


def test_of_several_clocks_none_is_taken_for_the_design_s() -> None:
    rows = ("clk_in {0.000 5.000} 10.000 100.000", "  clk_kernel {0.000 1.667} 3.333 300.000")
    found = read(texts.timing_report(clocks=rows))
    assert found.clock is None
    assert found.remarks == ("2 clocks: clk_in 10 ns, clk_kernel 3.333 ns",)
    nothing = read(texts.timing_report(" ".join(["NA"] * 12), clocks=()))
    assert (nothing.slack, nothing.clock) == (Slack(None, None, 0, None, None, 0), None)


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("reports/synth_timing.rpt", SYNTHESIZED),
        ("reports/route_timing.rpt", ROUTED),
        ("net_timing_summary_routed.rpt", ROUTED),
        ("net_timing_summary_placed.rpt", PLACED),
    ],
)
def test_an_older_summary_of_timing_is_known_by_its_name(name: str, stage: str) -> None:
    assert read(texts.timing_report(state=None), name).stage == stage


def test_the_utilization_of_kernels() -> None:
    found = read(texts.accelerator_report())
    assert (found.stage, found.top) == (ROUTED, "net_kernel")
    assert found.resources == Resources(lut=6000, ff=9000, dsp=128, bram36=10)
    assert found.available == Resources(lut=750319, ff=1557313, dsp=5948, bram36=1211, uram=640)
    assert [(row.name, row.resources) for row in found.instances] == [
        ("net_kernel_1", Resources(lut=3100, ff=4600, dsp=64, bram36=5)),
        ("net_kernel_2", Resources(lut=2900, ff=4400, dsp=64, bram36=5)),
    ]


def test_a_profile_of_opencl() -> None:
    found = read(texts.OPENCL_PROFILE)
    assert (found.tool, found.version, found.stage, found.top) == ("XRT", "2.15.225", RUN, "net_kernel")
    assert found.launches == (
        Launches("net_kernel", "kernel", 2, 1.1, 0.5, 0.55, 0.6),
        Launches("net_kernel_1", "compute unit", 2, 0.9, 0.44, 0.45, 0.46, 200),
    )
    assert [run.mean_cycles for run in found.launches] == [None, 90000.0]
    assert found.transfers == (
        Transfers("read", 2, 0.02, 0.11635, 0.058175, 0.34379),
        Transfers("write", 2, 24.64, None, None, None),
    )
    assert found.remarks == ("System Run on xilinx_u50_gen3x16_xdma_base_5-0",)
    emulated = read(texts.OPENCL_PROFILE.replace("System Run", "Hardware Emulation"))
    assert emulated.stage == EMULATED


def test_a_profile_of_the_native_api() -> None:
    found = read(texts.NATIVE_PROFILE)
    assert (found.launches, found.top) == ((), "")
    assert found.transfers == (
        Transfers("read", 4, 0.064, 0.28, 0.07, 0.9),
        Transfers("write", 5, 24.64, None, None, None),
    )


counts = st.integers(0, 10**9).map(str)


@given(st.lists(counts, min_size=5, max_size=5), st.tuples(counts, counts), st.tuples(counts, counts))
def test_a_module_report_gives_the_figures_that_it_was_printed_with(
    area: list[str], latency: tuple[str, str], interval: tuple[str, str]
) -> None:
    latency, interval = (tuple(sorted(pair, key=int)) for pair in (latency, interval))  # type: ignore[assignment]
    found = read(texts.module_report(latency=latency, interval=interval, total=tuple(area)))
    bram, dsp, ff, lut, uram = map(int, area)
    assert found.resources == Resources(lut=lut, ff=ff, dsp=dsp, bram36=bram / 2, uram=uram)
    assert (found.latency, found.interval) == (Cycles(*map(int, latency)), Cycles(*map(int, interval)))


@given(st.lists(counts, min_size=5, max_size=5))
def test_a_utilization_gives_the_figures_that_it_was_printed_with(amounts: list[str]) -> None:
    found = read(texts.utilization_report(*amounts))
    lut, ff, bram, uram, dsp = map(int, amounts)
    assert found.resources == Resources(lut=lut, ff=ff, dsp=dsp, bram36=bram, uram=uram)


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(counts, min_size=9, max_size=9)), min_size=1, max_size=12))
def test_a_hierarchy_gives_the_levels_that_it_was_printed_with(rows: list[tuple[int, list[str]]]) -> None:
    printed, levels, before = [texts.TREE[0]], [], 0
    for i, (wanted, amounts) in enumerate(rows):
        depth = min(wanted, before + 1) if i else 0
        before = depth
        levels.append(depth)
        printed.append((" " * (3 + 2 * depth) + f"i{i}", "m", *amounts))
    found = read(texts.hierarchy_report(printed))
    assert [row.depth for row in found.instances] == levels
    for row, (_, amounts) in zip(found.instances, rows, strict=True):
        lut, *_, ff, ram36, ram18, uram, dsp = map(int, amounts)
        assert row.resources == Resources(lut=lut, ff=ff, dsp=dsp, bram36=ram36 + ram18 / 2, uram=uram)

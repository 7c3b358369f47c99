"""Instances of tools are found to be processes and FIFOs by their names; reports of other designs are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codesign.errors import ReportError
from codesign.report.vendor.match import Design, matched, same_part
from codesign.report.vendor.read import read_report_text
from codesign.report.vendor_report import CSYNTH, ROUTED, Instance, VendorReport
from codesign.targets import Resources
from tests.report.vendor import texts

DESIGN = Design(
    "net",
    "xcu50-fsvh2104-2-e",
    frozenset(("dense", "dense_1", "relu_1", "relu_1_repack", "relu_1_repack_2")),
    frozenset(("dense_1_out", "dense_1_out_2", "x")),
)


def report(*instances: Instance, top: str = "net", part: str = DESIGN.part, stage: str = ROUTED) -> VendorReport:
    return VendorReport("Vivado", "2023.1", stage, top, part, ("a.rpt",), instances=instances)


def found(instance: str, module: str = "m") -> tuple[str | None, str | None]:
    [row] = matched(report(Instance(instance, module, 0)), DESIGN).instances
    return row.process, row.stream


@pytest.mark.parametrize(
    ("instance", "module", "process"),
    [
        ("dense_1_U0", "dense_1", "dense_1"),  # a process of a dataflow region
        ("dense_1_1_U0", "dense_1_1", "dense_1"),  # a copy, with a number of the tool's
        ("dense_1", "codesign_matvec", "dense_1"),  # in the SystemVerilog
        ("grp_dense_fu_40", "dense", "dense"),  # called in turn
        ("u7", "net_dense_1", "dense_1"),  # modules of Vitis HLS carry the name of the top
        ("u7", "net_kernel_dense_1", "dense_1"),
        ("u7", "dense_1_s", "dense_1"),
        ("relu_1_repack_2", "codesign_repack", "relu_1_repack_2"),  # not the second relu_1_repack
        ("relu_1_repack_3_U0", "relu_1_repack_3", "relu_1_repack"),
        ("top/inst/dense_1_U0", "m", "dense_1"),
        ("dense_1_Pipeline_beat", "dense_1_Pipeline_beat", None),  # a loop of its own, not the process
        ("mul_8s_8s_16_1_1_U3", "mul_8s_8s_16_1_1", None),
        ("dense_2_U0", "dense_2", "dense"),  # a second copy: the design has no dense_2
        ("dense_relu_U0", "dense_relu", None),
        ("entry_proc_U0", "entry_proc", None),
    ],
)
def test_a_process_is_known_by_its_function(instance: str, module: str, process: str | None) -> None:
    assert found(instance, module) == (process, None)


@pytest.mark.parametrize(
    ("instance", "stream"),
    [
        ("dense_1_out_U", "dense_1_out"),
        ("dense_1_out_V_V_U", "dense_1_out"),  # Vivado HLS
        ("dense_1_out_7_V_V_U", "dense_1_out"),  # a lane
        ("dense_1_out_7_U", "dense_1_out"),
        ("dense_1_out_2_U", "dense_1_out_2"),  # a stream of that name, not a lane
        ("dense_1_out_fifo", "dense_1_out"),  # in the SystemVerilog
        ("dense_1_out_fifo_2", "dense_1_out"),
        ("dense_1_out", None),
        ("start_for_relu_1_U0_U", None),
    ],
)
def test_a_fifo_is_known_by_its_stream(instance: str, stream: str | None) -> None:
    assert found(instance) == (None, stream)


def test_what_is_inside_of_a_process_is_part_of_it() -> None:
    rows = (Instance("dense_1_U0", "dense_1", 0), Instance("relu_1_U0", "relu_1", 1), Instance("dense_U0", "dense", 0))
    assert [row.process for row in matched(report(*rows), DESIGN).instances] == ["dense_1", None, "dense"]


def test_a_kernel_has_its_processes_further_inside() -> None:
    rows = (
        Instance("read_x_U0", "read_x", 0),
        Instance("compute_U0", "compute", 0),
        Instance("dense_1_U0", "dense_1", 1),
        Instance("rom_U", "rom", 2),
        Instance("odd_U0", "odd", 1),
        Instance("write_y_U0", "write_y", 0),
    )
    read = matched(report(*rows, top="net_kernel"), DESIGN)
    assert [row.name for row in read.unmatched] == ["read_x_U0", "odd_U0", "write_y_U0"]
    assert read.inner == 1


def test_of_a_larger_system_the_design_is_taken() -> None:
    rows = [
        (" system_wrapper", "(top)", "9000", "1", "0", "0", "9000", "9", "0", "0", "99"),
        ("   net_0", "net_axis", "1500", "1", "0", "0", "2400", "2", "1", "0", "66"),
        ("     dense_1", "codesign_matvec", "1100", "1", "0", "0", "2000", "2", "1", "0", "66"),
        ("   dma", "axi_dma", "4000", "1", "0", "0", "4000", "4", "0", "0", "0"),
    ]
    read = matched(read_report_text(texts.hierarchy_report(rows, design="system_wrapper"), "h.rpt"), DESIGN)
    assert (read.top, read.resources) == ("net_axis", Resources(lut=1500, ff=2400, dsp=66, bram36=2.5))
    assert [(row.name, row.process, row.depth) for row in read.instances] == [("dense_1", "dense_1", 0)]
    assert read.remarks == ("the part net_0 of system_wrapper",)


def test_the_report_of_a_process_is_one_of_the_design_with_it_alone() -> None:
    read = matched(read_report_text(texts.module_report(top="dense_1"), "dense_1_csynth.rpt"), DESIGN)
    assert (read.top, read.resources, read.clock) == ("net", None, None)
    [row] = read.instances
    assert (row.process, row.resources) == ("dense_1", Resources(lut=2532, ff=7969, dsp=64, bram36=1.5))


@pytest.mark.parametrize("top", ["net", "net_2", "net_kernel", "net_axis", ""])
def test_the_design_may_be_wrapped(top: str) -> None:
    assert matched(report(top=top), DESIGN).top == top


@pytest.mark.parametrize("top", ["other", "net_kernel_3", "NET", "net_dense"])
def test_another_design_is_refused(top: str) -> None:
    with pytest.raises(ReportError, match=rf"a\.rpt: of {top}, expected net; it is of another design"):
        matched(report(top=top), DESIGN)


def test_what_names_no_design_says_so() -> None:
    read = matched(replace(report(top="", stage=CSYNTH), part=""), DESIGN)
    assert (read.top, read.remarks) == ("net", ("a.rpt does not say of which design it is",))


def test_another_part_is_refused() -> None:
    with pytest.raises(ReportError, match=r"a\.rpt: for the part xcu250-.*, expected xcu50-fsvh2104-2-e; it is of"):
        matched(report(part="xcu250-figd2104-2L-e"), DESIGN)


@pytest.mark.parametrize(
    ("reported", "wanted", "same"),
    [
        ("xc7z020-clg400-1", "xc7z020-clg400-1", True),
        ("7z020clg400-1", "xc7z020-clg400-1", True),  # report_utilization to Vivado 2020
        ("xc7z020clg400-1", "xc7z020-clg400-1", True),
        ("7a100t-csg324", "xc7a100t-csg324-1", True),  # report_timing_summary: the speed grade stands apart
        ("xczu3eg", "xczu3eg-sbva484-1-i", True),
        ("xc7z010-clg400-1", "xc7z020-clg400-1", False),
        ("xc7z020-clg484-1", "xc7z020-clg400-1", False),
        ("xc7z020-clg400-2", "xc7z020-clg400-1", False),
        ("7a35ti-csg324", "xc7a35t-csg324-1", False),
        ("-", "xc7z020-clg400-1", False),
    ],
)
def test_parts_are_compared_as_far_as_a_tool_spells_them(reported: str, wanted: str, same: bool) -> None:
    assert same_part(reported, wanted) is same

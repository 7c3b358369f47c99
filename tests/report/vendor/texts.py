"""Reports in the layouts of the vendor's tools, printed from figures: of Vitis HLS, Vivado and XRT.

The layouts are those of the formats that AMD documents (UG1399, UG835, UG1393) and of what the tools write; the
figures are of no design.
"""
# ruff: noqa: E501, W291  tables are as wide as the tools print them

from __future__ import annotations

from collections.abc import Sequence

TOP, PART = "net", "xcu50-fsvh2104-2-e"
RULE = "=" * 64


def grid(head: Sequence[Sequence[str]], *groups: Sequence[Sequence[str]], indent: str = "") -> str:
    """A table of `+---+`; columns are as wide as their cells, the first one is aligned to the left."""
    rows = [row for group in (head, *groups) for row in group]
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    border = indent + "+" + "+".join("-" * (w + 2) for w in widths) + "+"
    lines = [border]
    for group in (head, *groups):
        for row in group:
            cells = [f"{row[0]:<{widths[0]}}", *(f"{cell:>{w}}" for cell, w in zip(row[1:], widths[1:]))]
            lines.append(
                indent + "|" + "|".join(f"{cell}  " if not i else f" {cell} " for i, cell in enumerate(cells)) + "|"
            )
        lines.append(border)
    return "\n".join(lines)


def spanned(text: str) -> list[list[str]]:
    """Rows of cells, a line each, `|` between."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def module_report(
    top: str = TOP,
    latency: tuple[str, str] = ("88", "96"),
    interval: tuple[str, str] = ("16", "20"),
    areas: Sequence[tuple[str, ...]] = (("dense_1_U0", "dense_1", "3", "64", "7860", "2134", "0"),),
    times: Sequence[tuple[str, ...]] = (("dense_1_U0", "dense_1", "7", "9", "16", "20", "dataflow"),),
    fifos: Sequence[tuple[str, ...]] = (("dense_1_out_U", "0", "99", "0", "-", "2", "32", "64"),),
    total: tuple[str, ...] = ("3", "64", "7969", "2532", "0"),
) -> str:
    """`<top>_csynth.rpt` of Vitis HLS: two lines of headings, of which the first spans columns."""
    summary = "\n".join(
        f"    {line}"
        for line in (
            "+---------+---------+----------+----------+-----+-----+---------+",
            "|  Latency (cycles) |  Latency (absolute) |  Interval | Pipeline|",
            "|   min   |   max   |    min   |    max   | min | max |   Type  |",
            "+---------+---------+----------+----------+-----+-----+---------+",
            f"|{latency[0]:>9}|{latency[1]:>9}| 0.440 us | 0.440 us |{interval[0]:>5}|{interval[1]:>5}| dataflow|",
            "+---------+---------+----------+----------+-----+-----+---------+",
        )
    )
    wide, head = "-" * 30, " " * 30
    detail = "\n".join(
        f"        {line}"
        for line in (
            f"+{wide}+{wide}+---------+---------+----------+----------+-----+-----+---------+",
            f"|{head}|{head}|  Latency (cycles) |  Latency (absolute) |  Interval | Pipeline|",
            f"|{'Instance':^30}|{'Module':^30}|   min   |   max   |    min   |    max   | min | max |   Type  |",
            f"+{wide}+{wide}+---------+---------+----------+----------+-----+-----+---------+",
            *(
                f"|{name:<30}|{module:<30}|{a:>9}|{b:>9}| 0.035 us | 0.045 us |{c:>5}|{d:>5}|{kind:>9}|"
                for name, module, a, b, c, d, kind in times
            ),
            f"+{wide}+{wide}+---------+---------+----------+----------+-----+-----+---------+",
        )
    )
    columns = ("BRAM_18K", "DSP", "FF", "LUT", "URAM")
    utilization = grid(
        [("Name", *columns)],
        [("DSP", *"-----"), ("FIFO", "0", "-", "99", "0", "-"), ("Instance", *total), ("Register", *"-----")],
        [("Total", *total)],
        [("Available SLR", "1344", "3008", "871680", "435840", "320")],
        [("Utilization SLR (%)", "~0", "2", "~0", "~0", "0")],
        [("Available", "2688", "5952", "1743360", "871680", "640")],
        [("Utilization (%)", "~0", "1", "~0", "~0", "0")],
    )
    instances = grid([("Instance", "Module", *columns)], list(areas), [("Total", "", *total)], indent="    ")
    queues = grid(
        [("Name", "BRAM_18K", "FF", "LUT", "URAM", "Depth", "Bits", "Size:D*B")],
        list(fifos),
        [("Total", "0", "99", "0", "0", "2", "32", "64")],
        indent="    ",
    )
    return f"""

{RULE}
== Vitis HLS Report for '{top}'
{RULE}
* Date:           Mon Apr  1 12:00:00 2024

* Version:        2023.1 (Build 3854077 on May  4 2023)
* Project:        hls_project
* Solution:       solution (Vivado IP Flow Target)
* Product family: virtexuplusHBM
* Target device:  {PART}


{RULE}
== Performance Estimates
{RULE}
+ Timing:
    * Summary:
    +--------+---------+----------+------------+
    |  Clock |  Target | Estimated| Uncertainty|
    +--------+---------+----------+------------+
    |ap_clk  |  5.00 ns|  3.650 ns|     1.35 ns|
    +--------+---------+----------+------------+

+ Latency:
    * Summary:
{summary}

    + Detail:
        * Instance:
{detail}

        * Loop:
        N/A



{RULE}
== Utilization Estimates
{RULE}
* Summary:
{utilization}

+ Detail:
    * Instance:
{instances}

    * DSP:
    N/A

    * Memory:
    N/A

    * FIFO:
{queues}

    * Expression:
    N/A

    * Multiplexer:
    N/A

    * Register:
    N/A



{RULE}
== Interface
{RULE}
* Summary:
+-----------+-----+-----+------------+--------------+--------------+
| RTL Ports | Dir | Bits|  Protocol  | Source Object|    C Type    |
+-----------+-----+-----+------------+--------------+--------------+
|ap_clk     |   in|    1|  ap_ctrl_hs|           {top}|  return value|
+-----------+-----+-----+------------+--------------+--------------+
"""


SUMMARY_HEAD = spanned(
    """
    Modules | Issue |       | Latency  | Latency | Iteration |          | Trip  |           |      |     |    |     |
    & Loops | Type  | Slack | (cycles) | (ns)    | Latency   | Interval | Count | Pipelined | BRAM | DSP | FF | LUT | URAM
    """
)
NET_ROWS: tuple[tuple[str, ...], ...] = (
    ("+ net*", "Timing", "-0.03", "96", "480.000", "-", "20", "-", "dataflow", "3 (~0%)", "64 (1%)", "7969 (~0%)", "2532 (~0%)", "-"),
    (" + dense_1", "-", "0.28", "9", "45.000", "-", "20", "-", "no", "3 (~0%)", "64 (1%)", "7860 (~0%)", "2134 (~0%)", "-"),
    ("  + dense_1_Pipeline_beat", "-", "0.28", "9", "45.000", "-", "16", "-", "no", "-", "64 (1%)", "7000 (~0%)", "2000 (~0%)", "-"),
    ("   o beat", "II", "3.65", "7", "35.000", "4", "1", "16", "yes", "-", "-", "-", "-", "-"),
    (" + relu_1", "-", "1.20", "2", "10.000", "-", "1", "-", "yes", "-", "-", "84 (~0%)", "256 (~0%)", "-"),
    (" + entry_proc", "-", "2.00", "0", "0.000", "-", "0", "-", "no", "-", "-", "3 (~0%)", "29 (~0%)", "-"),
)  # fmt: skip


def summary_report(rows: Sequence[Sequence[str]] = NET_ROWS, top: str = TOP) -> str:
    """`csynth.rpt` of Vitis HLS."""
    table = grid(SUMMARY_HEAD, rows, indent="    ")
    return f"""

{RULE}
== Synthesis Summary Report of '{top}'
{RULE}
+ General Information:
    * Date:           Mon Apr  1 12:00:00 2024
    * Version:        2023.1 (Build 3854077 on May  4 2023)
    * Project:        hls_project
    * Solution:       solution (Vivado IP Flow Target)
    * Product family: virtexuplusHBM
    * Target device:  {PART}


+ Performance & Resource Estimates:

    PS: '+' for module; 'o' for loop; '*' for dataflow
{table}


{RULE}
== HW Interfaces
{RULE}
* TOP LEVEL CONTROL
+-----------+------------+-----------+
| Interface | Type       | Ports     |
+-----------+------------+-----------+
| ap_clk    | clock      | ap_clk    |
+-----------+------------+-----------+
"""


def amounts(bram: int, dsp: int, ff: int, lut: int, uram: int) -> str:
    """The elements of an area."""
    pairs = {"BRAM_18K": bram, "FF": ff, "LUT": lut, "URAM": uram, "DSP": dsp}
    return "\n".join(f"<{name}>{n}</{name}>" for name, n in pairs.items())


def xml_module(name: str, latency: tuple[str, str], interval: str, area: tuple[int, int, int, int, int]) -> str:
    """An element of `ModuleInformation`."""
    return f"""<Module>
<Name>{name}</Name>
<Loops><beat/></Loops>
<PerformanceEstimates>
<SummaryOfTimingAnalysis><TargetClockPeriod>5.00</TargetClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency>
<Best-caseLatency>{latency[0]}</Best-caseLatency>
<Average-caseLatency>undef</Average-caseLatency>
<Worst-caseLatency>{latency[1]}</Worst-caseLatency>
<PipelineInitiationInterval>{interval}</PipelineInitiationInterval>
<PipelineType>no</PipelineType>
</SummaryOfOverallLatency>
</PerformanceEstimates>
<AreaEstimates><Resources>
{amounts(*area)}
<AVAIL_LUT>871680</AVAIL_LUT>
</Resources></AreaEstimates>
</Module>"""


def xml_report(top: str = TOP, part: str = PART, version: str = "2023.1") -> str:
    """`csynth.xml` of Vitis HLS."""
    return f"""<profile>
<ReportVersion><Version>{version}</Version></ReportVersion>
<UserAssignments>
<unit>ns</unit>
<Part>{part}</Part>
<TopModelName>{top}</TopModelName>
<TargetClockPeriod>5.00</TargetClockPeriod>
<ClockUncertainty>1.35</ClockUncertainty>
<FlowTarget>vivado</FlowTarget>
</UserAssignments>
<PerformanceEstimates>
<PipelineType>dataflow</PipelineType>
<SummaryOfTimingAnalysis><unit>ns</unit><EstimatedClockPeriod>3.650</EstimatedClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency>
<unit>clock cycles</unit>
<Best-caseLatency>88</Best-caseLatency>
<Average-caseLatency>undef</Average-caseLatency>
<Worst-caseLatency>96</Worst-caseLatency>
<Interval-min>16</Interval-min>
<Interval-max>20</Interval-max>
</SummaryOfOverallLatency>
</PerformanceEstimates>
<AreaEstimates>
<Resources>
{amounts(3, 64, 7969, 2532, 0)}
</Resources>
<AvailableResources>
{amounts(2688, 5952, 1743360, 871680, 640)}
</AvailableResources>
</AreaEstimates>
<RTLDesignHierarchy>
<TopModule MAX_DEPTH="3">
<ModuleName>{top}</ModuleName>
<InstancesList>
<Instance>
<InstName>dense_1_U0</InstName>
<ModuleName>dense_1</ModuleName>
<ID>12</ID>
<InstancesList>
<Instance><InstName>grp_dense_1_Pipeline_beat_fu_40</InstName><ModuleName>dense_1_Pipeline_beat</ModuleName></Instance>
<Instance><InstName>mul_8s_8s_16_1_1_U3</InstName><ModuleName>mul_8s_8s_16_1_1</ModuleName></Instance>
</InstancesList>
</Instance>
<Instance><InstName>relu_1_U0</InstName><ModuleName>relu_1</ModuleName></Instance>
</InstancesList>
</TopModule>
</RTLDesignHierarchy>
<ModuleInformation>
{xml_module("dense_1_Pipeline_beat", ("7", "9"), "16", (0, 64, 7000, 2000, 0))}
{xml_module("dense_1", ("7", "9"), "16 ~ 20", (3, 64, 7860, 2134, 0))}
{xml_module("relu_1", ("undef", "undef"), "undef", (0, 0, 84, 256, 0))}
{xml_module(top, ("88", "96"), "16 ~ 20", (3, 64, 7969, 2532, 0))}
</ModuleInformation>
</profile>
"""


def cosim_report(
    verilog: str = "Pass", figures: Sequence[str] = ("76", "147", "221", "77", "148", "216", "162128")
) -> str:
    """`<top>_cosim.rpt`, from Vivado HLS 2020.1 on with the cycles of the whole run."""
    cells = "|".join(f"{text:>15}" for text in figures[:6])
    span, six = "-" * 47, "|".join(f"{text:^15}" for text in ("min", "avg", "max") * 2)
    return f"""Report time       : Tue Apr  5 21:51:45     2022.
Solution          : solution.
Simulation tool   : xsim.

+----------+----------+{span}+{span}+----------------------+
|          |          |{"Latency(Clock Cycles)":^47}|{"Interval(Clock Cycles)":^47}| Total Execution Time |
+   RTL    +  Status  +{span}+{span}+    (Clock Cycles)    +
|          |          |{six}|                      |
+----------+----------+{span}+{span}+----------------------+
|      VHDL|        NA|{"|".join(["             NA"] * 6)}|                    NA|
|   Verilog|{verilog:>10}|{cells}|{figures[6]:>22}|
+----------+----------+{span}+{span}+----------------------+
"""


LATENCIES = """$MAX_LATENCY = "221"
$MIN_LATENCY = "76"
$AVER_LATENCY = "147"
$MAX_THROUGHPUT = "216"
$MIN_THROUGHPUT = "77"
$AVER_THROUGHPUT = "148"
$TOTAL_EXECUTE_TIME = "162128"
"""


def head(command: str, state: str | None = "Routed", design: str = TOP, device: str = "xcu50-fsvh2104-2-e") -> str:
    """What all reports of Vivado begin with."""
    line = "-" * 120
    said = "" if state is None else f"| Design State : {state}\n"
    return f"""Copyright 1986-2022 Xilinx, Inc. All Rights Reserved. Copyright 2022-2023 Advanced Micro Devices, Inc.
{line}
| Tool Version : Vivado v.2023.1 (lin64) Build 3865809 Sun May  7 15:04:56 MDT 2023
| Date         : Mon Apr  1 12:00:00 2024
| Host         : host running 64-bit Ubuntu
| Command      : {command}
| Design       : {design}
| Device       : {device}
| Speed File   : -2
{said}{line}
"""


SITES = ("Site Type", "Used", "Fixed", "Prohibited", "Available", "Util%")


def utilization_report(
    lut: str = "1526", ff: str = "2428", bram: str = "2.5", uram: str = "3", dsp: str = "66", state: str = "Routed"
) -> str:
    """`report_utilization` of an UltraScale+ device from Vivado 2021 on, with the column Prohibited."""

    def site(name: str, used: str, there: str) -> tuple[str, ...]:
        return f" {name}", used, "0", "0" if there else "", there, "<0.01" if there else ""

    return (
        head("report_utilization -file route_utilization.rpt", state)
        + f"""
Utilization Design Information

Table of Contents
-----------------
1. CLB Logic
2. CLB Logic Distribution
3. BLOCKRAM
4. ARITHMETIC

1. CLB Logic
------------

{
            grid(
                [SITES],
                [
                    site("CLB LUTs", lut, "871680"),
                    site("  LUT as Logic", "1500", "871680"),
                    site("CLB Registers", ff, "1743360"),
                    site("CARRY8", "9", "108960"),
                ],
            )
        }
* Warning! LUT value is adjusted to account for LUT combining.


2. CLB Logic Distribution
-------------------------

{grid([SITES], [site("CLB", "400", "108960"), site("CLB Registers", "77", "1743360")])}


3. BLOCKRAM
-----------

{
            grid(
                [SITES],
                [
                    site("Block RAM Tile", bram, "1344"),
                    site("  RAMB36/FIFO*", "2", "1344"),
                    site("  RAMB18", "1", "2688"),
                    site("URAM", uram, "640"),
                ],
            )
        }
* Note: Each Block RAM Tile only has one FIFO logic available.


4. ARITHMETIC
-------------

{grid([SITES], [site("DSPs", dsp, "5952"), site("  DSP48E2 only", "66", "")])}


5. I/O
------
"""
    )


TREE: tuple[tuple[str, ...], ...] = (
    (" net", "(top)", "1526", "1478", "0", "48", "2428", "2", "1", "0", "66"),
    ("   (net)", "(top)", "3", "3", "0", "0", "7", "0", "0", "0", "0"),
    ("   dense_1", "codesign_matvec", "1100", "1100", "0", "0", "2000", "2", "1", "0", "66"),
    ("     (dense_1)", "codesign_matvec", "100", "100", "0", "0", "100", "0", "0", "0", "0"),
    ("     rom", "codesign_rom", "1000", "1000", "0", "0", "1900", "2", "1", "0", "66"),
    ("   relu_1", "codesign_apply_relu_1", "256", "256", "0", "0", "84", "0", "0", "0", "0"),
    ("   glue_i", "glue", "119", "119", "0", "0", "238", "0", "0", "0", "0"),
    ("   dense_1_out_fifo", "codesign_fifo", "48", "0", "0", "48", "99", "0", "0", "0", "0"),
)


def hierarchy_report(rows: Sequence[Sequence[str]] = TREE, state: str = "Synthesized", design: str = TOP) -> str:
    """`report_utilization -hierarchical`."""
    columns = (
        "Instance",
        "Module",
        "Total LUTs",
        "Logic LUTs",
        "LUTRAMs",
        "SRLs",
        "FFs",
        "RAMB36",
        "RAMB18",
        "URAM",
        "DSP Blocks",
    )
    return (
        head("report_utilization -hierarchical -file synth_hierarchy.rpt", state, design)
        + f"""
Utilization Design Information

Table of Contents
-----------------
1. Utilization by Hierarchy

1. Utilization by Hierarchy
---------------------------

{grid([columns], rows)}
* Note: The sum of lower-level cells may be larger than their parent cells total, due to cross-hierarchy LUT combining


"""
    )


TIMES = (
    "WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)      THS(ns)  THS Failing Endpoints  "
    "THS Total Endpoints     WPWS(ns)     TPWS(ns)  TPWS Failing Endpoints  TPWS Total Endpoints"
)
SLACKS = "0.123        0.000                      0                  863        0.037        0.000                      0                  863        2.225        0.000                       0                   654"


def timing_report(
    slacks: str = SLACKS,
    clocks: Sequence[str] = ("clk    {0.000 2.500}        5.000           200.000         ",),
    state: str | None = "Routed",
) -> str:
    """`report_timing_summary`; before Vivado 2022 without the state of the design in its head."""
    rule = "-" * 96
    rows = "\n".join(clocks)
    return (
        head("report_timing_summary -file route_timing.rpt", state)
        + f"""
Timing Summary Report

{rule}
| Timer Settings
| --------------
{rule}

  Enable Multi Corner Analysis               :  Yes

{rule}
| Design Timing Summary
| ---------------------
{rule}

    {TIMES}  
    -------      -------  ---------------------  -------------------      -------      -------  ---------------------  -------------------     --------     --------  ----------------------  --------------------  
      {slacks}  


All user specified timing constraints are met.


{rule}
| Clock Summary
| -------------
{rule}

Clock  Waveform(ns)         Period(ns)      Frequency(MHz)
-----  ------------         ----------      --------------
{rows}


{rule}
| Intra Clock Table
| -----------------
{rule}

Clock             WNS(ns)      TNS(ns)
-----             -------      -------
clk                 0.123        0.000
"""
    )


def accelerator_report() -> str:
    """`kernel_util_routed.rpt`, which `v++ --link` writes."""
    columns = ("Name", "LUT", "LUTAsMem", "REG", "BRAM", "URAM", "DSP")
    rows = [
        (" Platform", "120401 [ 13.83%]", "19539 [  4.85%]", "186047 [ 10.67%]", "133 [  9.90%]", "0 [  0.00%]", "4 [  0.07%]"),
        (" User Budget", "750319 [100.00%]", "383181 [100.00%]", "1557313 [100.00%]", "1211 [100.00%]", "640 [100.00%]", "5948 [100.00%]"),
        ("    Used Resources", "6000 [  0.80%]", "960 [  0.25%]", "9000 [  0.58%]", "10 [  0.83%]", "0 [  0.00%]", "128 [  2.15%]"),
        ("    Unused Resources", "744319 [ 99.20%]", "382221 [ 99.75%]", "1548313 [ 99.42%]", "1201 [ 99.17%]", "640 [100.00%]", "5820 [ 97.85%]"),
        (" net_kernel", "6000 [  0.80%]", "960 [  0.25%]", "9000 [  0.58%]", "10 [  0.83%]", "0 [  0.00%]", "128 [  2.15%]"),
        ("    net_kernel_1", "3100 [  0.41%]", "480 [  0.13%]", "4600 [  0.30%]", "5 [  0.41%]", "0 [  0.00%]", "64 [  1.08%]"),
        ("    net_kernel_2", "2900 [  0.39%]", "480 [  0.13%]", "4400 [  0.28%]", "5 [  0.41%]", "0 [  0.00%]", "64 [  1.08%]"),
    ]  # fmt: skip
    return (
        head(
            "report_accelerator_utilization -kernels {net_kernel:a:b} -file kernel_util_routed.rpt",
            design="level0_wrapper",
        )
        + f"""
Accelerator Utilization Design Information

Table of Contents
-----------------
1. System Utilization

1. System Utilization
---------------------

{grid([columns], rows)}


"""
    )


PROFILE = """Profile Summary
Generated on: 2024-04-01 12:00:00
Msec since Epoch: 1711972800000
Profiled application: host
Target platform: Xilinx
Tool version: 2023.1
XRT build version: 2.15.225
Build version branch: 2023.1
Build version hash: 0000
Build version date: 2023-05-03 10:13:19
Target devices: xilinx_u50_gen3x16_xdma_base_5-0
Flow mode: System Run

"""
OPENCL_PROFILE = (
    PROFILE
    + """OpenCL API Calls
API Name,Number Of Calls,Total Time (ms),Minimum Time (ms),Average Time (ms),Maximum Time (ms),
clFinish,2,3.81161,1.82199,1.90581,1.98963,

Kernel Execution
Kernel,Number Of Enqueues,Total Time (ms),Minimum Time (ms),Average Time (ms),Maximum Time (ms),
net_kernel,2,1.1,0.5,0.55,0.6,


Compute Unit Utilization
Device,Compute Unit,Kernel,Global Work Size,Local Work Size,Number Of Calls,Dataflow Execution,Max Overlapping Executions,Dataflow Acceleration,Total Time (ms),Minimum Time (ms),Average Time (ms),Maximum Time (ms),Clock Frequency (MHz),
xilinx_u50-0,net_kernel_1,net_kernel,1:1:1,1:1:1,2,Yes,1,1.000000x,0.9,0.44,0.45,0.46,200,


Data Transfer: Host to Global Memory
Context:Number of Devices,Transfer Type,Number Of Buffer Transfers,Transfer Rate (MB/s),Average Bandwidth Utilization (%),Average Buffer Size (KB),Total Time (ms),Average Time (ms),
context0:1,READ,2,0.343790,0.003581,0.02,0.116350,0.058175,
context0:1,WRITE,2,N/A,N/A,24.64,N/A,N/A,


Guidance Parameters
Parameter,Element,Value,
"""
)
NATIVE_PROFILE = (
    PROFILE
    + """TITLE:Native API Calls
SECTION:API Calls,Native API Calls
COLUMN:API Name,string,Name of Native XRT API,
ENTRY:xrt::run::start,

TITLE:Host Reads from Global Memory
SECTION:Host Data Transfers,Host Reads from Global Memory
COLUMN:Number of Reads,int,Number of host reads,
COLUMN:Maximum Buffer Size (KB),float,Maximum buffer size of host reads,
COLUMN:Minimum Buffer Size (KB),float,Minimum buffer size of host reads,
COLUMN:Average Buffer Size (KB),float,Average buffer size of host reads: Average Size = (Total KB) / (Number of Transfers),
COLUMN:Transfer Rate (MB/s),float,Rate of host reads (in MB/s): Transfer Rate = (Total Bytes) / (Total Time in us),
COLUMN:Average Bandwidth Utilization (%),float,Average bandwidth of host reads,
COLUMN:Maximum Time (ms),float,Maximum time of a single host read,
COLUMN:Minimum Time (ms),float,Minimum time of a single host read,
COLUMN:Total Time (ms),float,Combined time of all host reads,
COLUMN:Average Time (ms),float,Average of read durations (in ms),
ENTRY:4,0.064,0.064,0.064,0.9,0.01,0.09,0.05,0.28,0.07,

TITLE:Host Writes to Global Memory
SECTION:Host Data Transfers,Host Writes to Global Memory
COLUMN:Number of Writes,int,Number of host writes,
COLUMN:Average Buffer Size (KB),float,Average buffer size of host writes,
ENTRY:5,24.64,

Guidance Parameters
"""
)

LAYOUTS = {
    "net_csynth.rpt": module_report(),
    "csynth.rpt": summary_report(),
    "csynth.xml": xml_report(),
    "net_cosim.rpt": cosim_report(),
    "lat.rpt": LATENCIES,
    "route_utilization.rpt": utilization_report(),
    "synth_hierarchy.rpt": hierarchy_report(),
    "route_timing.rpt": timing_report(),
    "kernel_util_routed.rpt": accelerator_report(),
    "opencl/summary.csv": OPENCL_PROFILE,
    "native/summary.csv": NATIVE_PROFILE,
}
"""Each layout under a name that its tool gives the file."""

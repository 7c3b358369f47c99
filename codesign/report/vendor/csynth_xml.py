"""`csynth.xml` and `<module>_csynth.xml`: C synthesis by Vivado HLS (to 2020.1) and Vitis HLS (from 2020.2)."""

from __future__ import annotations

import re

from codesign.report.vendor.figures import AREAS, cycles, nanoseconds, resources, span
from codesign.report.vendor.source import Source
from codesign.report.vendor.xml_tree import Element, read_tree
from codesign.report.vendor_report import CSYNTH, Clock, Cycles, Instance, VendorReport
from codesign.targets import Resources


def read_xml(text: str, name: str) -> VendorReport:
    """What the file says of the top function and, from Vitis HLS 2020.2 on, of each module in it."""
    root = read_tree(text, name)
    if root.name != "profile":
        raise root.error("the element <profile> of a csynth.xml around all")
    user, version = root.the("UserAssignments"), root.the("ReportVersion/Version").value
    times = root.the("PerformanceEstimates/SummaryOfOverallLatency")
    period = root.the("PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod")
    return VendorReport(
        tool=_tool(root, version),
        version=version,
        stage=CSYNTH,
        top=user.the("TopModelName").value,
        part=user.the("Part").value,
        files=(name,),
        clock=Clock("", _ns(user.the("TargetClockPeriod")), _ns(period), _ns(user.the("ClockUncertainty"))),
        latency=_pair(times.the("Best-caseLatency"), times.the("Worst-caseLatency")),
        interval=_pair(times.the("Interval-min"), times.the("Interval-max")),
        resources=_amounts(root.the("AreaEstimates/Resources")),
        available=_amounts(root.the("AreaEstimates/AvailableResources")),
        instances=_instances(root),
    )


def _tool(root: Element, version: str) -> str:
    """Vivado HLS was renamed with 2020.2; before, Vitis had its own from 2019.2 on, which says the same."""
    found = re.fullmatch(r"(\d{4})\.(\d)(?:\.\d)?", version)
    if found is None:
        raise root.the("ReportVersion/Version").error("a version such as 2020.1")
    return "Vivado HLS" if (int(found[1]), int(found[2])) < (2020, 2) else "Vitis HLS"


def _source(element: Element) -> Source:
    return Source(element.file, ("",) * element.line)


def _ns(element: Element) -> float:
    return nanoseconds(_source(element), element.line - 1, element.value, f"<{element.name}>")


def _pair(low: Element, high: Element) -> Cycles | None:
    return cycles(_source(low), low.line - 1, low.value, high.value, f"<{low.name}>")


def _amounts(element: Element) -> Resources:
    texts = {child.name: child.value for child in element.children if child.name in AREAS}
    return resources(_source(element), element.line - 1, texts)


def _instances(root: Element) -> tuple[Instance, ...]:
    """The tree of instances, each with the figures of its module; nothing before Vitis HLS 2020.2, which has none."""
    modules = root.get("ModuleInformation")
    if modules is None:
        return ()
    figures = {module.the("Name").value: module for module in modules.all("Module")}
    found: list[Instance] = []
    waiting = [(child, 0) for child in reversed(_inside(root.the("RTLDesignHierarchy/TopModule")))]
    while waiting:
        element, depth = waiting.pop()
        name = element.the("ModuleName").value
        module = figures.get(name)
        found.append(Instance(element.the("InstName").value, name, depth, *_figures(module)))
        waiting += [(child, depth + 1) for child in reversed(_inside(element))]
    return tuple(found)


def _inside(element: Element) -> list[Element]:
    inside = element.get("InstancesList")
    return [] if inside is None else list(inside.all("Instance"))


def _figures(module: Element | None) -> tuple[Resources | None, Cycles | None, Cycles | None]:
    """(area, latency, interval) of a module; None of what stands in the hierarchy only, such as a multiplier."""
    if module is None:
        return None, None, None
    times = module.the("PerformanceEstimates/SummaryOfOverallLatency")
    interval = times.the("PipelineInitiationInterval")
    return (
        _amounts(module.the("AreaEstimates/Resources")),
        _pair(times.the("Best-caseLatency"), times.the("Worst-caseLatency")),
        span(_source(interval), interval.line - 1, interval.value, f"<{interval.name}>"),
    )

"""What a tool's log says: the phase that it is in, and its errors.

The lines are those of the tools' message catalogues: HLS and COSIM messages of Vivado HLS and Vitis HLS (UG902,
UG1399), the tasks of Vivado (UG835, UG904), the steps of v++ (UG1393).
"""

from __future__ import annotations

import re
from collections import Counter, deque

PHASES: tuple[tuple[str, str], ...] = (
    (r"Analyzing design file", "reading the C++"),
    (r"\*+ CSIM start", "compiling the testbench"),
    (r"Generating csim\.exe", "running the testbench"),
    (r"Starting code transformations", "transforming the code"),
    (r"-- Implementing module '", "scheduling"),
    (r"-- Generating RTL for module '", "writing RTL"),
    (r"\[COSIM 212-302\]", "running the testbench"),
    (r"\[COSIM 212-15\]", "compiling the RTL"),
    (r"// RTL Simulation : (?P<done>\d+) / (?P<of>\d+)", "simulating the RTL"),
    (r"\[COSIM 212-316\]", "checking the results"),
    (r"Starting export RTL|\[IMPL 213-8\]|Exporting RTL", "packaging the IP"),
    (r"Starting RTL Elaboration", "elaborating"),
    (r"Start Technology Mapping|Start Cross Boundary and Area Optimization", "synthesizing"),
    (r"Starting Logic Optimization Task", "optimizing the logic"),
    (r"Starting Placer Task", "placing"),
    (r"Starting Physical Synthesis Task", "optimizing what was placed"),
    (r"Starting Routing Task", "routing"),
    (
        r"Creating bitstream|Starting Bitgen|Running DRC as a precondition to command write_bitstream",
        "writing the bitstream",
    ),
    (r"Run \w{1,40}: Step (?P<step>[\w.]{1,40}): Started", "linking"),
)
"""(a pattern of a line, the phase that it begins or goes on with); the first that fits."""

_COMPILED = tuple((re.compile(pattern), phase) for pattern, phase in PHASES)
_MODULES = {"scheduling", "writing RTL"}
_ERROR = re.compile(r"\s*(?:\S+:\d+:(?:\d+:)? *)?(?:(?:ERROR|FATAL|fatal error|error)\b|make(?:\[\d+\])?: \*\*\*)")
_FAILED = re.compile(r"C/RTL co-simulation finished: FAIL")
_SHOWN = 8
_LAST = 12


class Log:
    """Reads a log line by line, and knows the phase and the errors so far."""

    def __init__(self) -> None:
        self.phase = "starting"
        self.done = self.of = 0
        self.failed = False
        """Whether the tool said that it failed, whatever its exit code."""
        self._modules: Counter[str] = Counter()
        self._errors: deque[str] = deque(maxlen=_SHOWN)
        self._last: deque[str] = deque(maxlen=_LAST)

    def read(self, line: str) -> None:
        """Takes the next line."""
        line = line.rstrip()[:2000]
        if not line:
            return
        self._last.append(line)
        if _ERROR.match(line):
            self._errors.append(line)
        self.failed = self.failed or bool(_FAILED.search(line))
        for pattern, phase in _COMPILED:
            if found := pattern.search(line):
                self._enter(phase, found)
                return

    def _enter(self, phase: str, found: re.Match[str]) -> None:
        groups = found.groupdict()
        self.phase = phase
        self.done, self.of = 0, 0
        if "done" in groups:
            self.done, self.of = int(groups["done"]), int(groups["of"])
        elif phase in _MODULES:
            self._modules[phase] += 1
            if phase == "writing RTL":  # every module that was scheduled is written
                self.done, self.of = self._modules[phase], self._modules["scheduling"]
        elif step := groups.get("step"):
            self.phase = f"{phase}, {step}"

    @property
    def complaint(self) -> list[str]:
        """The last errors, or the last lines where no line is one."""
        return list(self._errors or self._last)

"""What is synthesized: instances of modules, each with all that it is made of and no name of the design it is in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from codesign.synthesis.cells import Area
from codesign.synthesis.script import SLICE, Family, script, slice_map
from codesign.synthesis.yosys import Engine, Over

JOB = "job"
"""What the module of an instance is called among the files of its job."""
GENERATED, MEMORY = "generated_", "memory_"
"""What the names of its other files, and of the modules in them, begin with: a number follows."""
_OWN = re.compile(rf"\b(?:{JOB}\b|{GENERATED}\d+|{MEMORY}\d+)")


@dataclass(frozen=True)
class Job:
    """A module called `job` with what it instantiates; `slices` says whether its products are made of DSP slices.

    Two instances that differ in names only are equal jobs.
    """

    own: Mapping[str, str]
    """Text by file name: `job.sv`, `generated_0.sv`, ... and the contents of its memories, `memory_0.hex`, ..."""
    library: Mapping[str, str]
    """The modules that it shares with others."""
    family: Family
    slices: bool

    def key(self, engine: Engine) -> str:
        """A digest of all that decides the result."""
        digest = hashlib.sha256()
        for text in (engine.name, engine.version, script([], self.family, self.slices), slice_map()):
            digest.update(hashlib.sha256(text.encode()).digest())
        for name, text in sorted({**self.own, **self.library}.items()):
            digest.update(name.encode() + b"\0" + hashlib.sha256(text.encode()).digest())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Synthesized:
    """The area, and the seconds of the processor that it took, now or when it was kept."""

    area: Area
    seconds: float


Outcome = Synthesized | Over


def together(jobs: Sequence[Job]) -> tuple[dict[str, str], str]:
    """(text by file name, script) to synthesize several jobs of one family and kind of product in one run: reading
    what Yosys knows of a device takes longer than a small module. Each is a module of its own, which stays as it is;
    job k is `module_of(k)`."""
    files = {SLICE: slice_map()}
    for k, job in enumerate(jobs):
        files |= {**job.library, **_called(k, job.own)}
    # The inputs hang in the air: nothing is carried into a module whose hierarchy is kept.
    instances = "".join(f"  (* keep *) {module_of(k)} instance_{k} ();\n" for k in range(len(jobs)))
    files["jobs.sv"] = f"module jobs;\n{instances}endmodule\n"
    sources = [name for name in files if name.endswith(".sv")]
    return files, script(sources, jobs[0].family, jobs[0].slices)


def module_of(k: int) -> str:
    """What the module of job k is called in `together`."""
    return _name(k, JOB)


def _called(k: int, own: Mapping[str, str]) -> dict[str, str]:
    """The files of job k under names that no other job has, in their texts too."""

    def renamed(text: str) -> str:
        return _OWN.sub(lambda name: _name(k, name[0]), text)

    return {renamed(file): renamed(text) if file.endswith(".sv") else text for file, text in own.items()}


def _name(k: int, own: str) -> str:
    return f"job_{k}_{own}"

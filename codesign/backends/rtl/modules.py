"""Which module an instance is, with which parameters and connections: one rule for all, and what differs from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from codesign.backends.instances.adder_graph import AdderGraphInstance
from codesign.backends.instances.base import Instance
from codesign.backends.instances.streams import ForkInstance, PermuteInstance, PermuteLanesInstance
from codesign.backends.names import Names
from codesign.backends.rtl.adder_graph import adder_graph
from codesign.backends.rtl.parameters import LIBRARY, memory, parameters, values, whole
from codesign.ir.kernels.base import Kernel


@dataclass(frozen=True)
class Side:
    """The three signals of one end of a stream."""

    data: str
    valid: str
    ready: str


@dataclass(frozen=True)
class Module:
    """A module to instantiate: of the library, or one of those `generated` (name to text) for this instance alone."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    loops: int = 1
    """How many loops it has, each with a bit of `go`."""
    generated: Mapping[str, str] = field(default_factory=dict)
    vector: bool = False
    """Whether its outputs are one vector per signal, the first in the lowest bits."""

    def connections(self, reads: Sequence[Side], writes: Sequence[Side]) -> list[tuple[str, str]]:
        """(port, expression) of its streams: `in_data`, `in_valid`, `in_ready`, or `in_0_data`, ... for several."""
        found = _streams("in", reads)
        if not self.vector:
            return found + _streams("out", writes)
        for kind in ("data", "valid", "ready"):
            found.append((f"out_{kind}", "{" + ", ".join(getattr(s, kind) for s in reversed(writes)) + "}"))
        return found


_SAME = {"grouped": "matvec", "join_held": "join", "small_wide_window": "wide_window", "times_held": "times"}
"""Functions that in C++ are templates of their own, and here a module with other parameters."""


def module_of(
    names: Names, name: str, instance: Instance, kernel: Kernel, depth: int, files: Mapping[str, str]
) -> Module:
    """The module of the process `name`: `files` has the path of each memory's contents by its role."""
    if isinstance(instance, AdderGraphInstance):
        generated = adder_graph(names, name, instance, depth)
        return Module(next(iter(generated)), (), generated=generated)
    function = instance.function or "fork"
    module = LIBRARY + _SAME.get(function, function)
    texts = values(instance, depth)
    for rom in instance.roms:
        texts |= memory(rom, files[rom.role])
    if isinstance(instance, PermuteLanesInstance):  # each lane chooses among few elements, if their order is a constant
        texts["SOURCE"] = whole(instance.roms[0])
    texts |= {"OUTPUTS": str(len(kernel.writes)), "BIASED": str(int("bias" in files))}
    return Module(
        module,
        parameters(module, texts),
        loops=2 if isinstance(instance, PermuteInstance) else 1,
        vector=isinstance(instance, ForkInstance),
    )


def _streams(prefix: str, signals: Sequence[Side]) -> list[tuple[str, str]]:
    found = []
    for i, s in enumerate(signals):
        port = prefix if len(signals) == 1 else f"{prefix}_{i}"
        found += [(f"{port}_data", s.data), (f"{port}_valid", s.valid), (f"{port}_ready", s.ready)]
    return found

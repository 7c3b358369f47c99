"""The order of the passes, with a dump and the time of each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codesign.config import Config, Strategy, Streams
from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.graph import Graph
from codesign.ir.text import save
from codesign.ir.verify import verify
from codesign.ir.verify_design import verify_design
from codesign.passes.absorb_quantizers import absorb_quantizers
from codesign.passes.accumulator_width import accumulator_width
from codesign.passes.align_channels import align_channels
from codesign.passes.builder import Fold
from codesign.passes.channels_last import channels_last
from codesign.passes.fifo_depth import fifo_depth, with_fifos
from codesign.passes.fold_batchnorm import fold_batchnorm
from codesign.passes.fuse_bias import fuse_bias
from codesign.passes.infer_ranges import infer_ranges
from codesign.passes.lower import lower
from codesign.passes.narrow_accumulators import narrow_accumulators
from codesign.passes.pipelines import pipelines
from codesign.passes.propagate_scales import propagate_scales
from codesign.passes.remove_identities import remove_identities
from codesign.passes.requantize import requantize
from codesign.passes.stream_types import stream_types
from codesign.passes.tabulate_softmax import tabulate_softmax
from codesign.passes.tune_precision import Approximation, tune_precision
from codesign.passes.type_inputs import type_inputs
from codesign.progress import Progress, silent

Pass = Callable[[Graph], list[Approximation] | None]


@dataclass
class Passed:
    """The network after the passes, what was approximated on the way, and the seconds each pass took."""

    network: Graph
    typed: Graph
    """The network with every type stated but nothing rewritten for hardware: what the integers must equal."""
    exact: bool = True
    """Whether the typed network is the file's, number for number."""
    safe: Graph | None = None
    """Where accumulators have fewer bits than are safe, the network as it is when they have enough: what the passes
    make of the typed one, number for number. Else None."""
    approximations: list[Approximation] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def passes(config: Config, input_types: Mapping[str, Fixed]) -> list[tuple[str, Pass]]:
    """Every network pass by name, in order."""
    return [
        ("type_inputs", lambda g: type_inputs(g, input_types)),
        ("remove_identities", remove_identities),
        ("channels_last", channels_last),
        ("fold_batchnorm", fold_batchnorm),
        ("tune_precision", lambda g: tune_precision(g, config)),
        ("propagate_scales", _propagate_scales),
        ("absorb_quantizers", absorb_quantizers),
        ("fuse_bias", _settle_scales),
        ("tabulate_softmax", lambda g: tabulate_softmax(g, config)),
        ("remove_relabels", remove_identities),
        ("align_channels", align_channels),
        ("narrow_accumulators", lambda g: narrow_accumulators(g, config)),
        ("requantize", requantize),
        ("infer_ranges", infer_ranges),
        ("accumulator_width", accumulator_width),
    ]


def _propagate_scales(graph: Graph) -> None:
    propagate_scales(graph)


def _settle_scales(graph: Graph) -> None:
    """Biases and scales until nothing moves: an activation that got codes gives scales to the product behind it."""
    while fuse_bias(graph) or propagate_scales(graph):
        pass


NAMES = tuple(name for name, _ in passes(Config(), {}))
"""The passes' names, for `--after`."""


def run(
    graph: Graph,
    config: Config,
    input_types: Mapping[str, Fixed],
    *,
    after: str | None = None,
    dump: Path | None = None,
    progress: Progress = silent,
) -> Passed:
    """All passes (up to and with `after`) on a copy of `graph`, verified one by one.

    `dump` is a folder for the text form after each pass.
    """
    result = Passed(graph.copy(), graph)
    network = result.network
    verify(network, "import")
    for number, (name, function) in enumerate(passes(config, input_types), 1):
        progress("network passes", number - 1, len(NAMES))
        start = time.perf_counter()
        before = network.copy() if name == "narrow_accumulators" else None
        if result.safe is not None:
            function(result.safe)
            verify(result.safe, name)
        found = function(network) or []
        result.seconds[name] = time.perf_counter() - start
        result.approximations += found
        result.safe = before if found and before is not None else result.safe
        verify(network, name)
        if name == "tune_precision":
            result.typed = network.copy()
            result.exact = not result.approximations
        if dump is not None:
            save(network, dump / f"{number:02d}_{name}")
        if name == after:
            break
    progress("network passes", number, len(NAMES))
    return result


def build_design(
    network: Graph,
    folding: Mapping[str, Fold],
    strategies: Mapping[str, Strategy],
    clock_mhz: float,
    streams: Streams = Streams.MIXED,
    pace: int | None = None,
    fifos: Mapping[str, tuple[int, int | None]] | None = None,
) -> Design:
    """The final design of a network after its passes, with the folding chosen; verified after each step. `fifos` are
    those that were found for it before."""
    design = pipelines(wired_design(network, folding, strategies, streams, pace), clock_mhz)
    design = fifo_depth(design, clock_mhz) if fifos is None else with_fifos(design, fifos)
    verify_design(design, "fifo_depth")
    return design


def wired_design(
    network: Graph,
    folding: Mapping[str, Fold],
    strategies: Mapping[str, Strategy],
    streams: Streams,
    pace: int | None = None,
) -> Design:
    """The same before FIFOs have depths, which is enough to know its cycles."""
    design = lower(network, folding, strategies=strategies, pace=pace)
    verify_design(design, "lower")
    design = stream_types(design, streams)
    verify_design(design, "stream_types")
    return design

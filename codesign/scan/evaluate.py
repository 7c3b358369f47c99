"""One point of a scan: the network that `codesign compile` makes of it, its integers on all data, and its cost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from codesign.analysis.cost import design_cost
from codesign.analysis.latency import timing
from codesign.compiler.compile import designed
from codesign.compiler.options import ConfigSource, Options
from codesign.data import read_array, read_arrays
from codesign.errors import ConfigError, ModelError, TargetError
from codesign.frontends import model_file
from codesign.ir.graph import Graph
from codesign.ir.layers import Input, Product
from codesign.ir.tensor import Array, as_codes
from codesign.scan.calibrate import wide_outputs
from codesign.scan.cost import bits
from codesign.scan.metrics import Floats, Metric, metric
from codesign.scan.space import Space, Types, read, spelled
from codesign.verification.effort import elements, together
from codesign.verification.ladder import evaluate_network


@dataclass(frozen=True)
class Task:
    """What a scan is of, in plain values that any process can make the same of; see `scan` for their meaning."""

    model: str
    data: str
    labels: str
    metric: str
    maximize: bool | None = None
    samples: int | None = None
    design: bool = True
    """Whether each point gets a folding and so cycles and area; without, it takes milliseconds."""
    target: str | None = None
    input_type: tuple[tuple[str, str], ...] = ()
    config: ConfigSource = None
    reuse: int | None = None
    clock_mhz: float | None = None
    interval: int | None = None
    latency_us: float | None = None
    budget: str | None = None
    rounding: str | None = None
    """Of results, a mode of QONNX."""

    def options(self) -> Options:
        """The options of `codesign compile` that all points share."""
        options = Options.of(
            self.target, dict(self.input_type) or None, None, self.config, self.reuse, self.clock_mhz, None,
            self.interval, self.latency_us, self.budget,
        )  # fmt: skip
        return replace(options, config=options.config.with_rounding(self.rounding))


@dataclass(frozen=True)
class Outcome:
    """What is known of a point; cycles and area are None where no design was asked for, or none is possible."""

    types: Mapping[str, str]
    value: float
    """The metric."""
    output_error: float
    """How far the outputs are from those at 20 bits of result and 18 of weight: root mean square over all, relative to
    the standard deviation of the latter."""
    bit_operations: int
    ebops: int
    weight_bits: int
    interval: int | None = None
    latency: int | None = None
    """Cycles."""
    lut: float | None = None
    ff: float | None = None
    dsp: float | None = None
    bram36: float | None = None
    uram: float | None = None
    refused: str | None = None
    """Why there is no design: it does not fit, or is not as fast as asked."""
    excess: float | None = None
    """By what factor what was asked is then not met: what is needed over what there is, or cycles over cycles."""
    seconds: float = 0.0
    accumulator: int | None = None
    """Bits of the widest sum of products."""
    wrapped: float | None = None
    """Of the sums in accumulators of fewer bits than are safe, the share that wraps on the data."""


class Evaluator:
    """The model, the data and the labels, read once; then one call for each point."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.options = task.options()
        path = Path(task.model)
        self.file = model_file.read(path)
        self.graph = self.file.graph
        self.options.check(self.graph)
        self.metric: Metric = metric(task.metric, task.maximize)
        self.data = read_inputs(self.graph, Path(task.data), task.samples)
        self.labels = read_labels(Path(task.labels), Path(task.data), self.data[0], task.samples)
        self.space = Space.of(self.graph, self.options.config, self.options.input_types)
        self.reference: list[Floats] | None = None
        """The outputs that others are compared with."""

    def refer(self, wide: Types) -> float:
        """Takes the outputs at these types for the reference; gives their metric."""
        self.reference = wide_outputs(self.space, wide, self.data)
        return self.metric(self.reference, self.labels)

    def __call__(self, types: Types) -> Outcome:
        """What this point gives. ModelError where its sums do not fit 63 bits."""
        options = replace(self.options, config=self.space.config(types)) if self.task.design else self.options
        return self.judged(self.space.passed(types).network, spelled(types), options)

    def judged(self, network: Graph, types: Mapping[str, str], options: Options) -> Outcome:
        """What a network after its passes gives on the data; `types` is what tells it from others."""
        start = time.perf_counter()
        outputs = self.outputs(network)
        counted = bits(network)
        found = Outcome(
            types,
            self.metric(outputs, self.labels),
            self._error(outputs),
            counted.bit_operations,
            counted.ebops,
            counted.weight_bits,
            accumulator=max((n.type.type.width for n in network if isinstance(n.layer, Product)), default=None),
            wrapped=self._wrapped(network),
        )
        if self.task.design:
            found = self._designed(found, network, options)
        return replace(found, seconds=round(time.perf_counter() - start, 4))

    def codes(self, network: Graph) -> list[Array]:
        """The codes of each output on all data, by the integer network that design and C++ are proved equal to."""
        size = together(elements(network))
        parts = []
        for start in range(0, len(self.data[0]), size):
            parts.append(evaluate_network(network, self._encoded(network, start, size)))
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def _wrapped(self, network: Graph) -> float:
        """Of the sums that may wrap the share that does, on all data."""
        narrow = [(n, n.layer) for n in network if isinstance(n.layer, Product) and n.layer.wrap is not None]
        size = together(elements(network))
        wraps = sums = 0
        for start in range(0, len(self.data[0]) if narrow else 0, size):
            found = network.run_codes(self._encoded(network, start, size), keep=True)
            for node, layer in narrow:
                x = network[node.inputs[0]]
                exact = layer.changed(wrap=None).run([x.type], node.type, [as_codes(found[x.name])])
                wraps += int((np.asarray(exact) != found[node.name]).sum())
                sums += exact.size
        return wraps / sums if sums else 0.0

    def _encoded(self, network: Graph, start: int, size: int) -> list[Array]:
        """The codes of a batch of the data."""
        layers = [n.layer for n in network.inputs if isinstance(n.layer, Input)]
        return [as_codes(layer.encode(x[start : start + size])) for layer, x in zip(layers, self.data, strict=True)]

    def outputs(self, network: Graph) -> list[Floats]:
        """The same as numbers (n, *shape)."""
        sources = [network[output.source].type for output in network.outputs]
        return [t.decode_float(c) for t, c in zip(sources, self.codes(network), strict=True)]

    def _error(self, outputs: Sequence[Floats]) -> float:
        if self.reference is None:
            return 0.0
        expected = np.concatenate([x.ravel() for x in self.reference])
        found = np.concatenate([x.ravel() for x in outputs])
        spread = float(expected.std())
        return float(np.sqrt(np.mean((found - expected) ** 2))) / (spread or 1.0)

    def _designed(self, found: Outcome, network: Graph, options: Options) -> Outcome:
        """The same with the cycles and the area of the design that `codesign compile` makes."""
        try:
            _, design = designed(network, options)
        except TargetError as error:
            return replace(found, refused=str(error), excess=error.excess)
        except ConfigError as error:
            return replace(found, refused=str(error))
        total, times = design_cost(design).total, timing(design, options.clock_mhz)
        return replace(found, interval=times.interval, latency=times.latency, **asdict(total))


def plain(outcome: Outcome) -> dict[str, object]:
    """As JSON has it, for the store and between processes."""
    return asdict(outcome)


def evaluated(evaluator: Evaluator, texts: Mapping[str, str]) -> dict[str, object]:
    """The outcome of a point as plain values; {"failed": why} where the network itself is refused."""
    try:
        return plain(evaluator(read(texts)))
    except (ModelError, OverflowError) as error:
        return {"failed": str(error)}


def read_inputs(graph: Graph, path: Path, samples: int | None) -> list[np.ndarray]:
    """The data for each input, checked against what the network takes."""
    arrays = [x[:samples] for x in read_arrays(path, [(n.name, n.origin) for n in graph.inputs])]
    for node, x in zip(graph.inputs, arrays, strict=True):
        assert isinstance(node.layer, Input)
        if x.shape[1:] != node.layer.shape:
            raise ModelError(
                f"{path}: the samples of input {node.origin} have shape {x.shape[1:]}, the network expects "
                f"{node.layer.shape}"
            )
        if not np.isfinite(x).all():
            raise ModelError(f"{path}: input {node.origin} has values that are not numbers (NaN or infinite)")
    counts = {len(x) for x in arrays}
    if len(counts) > 1 or not min(counts):
        raise ModelError(f"{path}: the inputs have {', '.join(str(len(x)) for x in arrays)} samples")
    return arrays


def read_labels(path: Path, data: Path, x: np.ndarray, samples: int | None) -> np.ndarray:
    """One row per sample."""
    found = read_array(path, "the labels")
    labels = found[:samples]
    if len(labels) != len(x):
        raise ModelError(f"{path}: {len(found)} labels for the {len(x)} samples of {data}")
    if not np.isfinite(labels).all():
        raise ModelError(f"{path}: a label is not a number (NaN or infinite)")
    return labels

"""The rows of a report, read off the network and the design."""

from __future__ import annotations

from collections.abc import Mapping

from codesign.analysis.latency import Timing
from codesign.analysis.limits import Limits, limits
from codesign.analysis.work import necessary
from codesign.ir.design import Design, Process
from codesign.ir.graph import Graph, Node
from codesign.ir.kernels import Apply, Depthwise, Grouped, Kernel, MatVec
from codesign.ir.layers import Dense, Requantize
from codesign.ir.tensor import Tensor
from codesign.ir.vector import ONE, ZERO, Vector
from codesign.report.model import FOLDED, Bound, Budget, Figure, LayerRow, ProcessRow, StreamRow
from codesign.targets import Resources, Target


def layer_rows(network: Graph) -> tuple[LayerRow, ...]:
    """One row per layer of a network whose tensors all have types, in its order."""
    return tuple(_layer(node) for node in network)


def process_rows(
    design: Design,
    estimates: Mapping[str, Resources] | None = None,
    requested: Mapping[str, int] | None = None,
) -> tuple[ProcessRow, ...]:
    """One row per process, in order. `estimates` is the area of each process by its name, `requested` the reuse
    factors that the user asked for."""
    needed, interval = necessary(design), design.interval()
    return tuple(
        _process(
            p, _rounded((estimates or {}).get(p.name)), (requested or {}).get(p.name),
            _utilisation(p.kernel, needed.get(p.name, 0), interval),
        )
        for p in design
    )  # fmt: skip


def stream_rows(
    design: Design, waiting: Mapping[str, int], estimates: Mapping[str, Resources] | None = None
) -> tuple[StreamRow, ...]:
    """One row per stream, in order. By its name, `waiting` is the most beats that wait in each, `estimates` the area
    of its FIFO."""
    writer = {name: p.name for p in design for name in p.writes}
    reader = {name: p.name for p in design for name in p.reads}
    return tuple(
        StreamRow(
            s.name,
            writer.get(s.name),
            reader.get(s.name),
            s.kind.value,
            str(s.element),
            s.lanes,
            s.beats,
            s.width,
            s.depth,
            waiting[s.name],
            s.minimum,
            _rounded((estimates or {}).get(s.name)),
        )
        for s in design.streams.values()
    )


def budgets(total: Resources, target: Target) -> tuple[Budget, ...]:
    """What `total` takes of the target, resource by resource; those that the target has none of only if needed."""
    has, region = dict(target.resources.items()), target.smallest_slr
    slr = {} if region is None else dict(region.items())
    return tuple(
        Budget(name, round(need, 1), has[name], slr.get(name)) for name, need in total.items() if need or has[name]
    )


def figures(design: Design, times: Timing, clock_mhz: float) -> tuple[Figure, Figure, tuple[Bound, ...]]:
    """(interval, latency, what else the design has beside its lower bound)."""
    floor = limits(design, clock_mhz)
    interval = Figure(times.interval, "exact", floor.interval)
    latency = Figure(times.latency, "estimate", floor.latency)
    return interval, latency, (*_bounds(times.latency, floor), *_depths(design))


def _bounds(latency: int, floor: Limits) -> tuple[Bound, ...]:
    """Every share of which there is any."""
    products = f"{floor.macs:,} products have to be made per sample"
    slices = "products made in slices, two in each where their operands allow it, per interval"
    shares = (
        ("products at a time", "products", "exact", floor.products, products),
        ("DSP slices", "slices", "estimate", floor.dsp, slices),
        ("ports of weights", "block RAM ports", "estimate", floor.rom_ports, "18 bits each, a weight for each product"),
        ("weights in LUTs", "bits per cycle", "exact", floor.rom_bits, "a weight for each product"),
        ("row buffers", "bits per cycle", "exact", floor.row_bits, "a stored pixel for each row of windows it is in"),
        ("blocks of weights", "BRAM36", "estimate", floor.bram36, "the bits of all weights in block RAM"),
    )  # fmt: skip
    folded = "iterations wait for their inputs, pipelines of no depth, a register between processes"
    return (
        Bound(FOLDED, "cycles", latency, "estimate", floor.folded, folded),
        *(Bound(what, unit, s.used, how, s.least, why) for what, unit, how, s, why in shares if s.used),
    )


def _depths(design: Design) -> tuple[Bound, ...]:
    """The bits of all FIFOs beside the least, where that is known."""
    bits = least = 0
    for stream in design.streams.values():
        if stream.minimum is None:
            return ()
        bits += stream.width * stream.depth
        least += stream.width * stream.minimum
    why = "none can be one word less without a late output or a deadlock; more serves HLS tools"
    return (Bound("FIFOs", "bits", bits, "exact", least, why),)


def _layer(node: Node) -> LayerRow:
    layer, tensor = node.layer, node.type
    least, most = _values(tensor)
    return LayerRow(
        node.name,
        node.origin,
        type(layer).__name__,
        node.inputs,
        tensor.shape,
        str(tensor.type),
        _numbers(tensor),
        tensor.low,
        tensor.high,
        least,
        most,
        tensor.type.width if isinstance(layer, Dense) else None,
        layer.function.kind if isinstance(layer, Requantize) else None,
    )


def _utilisation(kernel: Kernel, needed: int, interval: int) -> float | None:
    """The products that must be made, of those that the multipliers of a kernel can make in an interval; percent."""
    if not isinstance(kernel, (MatVec, Depthwise, Grouped)):
        return None
    made = int(kernel.weights.words.shape[1]) * interval
    return round(100 * needed / made, 1)


def _process(
    process: Process, estimate: Resources | None, requested: int | None, utilisation: float | None
) -> ProcessRow:
    kernel = process.kernel
    pe = simd = reuse = strategy = multiplier = None
    if isinstance(kernel, (MatVec, Grouped)):
        pe, simd, reuse, strategy = kernel.pe, kernel.simd, kernel.reuse_factor, kernel.weights.style.value
        multiplier = kernel.multiplier.value
    elif isinstance(kernel, Depthwise):
        multiplier = kernel.products.value
    elif isinstance(kernel, Apply):
        strategy = kernel.function.kind
    return ProcessRow(
        process.name,
        process.origin,
        type(kernel).__name__,
        process.reads,
        process.writes,
        kernel.interval,
        pe,
        simd,
        reuse,
        requested,
        strategy,
        estimate,
        utilisation=utilisation,
        multiplier=multiplier,
    )


def _rounded(estimate: Resources | None) -> Resources | None:
    """A tenth of a block is as fine as an estimate is."""
    return None if estimate is None else Resources(*(round(amount, 1) for amount in estimate))


def _values(tensor: Tensor) -> tuple[float, float]:
    """The least and the greatest real value that the codes can stand for."""
    step, offset = tensor.step, tensor.offset
    channels = range(max(len(step), len(offset)))
    ends = [code * step[c] + offset[c] for c in channels for code in (tensor.low, tensor.high)]
    return float(min(ends)), float(max(ends))


def _numbers(tensor: Tensor) -> str:
    """How codes are read beyond their type: the scale and the offset, where there are any."""
    parts = []
    if tensor.scale != ONE:
        parts.append(f"× {_short(tensor.scale)}")
    if tensor.offset != ZERO:
        parts.append(f"+ {_short(tensor.offset)}")
    return " ".join(parts)


def _short(vector: Vector) -> str:
    first = f"{float(vector[0]):.6g}"
    return first if vector.uniform else f"[{first}, … {len(vector)} channels]"

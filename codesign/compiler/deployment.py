"""How a design is put on its board: what was asked of compute units, banks and batches, checked and completed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from codesign.analysis.cost import design_cost
from codesign.backends.deployment import Bank, ComputeUnit, Deployment, pages
from codesign.backends.kernel.sources import STATUS_WORDS, Kernel
from codesign.compiler.options import Options
from codesign.errors import TargetError
from codesign.ir.design import Design
from codesign.targets import Target, all_targets
from codesign.targets.budget import DEFAULT_SHARE

DEFAULT_BATCH = 65536
"""Samples of a batch where nothing is asked: a launch of some 0.1 ms is then little beside the work."""

DEFAULT_BYTES = 1 << 24
"""Bytes of each buffer where nothing is asked."""


def check_board(options: Options) -> None:
    """TargetError for compute units, banks or batches that the target cannot have, whatever the design."""
    target, config = options.target, options.config
    if (config.compute_units or 1) > 1 and not target.platforms:
        boards = ", ".join(t.name for t in all_targets() if t.platforms)
        raise TargetError(
            f"{target.name}: {config.compute_units} compute units were asked; that takes a board with a Vitis "
            f"platform, such as {boards}"
        )
    if config.max_batch is not None and target.word_bits is None:
        raise TargetError(f"{target.name}: a batch was asked; the target has no memory that a kernel could reach")
    if config.banks is not None:
        if not target.banks:
            raise TargetError(f"{target.name}: memory banks were asked; the target has none to choose")
        for name in config.banks:
            if name not in target.banks:
                raise TargetError(f"{target.name}: there is no memory bank {name!r}; it has {_listed(target)}")


def deployed(kernel: Kernel, design: Design, options: Options) -> tuple[Kernel, Deployment]:
    """The deployment of `kernel` as asked, and the kernel with its largest batch.

    TargetError where the buffers of the batch do not fit their banks, with the largest that do, and where the device
    has no room for the memory ports: whether so many compute units fit without them was found by the folding.
    """
    target, config = options.target, options.config
    banks, count = _banks(target), config.compute_units or 1
    _check_masters(kernel, design, target, count)
    units = tuple(
        ComputeUnit(f"{kernel.name}_{u + 1}", chosen, slr)
        for u, (chosen, slr) in enumerate(
            zip(_chosen(kernel, target, banks, count, config.banks), _regions(design, options, count), strict=True)
        )
    )
    used = [unit.banks for unit in units]
    largest = _largest(kernel, banks, used)
    samples = config.max_batch or _default(kernel, largest)
    if samples > largest:
        problem = _too_large(kernel, banks, used, samples)
        raise TargetError(f"{design.origin}: {problem}; the largest batch is {largest:,} samples")
    kernel = replace(kernel, max_samples=samples)
    return kernel, Deployment(units, banks, samples, _bytes(kernel, samples))


def _check_masters(kernel: Kernel, design: Design, target: Target, units: int) -> None:
    """TargetError where the compute units and the buffers of their memory ports take more block RAM than there is."""
    own, ports = design_cost(design).total.bram36, kernel.buffer_bram36
    most = target.resources.bram36
    if units * (own + ports) > most:
        room = int(most // (own + ports))
        cure = f", enough for {room}" if room else "; a design of fewer block RAMs, or the streaming ports, may fit"
        raise TargetError(
            f"{design.origin}: {units} compute units of {own:g} BRAM36, and {ports:g} for the memory ports of each, "
            f"take {units * (own + ports):g}; {target.name} has {most:g}{cure}"
        )


def _banks(target: Target) -> tuple[Bank, ...]:
    """What can be chosen; else the board's one memory, without a bound where the target does not say it."""
    if target.banks:
        return tuple(Bank(name, mib << 20) for name, mib in target.banks.items())
    return (Bank("memory", sum(m.banks * m.mib_per_bank for m in target.memory) << 20 or 1 << 62),)


def _chosen(
    kernel: Kernel, target: Target, banks: Sequence[Bank], units: int, asked: Sequence[str] | None
) -> list[tuple[int, ...]]:
    """The bank of each argument of each compute unit.

    Banks that were asked for are taken in turn. Otherwise the arguments get a channel of HBM each; of DDR, whose banks
    are few and take a controller of logic each, all arguments of a compute unit share one. The status, a few words,
    lies beside the last output.
    """
    ports = len(kernel.memories)
    first = len(target.memory[0].names) if target.banks else 1
    numbers = [[bank.tag for bank in banks].index(name) for name in asked] if asked else list(range(first))
    together = asked is None and not (target.memory and target.memory[0].kind.startswith("hbm"))
    found = []
    for unit in range(units):
        own = [numbers[(unit if together else unit * ports + port) % len(numbers)] for port in range(ports)]
        found.append((*own, own[-1]))
    return found


def _regions(design: Design, options: Options, units: int) -> list[int | None]:
    """The super logic region of each compute unit: in turn, where there are several of each and every region has room
    for one; otherwise the tools choose."""
    smallest, target = options.target.smallest_slr, options.target
    if units < 2 or smallest is None or design_cost(design).total.exceeding(smallest * DEFAULT_SHARE):
        return [None] * units
    return [unit % target.slrs for unit in range(units)]


def _bytes(kernel: Kernel, samples: int) -> tuple[int, ...]:
    """Bytes of each memory argument, the status last."""
    return (*(a.byte_count(samples) for a in kernel.memories), 4 * STATUS_WORDS)


def _needs(kernel: Kernel, banks: Sequence[Bank], used: Sequence[tuple[int, ...]], samples: int) -> list[int]:
    """Bytes that are taken of each bank."""
    found = [0] * len(banks)
    sizes = _bytes(kernel, samples)
    for unit in used:
        for bank, size in zip(unit, sizes, strict=True):
            found[bank] += pages(size)
    return found


def _fits(kernel: Kernel, banks: Sequence[Bank], used: Sequence[tuple[int, ...]], samples: int) -> bool:
    needs = _needs(kernel, banks, used, samples)
    return samples <= kernel.max_samples and all(need <= bank.bytes for need, bank in zip(needs, banks))


def _largest(kernel: Kernel, banks: Sequence[Bank], used: Sequence[tuple[int, ...]]) -> int:
    """The largest batch whose buffers fit their banks, found by bisection."""
    low, high = 0, kernel.max_samples
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(kernel, banks, used, middle):
            low = middle
        else:
            high = middle - 1
    if low == 0:
        raise TargetError(f"{kernel.sources.origin}: {_too_large(kernel, banks, used, 1)}, so not one sample fits")
    return low


def _too_large(kernel: Kernel, banks: Sequence[Bank], used: Sequence[tuple[int, ...]], samples: int) -> str:
    for need, bank in zip(_needs(kernel, banks, used, samples), banks):
        if need > bank.bytes:
            return f"buffers for {samples:,} samples take {need:,} bytes of {bank.tag}, which has {bank.bytes:,}"
    return f"a batch of {samples:,} samples is more than the kernel can count"


def _default(kernel: Kernel, largest: int) -> int:
    """Samples of a batch where nothing is asked."""
    samples = min(DEFAULT_BATCH, largest)
    while samples > 1 and max(_bytes(kernel, samples)) > DEFAULT_BYTES:
        samples //= 2
    return samples


def _listed(target: Target) -> str:
    """HBM[0] to HBM[31] and so on."""
    ranges = [m.names for m in target.memory if m.names]
    return ", ".join(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}" for names in ranges)

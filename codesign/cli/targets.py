"""`codesign targets`: the devices and boards there are, and what one of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from codesign.cli.errors import errors_reported

if TYPE_CHECKING:
    from rich.table import Table

    from codesign.targets import MemoryBanks, Resources, Target

ROOMY = 110
"""Columns from which on the names of the boards find room."""
ROOMIER = 150
"""And their memories."""


def targets_command(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[TARGET]", help="One of them, or a YAML file: all that is known of it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List the devices and boards with their resources, or all that is known of one."""
    with errors_reported(context):
        from codesign.cli.terminal import console
        from codesign.targets import all_targets, load_target

        found = all_targets() if name is None else [load_target(name)]
        if json:
            from dataclasses import asdict
            from json import dumps

            objects = [asdict(target) for target in found]
            typer.echo(dumps(objects if name is None else objects[0], indent=2))
            return
        out = console()
        out.print(_table(found, out.width) if name is None else _details(found[0]))


def _table(targets: list[Target], width: int) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2 if width >= ROOMY else 1, 0, 0))
    table.add_column("target", style="bold", no_wrap=True)
    for heading, _ in _words(targets[0], width):
        table.add_column(heading, no_wrap=True)
    for heading in ("kLUT", "kFF", "DSP", "BRAM36", "URAM", "SLR", "MHz"):
        table.add_column(heading, justify="right", no_wrap=True)
    for t in targets:
        has = t.resources
        thousands = round(has.lut / 1000, 1), round(has.ff / 1000, 1)
        amounts = (*thousands, has.dsp, has.bram36, has.uram, t.slrs, t.clock_mhz)
        table.add_row(t.name, *(cell for _, cell in _words(t, width)), *(f"{amount:.10g}" for amount in amounts))
    return table


def _words(t: Target, width: int) -> list[tuple[str, str]]:
    """What is told of a target beside its amounts, by how much room there is."""
    words = [("part", t.part)]
    if width >= ROOMY:
        words.append(("what it is", t.title))
    if width >= ROOMIER:
        words.append(("memory", ", ".join(map(_capacity, t.memory))))
    return words


def _details(t: Target) -> Table:
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    rows = [
        ("target", t.name),
        ("what it is", t.title),
        ("part", f"{t.part} ({t.family})"),
        ("board part", t.board_part),
        ("clock", f"{t.clock_mhz:g} MHz, at most {t.max_clock_mhz:g}"),
        ("resources", _amounts(t.resources)),
        *((f"SLR{number}", _amounts(region)) for number, region in enumerate(t.resources_per_slr)),
        *(("memory", _memory(memory)) for memory in t.memory),
        ("kernel ports", None if t.word_bits is None else f"{t.word_bits} bits"),
        *(("platform", f"{platform.name} (Vitis {platform.tools} or later)") for platform in t.platforms),
    ]
    if t.link is not None:
        most = "" if t.link.peak_gbytes_per_s is None else f", {t.link.peak_gbytes_per_s:g} at most"
        rows.append(("host link", f"{t.link.gbytes_per_s:g} GB/s{most}; {t.link.launch_us:g} us per launch"))
        rows.append(("", t.link.source))
    rows.append(("source", t.source))
    for heading, cell in rows:
        if cell:
            table.add_row(heading, cell)
    return table


def _amounts(has: Resources) -> str:
    return ", ".join(f"{amount:,.10g} {name}" for name, amount in has.items())


def _capacity(memory: MemoryBanks) -> str:
    mib = memory.banks * memory.mib_per_bank
    amount = f"{mib / 1024:g} GiB" if mib >= 1024 else f"{mib} MiB"
    return f"{amount} {memory.tag or memory.kind.upper()}"


def _memory(memory: MemoryBanks) -> str:
    banks = f"{memory.banks} x {memory.mib_per_bank:,} MiB {memory.kind}"
    names = memory.names
    if not names:
        return banks
    return f"{banks}, {names[0] if len(names) == 1 else f'{names[0]} to {names[-1]}'}"

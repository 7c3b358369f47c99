"""`codesign lint`: whether the runtimes of GPU farms take an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codesign.cli.errors import errors_reported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codesign.gpu.lint import Finding

REFUSED = 1
"""The exit code where a runtime refuses the model."""
NAMED = 3
"""Nodes with the same finding that are named; the others are counted."""


def lint_command(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="An .onnx file, of whatever exporter.")],
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUNTIME",
            help="onnxruntime-cpu, onnxruntime-cuda, tensorrt or tensorrt-rtx; once for each. By default all.",
        ),
    ] = None,
    sources: Annotated[bool, typer.Option("--sources", help="Say where each finding is known from.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what runtimes refuse of an ONNX file, and why; exit code 1 where one refuses it."""
    with errors_reported(context):
        from codesign.errors import ModelError
        from codesign.frontends.reading import read
        from codesign.gpu.lint import lint, lint_targets, load_table, refused

        targets = list(dict.fromkeys(target or lint_targets()))
        tables = [load_table(name) for name in targets]
        proto = read(model)
        try:
            found = {name: lint(proto, name) for name in targets}
        except ModelError as error:
            raise ModelError(f"{model}: {error}") from error
        if json:
            _print_json(found)
        else:
            for table in tables:
                _print(f"{table.target} ({table.title} {table.version})", found[table.target], sources)
        if any(refused(findings) for findings in found.values()):
            raise typer.Exit(REFUSED)


def _print(heading: str, findings: Sequence[Finding], sources: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from codesign.cli.terminal import console

    out = console()
    if not findings:
        out.print(f"{heading}: taken as it is")
        return
    out.print(f"{heading}:")
    table = Table(box=None, padding=(0, 2, 0, 2))
    for column in ("", "operator", "nodes", "why", "what to do", *(["known from"] if sources else [])):
        table.add_column(column, overflow="fold")
    for group in _grouped(findings):
        first = group[0]
        nodes = ", ".join(found.node for found in group[:NAMED] if found.node)
        more = f" and {len(group) - NAMED} more" if len(group) > NAMED else ""
        cells = [first.level.value, first.operator, nodes + more, first.reason.why, first.reason.cure]
        table.add_row(*(Text(cell) for cell in [*cells, *([first.reason.source] if sources else [])]))
    out.print(table)


def _grouped(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings that differ in their node alone, together; what is refused first."""
    groups: dict[object, list[Finding]] = {}
    for found in findings:
        groups.setdefault((found.level, found.operator, found.reason), []).append(found)
    return sorted(groups.values(), key=lambda group: group[0].level.value)


def _print_json(found: dict[str, list[Finding]]) -> None:
    from json import dumps

    rows = {
        target: [
            {
                "level": f.level.value,
                "node": f.node,
                "operator": f.operator,
                "why": f.reason.why,
                "cure": f.reason.cure,
                "source": f.reason.source,
            }
            for f in findings
        ]
        for target, findings in found.items()
    }
    typer.echo(dumps(rows, indent=2))

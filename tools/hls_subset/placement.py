"""Where each pragma stands: the block, what the block belongs to, and the variables that it can name there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clang.cindex import Cursor, CursorKind

from tools.hls_subset.expressions import VARIABLES
from tools.hls_subset.pragmas import Parsed, Region, split
from tools.hls_subset.program import Function
from tools.hls_subset.source import MARK, Pragma, Source


@dataclass(frozen=True, eq=False)
class Placed:
    """A pragma in a function. `owner` is the function or the statement whose body `block` is; None for `block` where
    the pragma stands in no block, as that of an `if` without braces."""

    pragma: Pragma
    parsed: Parsed
    region: Region
    owner: Cursor
    block: Cursor | None
    visible: Mapping[str, Cursor]
    loops: tuple[Cursor, ...]


def placed(function: Function, source: Source) -> list[Placed]:
    """The pragmas of a function, those of other programs left out."""
    variables = source.variables | {c.spelling: c for c in function.parameters}
    return list(_inside(function.body, function.cursor, source, variables, ()))


def _inside(
    block: Cursor, owner: Cursor, source: Source, visible: dict[str, Cursor], loops: tuple[Cursor, ...]
) -> Iterator[Placed]:
    """The pragmas in `block`, the body of `owner`. `visible` grows with what the block declares."""
    visible = dict(visible)
    region = Region.LOOP if owner.kind is CursorKind.FOR_STMT else Region.BLOCK
    if not loops and owner.kind is not CursorKind.FOR_STMT and owner.kind.is_declaration():
        region = Region.FUNCTION
    for statement in block.get_children():
        if statement.kind is CursorKind.DECL_STMT:
            for declared in statement.get_children():
                if declared.kind in VARIABLES:
                    visible[declared.spelling] = declared
                elif (number := _number(declared)) is not None:
                    pragma = source.pragmas[number]
                    if (parsed := split(pragma.text)) is not None:
                        yield Placed(pragma, parsed, region, owner, block, dict(visible), loops)
        else:
            yield from _nested(statement, source, visible, loops)


def _nested(
    statement: Cursor, source: Source, visible: dict[str, Cursor], loops: tuple[Cursor, ...]
) -> Iterator[Placed]:
    if statement.kind is CursorKind.COMPOUND_STMT:
        yield from _inside(statement, statement, source, visible, loops)
        return
    inner = dict(visible)
    around = (*loops, statement) if statement.kind is CursorKind.FOR_STMT else loops
    parts = list(statement.get_children())
    for i, part in enumerate(parts):
        if part.kind is CursorKind.DECL_STMT:
            for declared in part.get_children():
                if declared.kind in VARIABLES:
                    inner[declared.spelling] = declared
                elif (number := _number(declared)) is not None:
                    pragma = source.pragmas[number]
                    if (parsed := split(pragma.text)) is not None:
                        yield Placed(pragma, parsed, Region.BLOCK, statement, None, inner, loops)
        elif part.kind is CursorKind.COMPOUND_STMT:
            owner = statement if i == len(parts) - 1 else part
            yield from _inside(part, owner, source, inner, around)
        elif part.kind.is_statement():
            yield from _nested(part, source, inner, around)


def _number(declared: Cursor) -> int | None:
    """The number of the pragma that `declared` stands for."""
    if declared.kind is not CursorKind.ENUM_DECL:
        return None
    first = next(iter(declared.get_children()), None)
    return int(first.spelling.removeprefix(MARK)) if first is not None and first.spelling.startswith(MARK) else None

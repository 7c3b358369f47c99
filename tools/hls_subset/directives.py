"""Whether each pragma is on the list, says what it may, and stands where it has a meaning."""

from __future__ import annotations

from collections.abc import Iterator

from clang.cindex import Cursor, CursorKind

from tools.hls_subset.expressions import is_const, is_stream, operator, rank, walk
from tools.hls_subset.loops import run_time_bound
from tools.hls_subset.placement import Placed
from tools.hls_subset.pragmas import Region, complaints, rule_of
from tools.hls_subset.program import Function
from tools.hls_subset.source import Dialect

_ROMS = ("ROM_", "rom_")
_FIFOS = ("FIFO_", "fifo")


def violations(placed: Placed, dialect: Dialect, function: Function) -> Iterator[str]:
    """What is wrong with one pragma."""
    pragma = placed.parsed
    rule = rule_of(pragma, dialect)
    if isinstance(rule, str):
        yield rule
        return
    wrong = complaints(pragma, rule)
    yield from wrong
    if placed.block is None:
        yield f"{pragma.name} stands in no block; expected it inside the braces of {_regions(rule.regions)}"
        return
    if placed.region not in rule.regions:
        yield f"{pragma.name} stands in {placed.region.value}; expected {_regions(rule.regions)}"
    if wrong:
        return
    variable = pragma.keys.get("variable")
    if variable is not None:
        declared = placed.visible.get(variable)
        if declared is None:
            yield f"{pragma.name} variable={variable}: no variable of that name is declared before it"
        elif not function.dependent:
            yield from _suits(placed, declared)
    if pragma.name == "INTERFACE":
        port = pragma.keys["port"]
        if port != "return" and port not in [p.spelling for p in function.parameters]:
            yield f"INTERFACE port={port}: {function.name} has no parameter of that name"
    if pragma.name in ("PIPELINE", "UNROLL") and not function.dependent:
        yield from _unrolled(placed)


def interfaces(function: Function, placed: list[Placed]) -> Iterator[str]:
    """What the top function does not say of its ports."""
    said = [p.parsed.keys.get("port") for p in placed if p.parsed.name == "INTERFACE"]
    for port in [*(p.spelling for p in function.parameters), "return"]:
        if port not in said:
            yield f"{function.name} has no INTERFACE for {port}; expected one for each port and for return"


def _suits(placed: Placed, declared: Cursor) -> Iterator[str]:
    """What is wrong with the variable that a pragma names."""
    pragma = placed.parsed
    name, found = declared.spelling, declared.type
    what = f"{pragma.name} variable={name}"
    storage = pragma.keys.get("core", pragma.keys.get("type", ""))
    if pragma.name in ("ARRAY_PARTITION", "ARRAY_RESHAPE"):
        dimensions = rank(found)
        if dimensions == 0:
            yield f"{what}: {name} is {found.spelling}; expected an array"
        elif int(pragma.keys.get("dim", "1")) > dimensions:
            yield f"{what} dim={pragma.keys['dim']}: {name} has {dimensions} dimensions"
    elif pragma.name == "STREAM" or storage.startswith(_FIFOS):
        if not is_stream(found):
            yield f"{what}: {name} is {found.spelling}; expected an hls::stream"
    elif storage.startswith(_ROMS):
        if rank(found) == 0 or not is_const(found):
            yield f"{what}: {name} is {found.spelling}; expected a constant array"
    elif pragma.name == "DEPENDENCE":
        if rank(found) == 0 or is_const(found):
            yield f"{what}: {name} is {found.spelling}; expected an array that is written"
    elif not _is_product(declared):
        yield f"{what}: {name} is not declared as a product of two values"


def _is_product(declared: Cursor) -> bool:
    """Whether a variable starts as x * y, possibly behind conversions."""
    initial = [c for c in declared.get_children() if c.kind.is_expression()]
    return any(_multiplies(cursor) for i in initial for cursor in walk(i))


def _multiplies(cursor: Cursor) -> bool:
    if cursor.kind is CursorKind.CALL_EXPR:
        return str(cursor.spelling) == "operator*"
    return cursor.kind is CursorKind.BINARY_OPERATOR and operator(cursor) == "*"


def _unrolled(placed: Placed) -> Iterator[str]:
    """What stands in the way of a loop, or those inside a pipeline, becoming parallel hardware."""
    block = placed.block
    assert block is not None
    if placed.parsed.name == "UNROLL":
        if placed.region is Region.LOOP and "factor" not in placed.parsed.keys and run_time_bound(placed.owner):
            yield "UNROLL of a loop whose turns are known only while it runs"
        return
    for cursor in walk(block):
        if cursor.kind is CursorKind.FOR_STMT and run_time_bound(cursor):
            yield "PIPELINE around a loop whose turns are known only while it runs"


def _regions(regions: tuple[Region, ...]) -> str:
    return " or ".join(region.value for region in regions)

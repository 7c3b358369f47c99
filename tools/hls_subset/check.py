"""All rules over one source: what is outside the subset, in the order of files and lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from clang.cindex import Cursor, CursorKind

from tools.hls_subset import dataflow, directives, language, loops
from tools.hls_subset.finding import Finding
from tools.hls_subset.placement import Placed, placed
from tools.hls_subset.pragmas import split
from tools.hls_subset.program import Function, Program, program
from tools.hls_subset.source import Dialect, Place, Source, parse


def check(
    path: Path, *, root: Path | None = None, top: str | None = None, defines: Iterable[str] = ()
) -> list[Finding]:
    """What is outside the subset in the source `path`, for each generation of the tools; files as seen from `root`.

    `top` is the function that becomes the block: each of its ports must have its interface, which no other has.
    `defines` are macros that the tools are given.
    """
    found: set[Finding] = set()
    source: Source | None = None
    functions: Program | None = None
    for dialect in Dialect:
        before, source = source, parse(path, dialect, root or path.parent, list(defines), source)
        found |= set(source.errors)
        if source.errors:
            continue
        if functions is None or before is None or source.tree is not before.tree:
            functions = program(source)
            found |= set(_code(source, functions))
        found |= set(_pragmas(source, functions, top))
    return sorted(found)


def check_project(folder: Path) -> list[Finding]:
    """What is outside the subset in a project folder: in its top function, and in its kernel."""
    top = json.loads((folder / "codesign.json").read_text())["top"]
    sources = [folder / "src" / f"{top}.cpp", *sorted((folder / "kernel").glob("*.cpp"))]
    return sorted({finding for path in sources for finding in check(path, root=folder, top=path.stem)})


def _code(source: Source, found: Program) -> Iterator[Finding]:
    """What is wrong whatever the pragmas say."""
    for declared in source.declarations:
        yield from _language(source, declared)
    for function in found.functions.values():
        if not function.written:
            yield from _language(source, function.cursor)
        for where, message in _loops(function, found):
            yield _finding(source.place(where), "loops", message)
    for function, call in found.recursions():
        yield _finding(source.place(call), "recursion", f"{function.name} calls itself; expected a loop with a bound")


def _pragmas(source: Source, found: Program, top: str | None) -> Iterator[Finding]:
    """What is wrong with the pragmas, and with what they say of the code."""
    pragmas = {key: placed(function, source) for key, function in found.functions.items()}
    yield from _outside(source, pragmas)
    flow = dataflow.Flow(found, pragmas)
    for key, function in found.functions.items():
        for pragma in pragmas[key]:
            for message in directives.violations(pragma, source.dialect, function):
                yield _finding(pragma.pragma.place, "pragmas", message)
            if pragma.parsed.name == "DATAFLOW" and pragma.block is not None and not function.dependent:
                for where, message in flow.violations(function, pragma):
                    yield _finding(source.place(where), "dataflow", message)
    if top is not None:
        yield from _ports(source, found, pragmas, top)


def _language(source: Source, declared: Cursor) -> Iterator[Finding]:
    for where, rule, message in language.violations(declared):
        yield _finding(source.place(where), rule, message)


def _loops(function: Function, found: Program) -> Iterator[tuple[Cursor, str]]:
    for parameter in filter(loops.is_run_time, function.parameters):
        for where, how in loops.changes(function.body, parameter):
            yield where, f"{parameter.spelling} is {how}; expected it to stay what the top function was given"
    for cursor in function.nodes:
        if cursor.kind is CursorKind.FOR_STMT:
            yield from loops.violations(cursor, function.dependent)
        elif cursor.kind is CursorKind.CALL_EXPR and not function.dependent and cursor.referenced is not None:
            # A parameter that loops turn as often as is one all the way from the top function.
            called = found.functions.get(cursor.referenced.get_usr())
            for parameter, argument in zip(called.parameters if called else [], cursor.get_arguments()):
                if loops.is_run_time(parameter) and not loops.is_bound(argument, False):
                    yield cursor, f"{cursor.spelling} is passed another {parameter.spelling} than the top function's"


def _outside(source: Source, pragmas: dict[str, list[Placed]]) -> Iterator[Finding]:
    """Pragmas that stand in no function, and those of other programs."""
    inside = {p.pragma.number for found in pragmas.values() for p in found}
    for pragma in source.pragmas:
        if split(pragma.text) is None:
            message = f"#pragma {pragma.text}; expected only those that begin with HLS"
            yield _finding(pragma.place, "pragmas", message)
        elif pragma.number not in inside:
            yield _finding(pragma.place, "pragmas", f"#pragma {pragma.text} stands outside the body of a function")


def _ports(source: Source, found: Program, pragmas: dict[str, list[Placed]], top: str) -> Iterator[Finding]:
    function = found.top(top)
    if function is None:
        yield Finding(source.tree.spelling, 1, "interface", f"there is no function {top}")
        return
    place = source.place(function.cursor)
    for message in directives.interfaces(function, pragmas[function.key]):
        yield _finding(place, "interface", message)
    for key in found.reached(function):
        for pragma in pragmas.get(key, []):
            if pragma.parsed.name == "INTERFACE":
                message = f"INTERFACE in {found.functions[key].name}, which {top} calls; expected it in {top} alone"
                yield _finding(pragma.pragma.place, "interface", message)


def _finding(place: Place, rule: str, message: str) -> Finding:
    return Finding(place.file, place.line, rule, message)

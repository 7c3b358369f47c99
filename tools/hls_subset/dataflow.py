"""DATAFLOW regions in the form that every tool takes as it stands (UG1399, "Canonical Forms" and "Canonical Body").

The region is the body of a function, or of the only loop of one, which counts from 0 to a constant or to a parameter of
that function. In it stand declarations and calls of functions that return nothing. What a call passes on are variables
of the region, of the function around it, or constants. A stream or an array of the region has one writer and, behind
it, one reader; one from outside is used by one call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from clang.cindex import Cursor, CursorKind, StorageClass, TypeKind

from tools.hls_subset.expressions import (
    FUNCTIONS,
    VARIABLES,
    bare,
    callee,
    is_const,
    is_stream,
    operator,
    rank,
    same,
    value,
    variable,
)
from tools.hls_subset.placement import Placed
from tools.hls_subset.pragmas import Region
from tools.hls_subset.program import Function, Program

_READS = ("read", "read_nb", "operator>>")
_WRITES = ("write", "write_nb", "operator<<")


@dataclass
class _Use:
    """Which calls of a region, counted, write a variable and which read it."""

    writers: list[int] = field(default_factory=list)
    readers: list[int] = field(default_factory=list)


class Flow:
    """The DATAFLOW regions of a program."""

    def __init__(self, program: Program, placed: dict[str, list[Placed]]) -> None:
        self._program = program
        self._placed = placed
        self._known: dict[tuple[str, int], frozenset[str]] = {}

    def violations(self, function: Function, pragma: Placed) -> Iterator[tuple[Cursor, str]]:
        """(where, message) for what is not canonical in the region of `pragma`, which stands in `function`."""
        assert pragma.block is not None
        if pragma.region is Region.LOOP:
            yield from _canonical_loop(function, pragma.owner)
        calls: list[Cursor] = []
        local: dict[str, Cursor] = {}
        yield from self._body(pragma.block, calls, local)
        uses: dict[str, tuple[Cursor, _Use]] = {}
        for number, call in enumerate(calls):
            yield from self._arguments(number, call, uses)
        for name, declared in local.items():
            if not is_stream(declared.type) and rank(declared.type) == 0:
                continue
            use = uses.get(_key(declared), (declared, _Use()))[1]
            yield from _channel(name, declared, use)
        inside = {_key(declared) for declared in local.values()}
        for key, (declared, use) in uses.items():
            users = sorted({*use.writers, *use.readers})
            if key not in inside and declared.kind is CursorKind.PARM_DECL and len(users) > 1:
                named = " and ".join(calls[i].spelling for i in users)
                yield calls[users[1]], f"{declared.spelling} is used by {named}; expected one process"

    def _body(self, block: Cursor, calls: list[Cursor], local: dict[str, Cursor]) -> Iterator[tuple[Cursor, str]]:
        """Collects the processes and variables of a region; what else stands in it is wrong."""
        for statement in block.get_children():
            if statement.kind is CursorKind.DECL_STMT:
                for declared in statement.get_children():
                    if declared.kind is CursorKind.VAR_DECL:
                        local[declared.spelling] = declared
                        yield from _declared(declared)
            elif (call := _call(statement)) is None:
                yield statement, "something else than a declaration or a call in a DATAFLOW region"
            elif call.type.get_canonical().kind is not TypeKind.VOID:
                yield (
                    statement,
                    f"{call.spelling} gives a value in a DATAFLOW region; expected a function that gives none",
                )
            elif (inlined := self._inlined(call)) is not None:
                yield from self._body(inlined.body, calls, local)
            else:
                calls.append(call)

    def _inlined(self, call: Cursor) -> Function | None:
        """The function that takes the place of a call."""
        to = call.referenced
        function = None if to is None else self._program.functions.get(to.get_usr())
        if function is None:
            return None
        found = [p for p in self._placed.get(function.key, []) if p.parsed.name == "INLINE" and not p.parsed.words]
        return function if found else None

    def _arguments(
        self, number: int, call: Cursor, uses: dict[str, tuple[Cursor, _Use]]
    ) -> Iterator[tuple[Cursor, str]]:
        """Notes what call `number` of a region reads and writes."""
        for index, argument in enumerate(call.get_arguments()):
            declared = variable(argument)
            if declared is None:
                if value(argument) is None:
                    yield argument, f"{call.spelling} is passed an expression in a DATAFLOW region; expected a variable"
                continue
            use = uses.setdefault(_key(declared), (declared, _Use()))[1]
            ways = self._ways(call, index)
            if "r" in ways:
                use.readers.append(number)
            if "w" in ways:
                use.writers.append(number)

    def _ways(self, call: Cursor, index: int) -> frozenset[str]:
        """`r` and `w`: whether a call reads and writes its argument number `index`."""
        to = call.referenced
        function = None if to is None else self._program.functions.get(to.get_usr())
        if function is None or index >= len(function.parameters):
            return frozenset()
        parameter = function.parameters[index]
        if not is_stream(parameter.type):
            return _by_type(parameter)
        known = (function.key, index)
        if known not in self._known:
            self._known[known] = frozenset()  # of a function that calls itself nothing more is known
            self._known[known] = frozenset(self._stream_ways(function, parameter))
        return self._known[known]

    def _stream_ways(self, function: Function, parameter: Cursor) -> Iterator[str]:
        for cursor in function.nodes:
            if cursor.kind is not CursorKind.CALL_EXPR:
                continue
            first = next(iter(cursor.get_children()), None)
            if first is not None and first.kind is CursorKind.MEMBER_REF_EXPR:
                stream = next(iter(first.get_children()), None)
                if stream is not None and same(variable(stream), parameter):
                    yield from ("r" for _ in range(first.spelling in _READS))
                    yield from ("w" for _ in range(first.spelling in _WRITES))
            for index, argument in enumerate(cursor.get_arguments()):
                if argument is not None and same(variable(argument), parameter):
                    yield from self._ways(cursor, index)


def _by_type(parameter: Cursor) -> frozenset[str]:
    """An array, a pointer or a reference is read where it is const, else written; a value is neither."""
    found = parameter.type.get_canonical()
    if found.kind in (TypeKind.POINTER, TypeKind.LVALUEREFERENCE):
        return frozenset("r" if is_const(found.get_pointee()) else "w")
    if rank(found):
        return frozenset("r" if is_const(found) else "w")
    return frozenset()


def _channel(name: str, declared: Cursor, use: _Use) -> Iterator[tuple[Cursor, str]]:
    for what, users in (("writer", use.writers), ("reader", use.readers)):
        if len(users) != 1:
            yield declared, f"{name} has {len(users)} {what}s in its DATAFLOW region; expected one"
    if len(use.writers) == len(use.readers) == 1 and use.readers[0] <= use.writers[0]:
        yield declared, f"{name} is read before it is written in its DATAFLOW region"


def _declared(declared: Cursor) -> Iterator[tuple[Cursor, str]]:
    if declared.storage_class is StorageClass.STATIC and not is_const(declared.type):
        yield declared, f"{declared.spelling} is static in a DATAFLOW region; expected a variable of the region"
    initial = [c for c in declared.get_children() if c.kind.is_expression()]
    constructed = is_stream(declared.type) and all(bare(c).kind is CursorKind.CALL_EXPR for c in initial)
    if initial and not constructed and rank(declared.type) == 0 and not is_const(declared.type):
        yield declared, f"{declared.spelling} starts with a value in a DATAFLOW region; expected none"


def _canonical_loop(function: Function, loop: Cursor) -> Iterator[tuple[Cursor, str]]:
    for statement in function.body.get_children():
        inner = statement
        while inner.kind is CursorKind.LABEL_STMT:
            inner = next(c for c in inner.get_children() if c.kind.is_statement())
        if not same(inner, loop) and statement.kind is not CursorKind.DECL_STMT:
            yield statement, f"{function.name} has more than its DATAFLOW loop and declarations"
    parts = list(loop.get_children())
    if len(parts) != 4 or parts[0].kind is not CursorKind.DECL_STMT:
        return  # said of any loop
    counter = next(iter(parts[0].get_children()))
    initial = [c for c in counter.get_children() if c.kind.is_expression()]
    if [value(c) for c in initial] != [0] or operator(parts[2]) != "++":
        yield loop, "a DATAFLOW loop that does not count from 0 in ones"
    bound = list(parts[1].get_children())[-1]
    limit = variable(bound)
    if value(bound) is None and (limit is None or limit.kind is not CursorKind.PARM_DECL):
        yield loop, f"a DATAFLOW loop up to neither a constant nor a parameter of {function.name}"


def _call(statement: Cursor) -> Cursor | None:
    """The call that a statement is."""
    found = bare(statement) if statement.kind.is_expression() else statement
    named = callee(found) if found.kind is CursorKind.CALL_EXPR else None
    if named is None or named.kind is not CursorKind.DECL_REF_EXPR:
        return None
    return found if found.referenced is not None and found.referenced.kind in FUNCTIONS else None


def _key(declared: Cursor) -> str:
    assert declared.kind in VARIABLES
    return f"{declared.location.offset} {declared.get_usr()}"

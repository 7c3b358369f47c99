"""The functions of a source: as they are written, and as templates become them with their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from clang.cindex import Cursor, CursorKind, conf

from tools.hls_subset.expressions import FUNCTIONS, callee, walk
from tools.hls_subset.source import Source

_TEMPLATES = (
    CursorKind.FUNCTION_TEMPLATE, CursorKind.CLASS_TEMPLATE, CursorKind.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION,
)  # fmt: skip


@dataclass(eq=False)
class Function:
    """A function with a body; `dependent` where template parameters are open, `written` where it is not made of one."""

    cursor: Cursor
    body: Cursor
    dependent: bool
    written: bool

    @cached_property
    def nodes(self) -> list[Cursor]:
        """Everything in the body."""
        return list(walk(self.body))

    @property
    def name(self) -> str:
        return str(self.cursor.spelling)

    @cached_property
    def key(self) -> str:
        """The same for the same function with the same template arguments."""
        return str(self.cursor.get_usr())

    @cached_property
    def parameters(self) -> list[Cursor]:
        return [c for c in self.cursor.get_children() if c.kind is CursorKind.PARM_DECL]


@dataclass(frozen=True, eq=False)
class Program:
    """All functions by their keys, and which calls which. Templates are there as written, and once for each use."""

    functions: dict[str, Function]
    calls: dict[str, dict[str, Cursor]]

    def top(self, name: str) -> Function | None:
        """The function `name` that no template makes."""
        return next((f for f in self.functions.values() if f.name == name and not f.dependent), None)

    def reached(self, start: Function) -> set[str]:
        """The keys of all functions that `start` calls, directly or not; its own only if it is called again."""
        found: set[str] = set()
        todo = list(self.calls[start.key])
        while todo:
            key = todo.pop()
            if key not in found:
                found.add(key)
                todo += self.calls.get(key, {})
        return found

    def recursions(self) -> Iterator[tuple[Function, Cursor]]:
        """(function, a call in it) for every function that calls itself, directly or through others."""
        for key, function in self.functions.items():
            for to, call in self.calls[key].items():
                if to == key or (to in self.functions and key in self.reached(self.functions[to])):
                    yield function, call
                    break


def program(source: Source) -> Program:
    """The functions of `source`."""
    functions = {f.key: f for declared in source.declarations for f in _written(declared)}
    calls: dict[str, dict[str, Cursor]] = {}
    todo = list(functions.values())
    while todo:
        function = todo.pop()
        calls[function.key] = {}
        for call, to in _called(function):
            if not source.own(to):
                continue
            key = to.get_usr()
            calls[function.key].setdefault(key, call)
            body = _body(to)
            if key not in functions and body is not None:
                functions[key] = Function(to, body, dependent=False, written=False)
                todo.append(functions[key])
    return Program(functions, calls)


def _written(declared: Cursor) -> Iterator[Function]:
    for cursor in walk(declared):
        if cursor.kind in FUNCTIONS and (body := _body(cursor)) is not None:
            dependent = any(c.kind in _TEMPLATES for c in (cursor, *_around(cursor)))
            yield Function(cursor, body, dependent, written=True)


def _around(cursor: Cursor) -> Iterator[Cursor]:
    """The classes and namespaces that a declaration belongs to."""
    parent = cursor.semantic_parent
    while parent is not None:
        yield parent
        parent = parent.semantic_parent


def _called(function: Function) -> Iterator[tuple[Cursor, Cursor]]:
    """(call, the function) for the calls in a body whose function is known."""
    for cursor in function.nodes:
        if cursor.kind is not CursorKind.CALL_EXPR:
            continue
        to = cursor.referenced
        if to is None and (named := callee(cursor)) is not None:
            to = _only(named)
        if to is not None and to.kind in FUNCTIONS:
            yield cursor, to.get_definition() or to


def _only(named: Cursor) -> Cursor | None:
    """The function that a name in a template stands for, where there is but one of that name."""
    to = named.referenced
    if to is None or to.kind is not CursorKind.OVERLOADED_DECL_REF:
        return to
    return conf.lib.clang_getOverloadedDecl(to, 0) if conf.lib.clang_getNumOverloadedDecls(to) == 1 else None


def _body(function: Cursor) -> Cursor | None:
    return next((c for c in function.get_children() if c.kind is CursorKind.COMPOUND_STMT), None)

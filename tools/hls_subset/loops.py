"""Loops whose number of turns is known: `for (int i = 0; i < bound; ++i)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clang.cindex import Cursor, CursorKind, TypeKind

from tools.hls_subset.expressions import VARIABLES, operator, same, value, variable, walk

RUN_TIME = re.compile(r"samples(_\d+)?")
"""The parameters that a loop may turn as often as: the samples of a batch, which the host checks against the kernel's
most. The number behind it keeps it apart from what a user calls so."""
_INTEGERS = {
    TypeKind.INT, TypeKind.UINT, TypeKind.SHORT, TypeKind.USHORT, TypeKind.LONG, TypeKind.ULONG, TypeKind.LONGLONG,
    TypeKind.ULONGLONG, TypeKind.SCHAR, TypeKind.UCHAR,
}  # fmt: skip


def violations(loop: Cursor, dependent: bool) -> Iterator[tuple[Cursor, str]]:
    """(where, message) for each way in which the `for` statement `loop` may turn for ever, or no one knows how often.

    `dependent` says that template parameters are open.
    """
    parts = list(loop.get_children())
    if len(parts) != 4 or parts[0].kind is not CursorKind.DECL_STMT:
        yield (
            loop,
            "a for loop without a variable of its own, a bound or a step; expected for (int i = 0; i < bound; ++i)",
        )
        return
    declared = [c for c in parts[0].get_children() if c.kind is CursorKind.VAR_DECL]
    if len(declared) != 1 or declared[0].type.get_canonical().kind not in _INTEGERS:
        yield loop, "a for loop that does not count one integer; expected for (int i = 0; i < bound; ++i)"
        return
    counter = declared[0]
    initial = [c for c in counter.get_children() if c.kind.is_expression()]
    if len(initial) != 1 or not is_constant(initial[0], dependent):
        yield loop, f"the first {counter.spelling} is not a constant"
    yield from _step(parts[2], counter, dependent)
    yield from _bound(parts[1], counter, dependent)
    for place, how in changes(parts[3], counter):
        yield place, f"{counter.spelling} is {how} inside its loop; expected a step of the loop alone"


def run_time_bound(loop: Cursor) -> bool:
    """Whether a loop in code without open template parameters turns as often as a run says."""
    parts = list(loop.get_children())
    return len(parts) != 4 or value(list(parts[1].get_children())[-1]) is None


def is_run_time(parameter: Cursor) -> bool:
    """Whether loops may turn as often as a parameter says."""
    return RUN_TIME.fullmatch(parameter.spelling) is not None and parameter.type.get_canonical().kind in _INTEGERS


def is_constant(expression: Cursor, dependent: bool) -> bool:
    """Whether `expression` is a constant."""
    return (not dependent and value(expression) is not None) or _made_of_constants(expression, run_time=False)


def is_bound(expression: Cursor, dependent: bool) -> bool:
    """Whether `expression` is a constant, or is made of constants and the parameters of a run, also by functions."""
    return is_constant(expression, dependent) or _made_of_constants(expression, run_time=True)


def changes(body: Cursor, what: Cursor) -> Iterator[tuple[Cursor, str]]:
    """(where, how) for everything in `body` that may change the variable `what`."""
    for cursor in walk(body):
        sign = operator(cursor)
        first = next(iter(cursor.get_children()), None)
        if first is None:
            continue
        if (sign.endswith("=") and sign not in ("==", "!=", "<=", ">=")) or sign in ("++", "--"):
            if same(variable(first), what):
                yield cursor, "assigned"
        elif sign == "&" and cursor.kind is CursorKind.UNARY_OPERATOR and same(variable(first), what):
            yield cursor, "pointed to"
        elif cursor.kind is CursorKind.CALL_EXPR:
            to = cursor.referenced
            taken = [] if to is None else list(to.get_arguments())
            for argument, parameter in zip(cursor.get_arguments(), taken):
                kind = parameter.type.get_canonical()
                by_reference = kind.kind is TypeKind.LVALUEREFERENCE and not kind.get_pointee().is_const_qualified()
                if by_reference and same(variable(argument), what):
                    yield cursor, "passed by reference"


def _made_of_constants(expression: Cursor, run_time: bool) -> bool:
    return all(_fixed(cursor, run_time) for cursor in walk(expression))


def _fixed(cursor: Cursor, run_time: bool) -> bool:
    """Whether what a part of an expression names stays as it is. A function has no state, so its arguments decide."""
    to = cursor.referenced if cursor.kind in (CursorKind.DECL_REF_EXPR, CursorKind.MEMBER_REF_EXPR) else None
    if to is None or to.kind not in VARIABLES:
        return True
    if to.kind is CursorKind.PARM_DECL:
        return run_time and is_run_time(to)
    initial = [c for c in to.get_children() if c.kind.is_expression()]
    return bool(to.type.is_const_qualified()) and len(initial) == 1 and _made_of_constants(initial[0], run_time)


def _step(step: Cursor, counter: Cursor, dependent: bool) -> Iterator[tuple[Cursor, str]]:
    parts = list(step.get_children())
    sign = operator(step)
    if parts and same(variable(parts[0]), counter):
        if sign == "++":
            return
        if sign == "+=" and is_constant(parts[1], dependent) and (dependent or (value(parts[1]) or 0) > 0):
            return
    yield step, f"the step of {counter.spelling} is not ++ or += a positive constant"


def _bound(bound: Cursor, counter: Cursor, dependent: bool) -> Iterator[tuple[Cursor, str]]:
    parts = list(bound.get_children())
    if operator(bound) not in ("<", "<=") or not same(variable(parts[0]), counter):
        yield bound, f"the bound of {counter.spelling} is not {counter.spelling} < a constant"
    elif not is_bound(parts[1], dependent):
        message = "is known only while it runs; expected a constant, or samples of the top function and what it makes"
        yield bound, f"the bound of {counter.spelling} {message}"
    elif any(operator(cursor) in ("++", "--", "=") for cursor in walk(parts[1])):
        yield bound, f"the bound of {counter.spelling} changes while it is compared; expected a constant"

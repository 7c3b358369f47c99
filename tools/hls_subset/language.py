"""What C++ has and the subset has not: dynamic memory, virtual functions, exceptions, floating point and the like."""

from __future__ import annotations

from collections.abc import Iterator

from clang.cindex import Cursor, CursorKind, StorageClass, Type, TypeKind

from tools.hls_subset.expressions import FUNCTIONS, VARIABLES, callee, inner_type, is_const, is_virtual_base, walk

_KINDS = {
    CursorKind.CXX_NEW_EXPR: ("dynamic memory", "new; all memory of a design has a fixed size"),
    CursorKind.CXX_DELETE_EXPR: ("dynamic memory", "delete; all memory of a design has a fixed size"),
    CursorKind.CXX_TRY_STMT: ("exceptions", "try; hardware has no exceptions"),
    CursorKind.CXX_CATCH_STMT: ("exceptions", "catch; hardware has no exceptions"),
    CursorKind.CXX_THROW_EXPR: ("exceptions", "throw; hardware has no exceptions"),
    CursorKind.CXX_TYPEID_EXPR: ("virtual functions", "typeid; types are known when a design is compiled"),
    CursorKind.CXX_DYNAMIC_CAST_EXPR: ("virtual functions", "dynamic_cast; types are known when a design is compiled"),
    CursorKind.CXX_REINTERPRET_CAST_EXPR: ("pointers", "reinterpret_cast; a word is taken apart by range()"),
    CursorKind.LAMBDA_EXPR: ("function pointers", "a lambda; functions are called by their names"),
    CursorKind.GOTO_STMT: ("loops", "goto; expected a for loop with a bound"),
    CursorKind.INDIRECT_GOTO_STMT: ("loops", "goto; expected a for loop with a bound"),
    CursorKind.WHILE_STMT: ("loops", "while; expected a for loop with a bound"),
    CursorKind.DO_STMT: ("loops", "do; expected a for loop with a bound"),
    CursorKind.CXX_FOR_RANGE_STMT: ("loops", "a loop over a range; expected a for loop with a bound"),
    CursorKind.ASM_STMT: ("system calls", "asm; hardware has no processor"),
    CursorKind.FLOATING_LITERAL: ("floating point", "a floating-point number; everything is integers"),
}
_MEMORY = {"malloc", "calloc", "realloc", "free", "alloca"}
_FLOATS = {TypeKind.FLOAT, TypeKind.DOUBLE, TypeKind.LONGDOUBLE, TypeKind.HALF, TypeKind.FLOAT128}
_CALLED = {TypeKind.FUNCTIONPROTO, TypeKind.FUNCTIONNOPROTO, TypeKind.MEMBERPOINTER}
_TYPED = (*VARIABLES, CursorKind.TYPEDEF_DECL, CursorKind.TYPE_ALIAS_DECL)


def violations(root: Cursor) -> Iterator[tuple[Cursor, str, str]]:
    """(where, rule, message) for everything in the declaration `root` that cannot become hardware."""
    called: set[tuple[int, int]] = set()
    for cursor in walk(root):
        if cursor.kind in _KINDS:
            yield (cursor, *_KINDS[cursor.kind])
        if cursor.kind is CursorKind.CALL_EXPR:
            named = callee(cursor)
            if named is not None:
                called.add(_where(named))
            yield from _calls(cursor, named)
        elif cursor.kind is CursorKind.CXX_BASE_SPECIFIER:
            if is_virtual_base(cursor):
                yield cursor, "virtual functions", "a virtual base; types are known when a design is compiled"
        elif cursor.kind in FUNCTIONS:
            yield from _functions(cursor)
        elif cursor.kind in _TYPED:
            yield from _types(cursor, cursor.underlying_typedef_type if cursor.kind not in VARIABLES else cursor.type)
            if cursor.kind is CursorKind.VAR_DECL:
                yield from _state(cursor)
        elif cursor.kind.is_expression() and cursor.type.get_canonical().kind in _FLOATS:
            if cursor.kind is not CursorKind.FLOATING_LITERAL:
                yield cursor, "floating point", f"a value of type {cursor.type.spelling}; everything is integers"
        if cursor.kind in (CursorKind.DECL_REF_EXPR, CursorKind.MEMBER_REF_EXPR) and _where(cursor) not in called:
            to = cursor.referenced
            if to is not None and to.kind in FUNCTIONS and not to.spelling.startswith("operator"):
                yield cursor, "function pointers", f"the address of {to.spelling}; functions are called by their names"


def _calls(call: Cursor, named: Cursor | None) -> Iterator[tuple[Cursor, str, str]]:
    to = call.referenced if call.referenced is not None else named.referenced if named is not None else None
    if to is None:
        return
    if to.kind in VARIABLES:
        yield call, "function pointers", f"a call through {to.spelling}; functions are called by their names"
    elif to.spelling in _MEMORY:
        yield call, "dynamic memory", f"{to.spelling}; all memory of a design has a fixed size"
    elif to.kind is CursorKind.FUNCTION_DECL and to.get_definition() is None and not to.spelling.startswith("operator"):
        yield call, "system calls", f"a call of {to.spelling}, which has no body here; expected functions of the design"


def _functions(function: Cursor) -> Iterator[tuple[Cursor, str, str]]:
    if function.kind in (CursorKind.CXX_METHOD, CursorKind.DESTRUCTOR) and function.is_virtual_method():
        yield (
            function,
            "virtual functions",
            f"{function.spelling} is virtual; types are known when a design is compiled",
        )
    if function.kind is not CursorKind.FUNCTION_TEMPLATE and function.type.is_function_variadic():
        yield function, "system calls", f"{function.spelling} takes any number of arguments; expected those it has"
    result = inner_type(function.result_type)
    if result.kind in _FLOATS:
        yield function, "floating point", f"{function.spelling} gives {result.spelling}; everything is integers"
    if result.kind in _CALLED:
        yield (
            function,
            "function pointers",
            f"{function.spelling} gives a function; functions are called by their names",
        )


def _types(declared: Cursor, found: Type) -> Iterator[tuple[Cursor, str, str]]:
    inner = inner_type(found)
    if inner.kind in _FLOATS:
        yield declared, "floating point", f"{declared.spelling} is {inner.spelling}; everything is integers"
    if inner.kind in _CALLED and declared.kind in VARIABLES:
        yield (
            declared,
            "function pointers",
            f"{declared.spelling} points to a function; functions are called by their names",
        )
    outer = found.get_canonical()
    if outer.kind is TypeKind.POINTER and outer.get_pointee().get_canonical().kind is TypeKind.POINTER:
        yield declared, "pointers", f"{declared.spelling} is a pointer to a pointer; expected an array"


def _state(declared: Cursor) -> Iterator[tuple[Cursor, str, str]]:
    local = declared.semantic_parent is not None and declared.semantic_parent.kind in FUNCTIONS
    lasting = not local or declared.storage_class is StorageClass.STATIC
    if lasting and not is_const(declared.type):
        message = (
            f"{declared.spelling} outlives a call and is not const; expected nothing to stay from sample to sample"
        )
        yield declared, "state", message


def _where(cursor: Cursor) -> tuple[int, int]:
    return cursor.location.offset, cursor.extent.end.offset

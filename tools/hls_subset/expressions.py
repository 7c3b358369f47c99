"""What an expression refers to, which operator it is, and its value where it is a constant."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

from clang.cindex import Cursor, CursorKind, Type, TypeKind, _CXString, conf

_INT = 1  # CXEval_Int
_lib = conf.lib
_lib.clang_Cursor_Evaluate.argtypes = [Cursor]
_lib.clang_Cursor_Evaluate.restype = ctypes.c_void_p
_lib.clang_EvalResult_getKind.argtypes = [ctypes.c_void_p]
_lib.clang_EvalResult_getKind.restype = ctypes.c_int
_lib.clang_EvalResult_getAsLongLong.argtypes = [ctypes.c_void_p]
_lib.clang_EvalResult_getAsLongLong.restype = ctypes.c_longlong
_lib.clang_EvalResult_dispose.argtypes = [ctypes.c_void_p]
_lib.clang_EvalResult_dispose.restype = None
_lib.clang_isVirtualBase.argtypes = [Cursor]
_lib.clang_isVirtualBase.restype = ctypes.c_uint
for _kind in ("Binary", "Unary"):
    getattr(_lib, f"clang_getCursor{_kind}OperatorKind").argtypes = [Cursor]
    getattr(_lib, f"clang_getCursor{_kind}OperatorKind").restype = ctypes.c_int
    getattr(_lib, f"clang_get{_kind}OperatorKindSpelling").argtypes = [ctypes.c_int]
    getattr(_lib, f"clang_get{_kind}OperatorKindSpelling").restype = _CXString
    getattr(_lib, f"clang_get{_kind}OperatorKindSpelling").errcheck = _CXString.from_result

WRAPPERS = (
    CursorKind.UNEXPOSED_EXPR, CursorKind.PAREN_EXPR, CursorKind.CSTYLE_CAST_EXPR, CursorKind.CXX_STATIC_CAST_EXPR,
    CursorKind.CXX_FUNCTIONAL_CAST_EXPR,
)  # fmt: skip
REFERENCES = (CursorKind.DECL_REF_EXPR, CursorKind.MEMBER_REF_EXPR)
FUNCTIONS = (
    CursorKind.FUNCTION_DECL, CursorKind.CXX_METHOD, CursorKind.CONSTRUCTOR, CursorKind.DESTRUCTOR,
    CursorKind.CONVERSION_FUNCTION, CursorKind.FUNCTION_TEMPLATE,
)  # fmt: skip
VARIABLES = (CursorKind.VAR_DECL, CursorKind.PARM_DECL, CursorKind.FIELD_DECL)
_THROUGH = (TypeKind.POINTER, TypeKind.LVALUEREFERENCE, TypeKind.RVALUEREFERENCE)
_ARRAYS = (TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY, TypeKind.VARIABLEARRAY, TypeKind.DEPENDENTSIZEDARRAY)


def value(expression: Cursor) -> int | None:
    """The integer that `expression` is in every run, or None. Not for what depends on template parameters."""
    result = _lib.clang_Cursor_Evaluate(expression)
    if not result:
        return None
    try:
        return (
            int(_lib.clang_EvalResult_getAsLongLong(result)) if _lib.clang_EvalResult_getKind(result) == _INT else None
        )
    finally:
        _lib.clang_EvalResult_dispose(result)


def operator(expression: Cursor) -> str:
    """`<`, `+=`, `++` and so on for a built-in operator; empty for anything else."""
    if expression.kind in (CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR):
        return str(_lib.clang_getBinaryOperatorKindSpelling(_lib.clang_getCursorBinaryOperatorKind(expression)))
    if expression.kind is CursorKind.UNARY_OPERATOR:
        return str(_lib.clang_getUnaryOperatorKindSpelling(_lib.clang_getCursorUnaryOperatorKind(expression)))
    return ""


def bare(expression: Cursor) -> Cursor:
    """`expression` without parentheses, casts and conversions around it."""
    while expression.kind in WRAPPERS:
        inner = [c for c in expression.get_children() if c.kind.is_expression()]
        if len(inner) != 1:
            return expression
        expression = inner[0]
    return expression


def variable(expression: Cursor) -> Cursor | None:
    """The variable that `expression` is, or is an element of; else None."""
    found = bare(expression)
    while found.kind is CursorKind.ARRAY_SUBSCRIPT_EXPR:
        found = bare(next(iter(found.get_children())))
    if found.kind is CursorKind.DECL_REF_EXPR and found.referenced is not None:
        return found.referenced if found.referenced.kind in VARIABLES else None
    return None


def is_virtual_base(base: Cursor) -> bool:
    return bool(_lib.clang_isVirtualBase(base))


def same(one: Cursor | None, other: Cursor | None) -> bool:
    """Whether both are the same declaration; two that are missing are not."""
    return one is not None and other is not None and one == other


def callee(call: Cursor) -> Cursor | None:
    """The reference in `call` that names the function, if one does."""
    first = next(iter(call.get_children()), None)
    found = None if first is None else bare(first)
    if found is None or found.kind not in REFERENCES:
        return None
    to, called = found.referenced, call.referenced
    if called is None and to is not None and to.kind in VARIABLES:
        return None  # T(x), where T is open
    return found if to is None or called is None or same(to, called) else None


def inner_type(found: Type) -> Type:
    """The canonical type behind pointers, references and arrays."""
    found = found.get_canonical()
    while True:
        if found.kind in _THROUGH:
            found = found.get_pointee().get_canonical()
        elif found.kind in _ARRAYS:
            found = found.get_array_element_type().get_canonical()
        else:
            return found


def rank(found: Type) -> int:
    """How many dimensions an array, or a reference to one, has; 0 for anything else."""
    found = found.get_canonical()
    if found.kind in (TypeKind.LVALUEREFERENCE, TypeKind.RVALUEREFERENCE):
        found = found.get_pointee().get_canonical()
    count = 0
    while found.kind in _ARRAYS:
        found = found.get_array_element_type().get_canonical()
        count += 1
    return count


def is_const(found: Type) -> bool:
    """Whether a value, or every element of an array, is constant."""
    found = found.get_canonical()
    while not found.is_const_qualified() and found.kind in _ARRAYS:
        found = found.get_array_element_type().get_canonical()
    return bool(found.is_const_qualified())


def is_stream(found: Type) -> bool:
    """Whether a type is hls::stream, or references or arrays of it."""
    return str(inner_type(found).spelling).removeprefix("const ").startswith("hls::stream<")


def walk(cursor: Cursor) -> Iterator[Cursor]:
    """`cursor` and everything inside, in the order of the text."""
    todo = [cursor]
    while todo:
        found = todo.pop()
        yield found
        todo += reversed(list(found.get_children()))

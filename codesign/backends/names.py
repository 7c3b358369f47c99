"""Names for generated code: the user's where possible, never a keyword, never the same twice."""

from __future__ import annotations

from collections.abc import Iterable

from codesign.backends.render import identifier


class Names:
    """Gives each name once; HLS tools rename what is a keyword only in Verilog or VHDL by themselves."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = {*RESERVED, *reserved}

    def unique(self, wanted: str) -> str:
        """`wanted`, or `wanted_2`, `wanted_3`, ...; IRError if it is not an identifier."""
        name, k = identifier(wanted), 2
        while name in self._taken:
            name, k = f"{wanted}_{k}", k + 1
        self._taken.add(name)
        return name


_WORDS = """
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default
    delete do double dynamic_cast else enum explicit export extern false final float for friend goto if import inline
    int long module mutable namespace new noexcept not not_eq nullptr operator or or_eq override private protected
    public register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast
    struct switch template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual
    void volatile wchar_t while xor xor_eq

    codes codesign_high_water codesign_run codesign_kernel_run codesign_memory memory_word
    ap_fixed ap_int ap_private ap_ufixed ap_uint codesign half hls main ssdm_int std

    EOF EXIT_FAILURE EXIT_SUCCESS FILE INFINITY M_E M_PI NAN NULL RAND_MAX assert environ errno linux max_align_t
    nullptr_t off_t offsetof ptrdiff_t size_t ssize_t stderr stdin stdout time_t timezone daylight tzname unix va_arg
    va_copy va_end va_list va_start div_t ldiv_t lldiv_t fpos_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t
    uint64_t intptr_t uintptr_t intmax_t uintmax_t signgam isnan isinf isfinite isnormal signbit fpclassify
    """

RESERVED = frozenset(_WORDS.split())
"""Keywords of C++, and the macros, types and variables that headers put where a function of that name cannot be."""

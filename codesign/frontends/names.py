"""Names from a model file made into identifiers that every generated language takes."""

import re

LONGEST = 48
"""Characters of a name: vendor tools append much to it, and paths have limits."""

LONGEST_ORIGIN = 200
"""Characters of a user's spelling that are kept for messages and reports."""


class Names:
    """Gives each text a name that no other has, upper and lower case counted as equal (as VHDL does)."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, text: str, kind: str = "node") -> str:
        """The identifier for `text`, with a number behind it if taken; `kind` helps where `text` is no name."""
        base = name = identifier(text, kind)
        count = 1
        while name.lower() in self._taken:
            count += 1
            name = f"{base[: LONGEST - len(str(count)) - 1].rstrip('_')}_{count}"
        self._taken.add(name.lower())
        return name


def identifier(text: str, kind: str = "node") -> str:
    """`text` as a name in C++, SystemVerilog, VHDL and Tcl: letters, digits, single underscores, a letter first.

    >>> identifier("/1/linear1/Gemm", "Gemm")
    'Gemm_1_linear1_Gemm'
    """
    head = text[: 4 * LONGEST]  # a hostile name may be megabytes long
    name = re.sub(r"[^A-Za-z0-9]+", "_", head).strip("_")
    if not name or not name[0].isalpha() or name.lower() in _RESERVED:
        name = f"{_kind(kind)}_{name}".strip("_")
    return name[:LONGEST].rstrip("_")


def _kind(kind: str) -> str:
    word = re.sub(r"[^A-Za-z0-9]+", "", kind[:LONGEST])
    return word if word[:1].isalpha() and word.lower() not in _RESERVED else "node"


def spelled(text: str) -> str:
    """`text` for messages and reports: as the file has it, control characters escaped, shortened if very long."""
    head = text[:LONGEST_ORIGIN]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in head)
    return shown if len(text) <= LONGEST_ORIGIN else f"{shown}... ({len(text)} characters)"


# C++ keywords and alternative tokens, SystemVerilog and VHDL keywords, and names that the vendor headers
# and the C library own (some of them macros, which no scope protects from). Lower case: compared so.
_WORDS = """
    alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool break case catch
    char char8_t char16_t char32_t class compl concept const consteval constexpr constinit const_cast continue
    co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit export extern false
    float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq
    private protected public reflexpr register reinterpret_cast requires restrict return short signed sizeof static
    static_assert static_cast struct switch synchronized template this thread_local throw true try typedef typeid
    typename union unsigned using virtual void volatile wchar_t while xor xor_eq

    accept_on alias always always_comb always_ff always_latch assert assign assume automatic before begin bind bins
    binsof bit buf bufif0 bufif1 byte casex casez cell chandle checker clocking cmos config constraint context cover
    covergroup coverpoint cross deassign defparam design disable dist edge end endcase endchecker endclass endclocking
    endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram endproperty
    endspecify endsequence endtable endtask event eventually expect extends final first_match force foreach forever
    fork forkjoin function generate genvar global highz0 highz1 iff ifnone ignore_bins illegal_bins implements implies
    import incdir include initial inout input inside instance integer interconnect interface intersect join join_any
    join_none large let liblist library local localparam logic longint macromodule matches medium modport module nand
    negedge nettype nexttime nmos nor noshowcancelled notif0 notif1 null output package packed parameter pmos posedge
    primitive priority program property pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand
    randc randcase randsequence rcmos real realtime ref reg reject_on release repeat rnmos rpmos rtran rtranif0
    rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled
    small soft solve specify specparam string strong strong0 strong1 super supply0 supply1 sync_accept_on
    sync_reject_on table tagged task time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior
    trireg type uninterconnect unique unique0 until until_with untyped use uwire var vectored vmm wait wait_order wand
    weak weak0 weak1 wildcard wire with within wor xnor

    abs access after all architecture array attribute block body buffer bus component configuration constant disconnect
    downto elsif entity exit file generic group guarded impure in is label linkage literal loop map mod next of on open
    others out pending port postponed procedure process protected range record rem report rol ror select severity
    shared signal sla sll sra srl subtype then to transport unaffected units until variable when

    ap_axis ap_axiu ap_clk ap_ctrl ap_done ap_fixed ap_idle ap_int ap_ready ap_rst ap_start ap_ufixed ap_uint assert
    complex eof errno hls i inf infinity isfinite isnan linux main math max min nan offsetof pi
    printf proc puts exec source eval set simd pe stderr stdin stdout std stream top unix
    axi clk clock reset rst testbench
"""
_RESERVED = frozenset(_WORDS.split())

"""A source inside the HLS subset, and what is planted: that source changed, or one of its own."""

from __future__ import annotations

from dataclasses import dataclass

CLEAN = """\
#include <ap_int.h>
#include <hls_stream.h>
typedef ap_uint<8> word;
static const ap_int<4> weights[2][3] = {{1, 2, 3}, {4, 5, 6}};
template <class C, int N> void twice(hls::stream<C>& in, hls::stream<C>& out) {
#pragma HLS INLINE
beat:
    for (int i = 0; i < N; ++i) {
#pragma HLS PIPELINE II=1
        C x = in.read();
        for (int k = 0; k < 2; ++k) {
#pragma HLS UNROLL
            x = C(x + x);
        }
        out.write(x);
    }
}
static void first(hls::stream<word>& in, hls::stream<word>& out) {
#pragma HLS ARRAY_RESHAPE variable=weights complete dim=2
    twice<word, 4>(in, out);
}
static void second(hls::stream<word>& in, hls::stream<word>& out) {
    twice<word, 4>(in, out);
}
void top(hls::stream<word>& x, hls::stream<word>& y) {
#pragma HLS INTERFACE axis port=x
#pragma HLS INTERFACE axis port=y
#pragma HLS INTERFACE ap_ctrl_hs port=return
#pragma HLS DATAFLOW
    hls::stream<word> between("between");
#pragma HLS STREAM variable=between depth=2
    first(x, between);
    second(between, y);
}
"""
"""Nothing is said of it."""


@dataclass(frozen=True)
class Planted:
    """`expected` is what is said of `source`, or, where that is empty, of CLEAN with `new` in the place of `old`."""

    expected: tuple[str, ...]
    source: str = ""
    old: str = ""
    new: str = ""

    @property
    def text(self) -> str:
        if self.source:
            return self.source
        assert CLEAN.count(self.old) == 1, self.old
        return CLEAN.replace(self.old, self.new)


def code(source: str, *expected: str) -> Planted:
    return Planted(expected, source=source)


def changed(old: str, new: str, *expected: str) -> Planted:
    return Planted(expected, old=old, new=new)

// Element k of the result is element source[k] of the sample.
#ifndef CODESIGN_PERMUTE_HPP
#define CODESIGN_PERMUTE_HPP

#include "types.hpp"

namespace codesign {

// C: beats, size (elements); x (beats), index (codes). Called from a DATAFLOW function, so that fill and drain run side
// by side on the two halves of a ping-pong buffer: one half takes a sample while the other gives the last.
template <class C, class In> void permute_fill(In& in, typename C::x::type buffer[C::size]) {
beat:
    for (int b = 0; b < C::beats; ++b) {
#pragma HLS PIPELINE II=1
        const typename C::x::word x = C::x::read(in);
        for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
            buffer[b * C::x::lanes + l] = C::x::get(x, l);
        }
    }
}

template <class C, class Out>
void permute_drain(const typename C::x::type buffer[C::size], Out& out,
                   const typename C::index::rom source[C::beats][C::x::lanes]) {
beat:
    for (int b = 0; b < C::beats; ++b) {
#pragma HLS PIPELINE II=1
        typename C::x::word y;
        for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
            C::x::set(y, l, buffer[int(source[b][l])]);
        }
        C::x::write(out, y);
    }
}

// One lane: the buffer is a memory.
template <class C, class In, class Out>
void permute(In& in, Out& out, const typename C::index::rom source[C::beats][C::x::lanes]) {
#pragma HLS INLINE
    typename C::x::type buffer[C::size];
    permute_fill<C>(in, buffer);
    permute_drain<C>(buffer, out, source);
}

// Several lanes, each of which may need any element: the buffer is registers.
template <class C, class In, class Out>
void permute_lanes(In& in, Out& out, const typename C::index::rom source[C::beats][C::x::lanes]) {
#pragma HLS INLINE
    typename C::x::type buffer[C::size];
#pragma HLS ARRAY_PARTITION variable=buffer complete dim=0
    permute_fill<C>(in, buffer);
    permute_drain<C>(buffer, out, source);
}

}  // namespace codesign

#endif

// The channels of two streams behind each other, or some of those of one.
#ifndef CODESIGN_CONCAT_HPP
#define CODESIGN_CONCAT_HPP

#include <hls_stream.h>

#include "types.hpp"

namespace codesign {

// The elements of a beat in a type that holds them.
template <class From, class To> typename To::word recoded(const typename From::word& x) {
#pragma HLS INLINE
    typename To::word y;
    for (int l = 0; l < To::lanes; ++l) {
#pragma HLS UNROLL
        To::set(y, l, typename To::type(From::get(x, l)));
    }
    return y;
}

// C: positions, folds (beats per position), first (those of the first stream); x, y, z (beats of the same lanes).
template <class C>
void append(hls::stream<typename C::x::word>& one, hls::stream<typename C::y::word>& other,
            hls::stream<typename C::z::word>& out) {
#pragma HLS INLINE
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            if (f < C::first) {
                out.write(recoded<typename C::x, typename C::z>(one.read()));
            } else {
                out.write(recoded<typename C::y, typename C::z>(other.read()));
            }
        }
    }
}

// C: positions, folds (beats per position), start, stop; x, y (beats of the same lanes).
template <class C> void pick(hls::stream<typename C::x::word>& in, hls::stream<typename C::y::word>& out) {
#pragma HLS INLINE
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = in.read();
            if (f >= C::start && f < C::stop) out.write(recoded<typename C::x, typename C::y>(x));
        }
    }
}

}  // namespace codesign

#endif

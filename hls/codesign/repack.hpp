// The same elements in beats of another number of lanes; one of the two numbers divides the other.
#ifndef CODESIGN_REPACK_HPP
#define CODESIGN_REPACK_HPP

#include "types.hpp"

namespace codesign {

// C: beats (of the wider stream), ratio; x, y (beats). Gathers `ratio` beats of x into one of y.
template <class C, class In, class Out> void widen(In& in, Out& out) {
#pragma HLS INLINE
    typename C::y::word y;
beat:
    for (int b = 0; b < C::beats; ++b) {
    part:
        for (int r = 0; r < C::ratio; ++r) {
#pragma HLS PIPELINE II=1
            C::y::template push<typename C::x>(y, C::x::read(in), r);
            if (r == C::ratio - 1) C::y::write(out, y);
        }
    }
}

// The same C. Splits each beat of x into `ratio` of y.
template <class C, class In, class Out> void narrow(In& in, Out& out) {
#pragma HLS INLINE
    typename C::x::word x;
beat:
    for (int b = 0; b < C::beats; ++b) {
    part:
        for (int r = 0; r < C::ratio; ++r) {
#pragma HLS PIPELINE II=1
            if (r == 0) x = C::x::read(in);
            C::y::write(out, C::x::template pop<typename C::y>(x, r));
        }
    }
}

}  // namespace codesign

#endif

// Requantization by a shift: y = clip(round((x + bias) / 2^right), low, high), or * 2^left.
#ifndef CODESIGN_SHIFT_HPP
#define CODESIGN_SHIFT_HPP

#include "types.hpp"

namespace codesign {

// C: beats; x, y (beats), wide (a code that holds every intermediate result); bias, half, low, high; right, left (one
// of them is 0); even (round half to even, else towards minus infinity); clip_low, clip_high (whether x can get there).
template <class C, class In, class Out> void shift(In& in, Out& out) {
#pragma HLS INLINE
    typedef typename C::wide::type wide;
beat:
    for (int b = 0; b < C::beats; ++b) {
#pragma HLS PIPELINE II=1
        const typename C::x::word x = C::x::read(in);
        typename C::y::word y;
        for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
            wide v = wide(C::x::get(x, l)) + wide(C::bias);
            if (C::even) {
                const wide odd = wide(v >> C::right) & wide(1);
                v = wide(v + wide(C::half) + odd);
            }
            v = wide(wide(v >> C::right) << C::left);
            if (C::clip_low && v < wide(C::low)) v = wide(C::low);
            if (C::clip_high && v > wide(C::high)) v = wide(C::high);
            C::y::set(y, l, typename C::y::type(v));
        }
        C::y::write(out, y);
    }
}

}  // namespace codesign

#endif

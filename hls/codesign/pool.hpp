// The largest or the sum of each channel over a number of pixels.
#ifndef CODESIGN_POOL_HPP
#define CODESIGN_POOL_HPP

#include "types.hpp"

namespace codesign {

// C: positions, taps (beats per position), folds (beats per pixel), beside (pixels in a beat); x, y (beats of
// beside * lanes and lanes; y holds every partial sum); largest (else the sum).
template <class C, class In, class Out> void pool(In& in, Out& out) {
#pragma HLS INLINE
    typedef typename C::y::type value;
    typedef typename C::y::element::sum sum;
    value kept[C::folds][C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=kept complete dim=0
position:
    for (int position = 0; position < C::positions; ++position) {
    tap:
        for (int t = 0; t < C::taps; ++t) {
        fold:
            for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
                const typename C::x::word x = C::x::read(in);
                typename C::y::word y;
                for (int l = 0; l < C::y::lanes; ++l) {
#pragma HLS UNROLL
                    value next = kept[f][l];
                    for (int s = 0; s < C::beside; ++s) {
#pragma HLS UNROLL
                        const value now = value(C::x::get(x, s * C::y::lanes + l));
                        const value before = next;
                        if (t == 0 && s == 0) next = now;
                        else if (C::largest) next = before > now ? before : now;
                        else next = value(sum(before) + sum(now));
                    }
                    kept[f][l] = next;
                    C::y::set(y, l, next);
                }
                if (t == C::taps - 1) C::y::write(out, y);
            }
        }
    }
}

}  // namespace codesign

#endif

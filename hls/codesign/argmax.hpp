// The first index of the largest element of each position.
#ifndef CODESIGN_ARGMAX_HPP
#define CODESIGN_ARGMAX_HPP

#include "types.hpp"

namespace codesign {

// C: positions, folds (channels / lanes); x (beats), y (beats of one lane, which holds the last index).
template <class C, class In, class Out> void argmax(In& in, Out& out) {
#pragma HLS INLINE
    typedef typename C::x::type value;
    typedef typename C::y::type index;
    value best = 0;
    index best_index = 0;
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = C::x::read(in);
            // The best of the beat first, so that only one comparison lies between two cycles.
            value most = C::x::get(x, 0);
            index where = index(f * C::x::lanes);
            for (int l = 1; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                if (C::x::get(x, l) > most) {
                    most = C::x::get(x, l);
                    where = index(f * C::x::lanes + l);
                }
            }
            if (f == 0 || most > best) {
                best = most;
                best_index = where;
            }
            if (f == C::folds - 1) {
                typename C::y::word y;
                C::y::set(y, 0, best_index);
                C::y::write(out, y);
            }
        }
    }
}

}  // namespace codesign

#endif

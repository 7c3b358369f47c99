// Requantization by comparisons: y = base[c] + count(x >= levels[c]), or base[c] - count.
#ifndef CODESIGN_THRESHOLDS_HPP
#define CODESIGN_THRESHOLDS_HPP

#include "types.hpp"

namespace codesign {

// C: positions, folds (channels / lanes), steps; x, y (beats); level, base, fall, count (codes), wide (a code for every x
// and the number above the largest, where a level is never reached); how many folds and lanes the arrays have (1 where
// all channels agree); rising, falling (whether all channels rise, or all fall; if neither, those fall whose `fall` is 1).
template <class C, class In, class Out>
void thresholds(In& in, Out& out,
                const typename C::level::rom levels[C::level_folds][C::steps][C::level_lanes],
                const typename C::base::rom base[C::base_folds][C::base_lanes],
                const typename C::fall::rom fall[C::fall_folds][C::fall_lanes]) {
#pragma HLS INLINE
    typedef typename C::wide::type wide;
    typedef typename C::count::type count_type;
    typedef typename C::y::element::sum sum;
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = C::x::read(in);
            typename C::y::word y;
            count_type count[C::x::lanes];
#pragma HLS ARRAY_PARTITION variable=count complete dim=0
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                count[l] = 0;
            }
            for (int k = 0; k < C::steps; ++k) {
#pragma HLS UNROLL
                for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                    const wide t = wide(levels[C::level_folds > 1 ? f : 0][k][C::level_lanes > 1 ? l : 0]);
                    count[l] = count_type(count[l] + count_type(wide(C::x::get(x, l)) >= t));
                }
            }
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                const sum start = sum(base[C::base_folds > 1 ? f : 0][C::base_lanes > 1 ? l : 0]);
                const bool down =
                    C::falling ||
                    (!C::rising && fall[C::fall_folds > 1 ? f : 0][C::fall_lanes > 1 ? l : 0] != 0);
                const sum passed = sum(count[l]);
                C::y::set(y, l, typename C::y::type(down ? sum(start - passed) : sum(start + passed)));
            }
            C::y::write(out, y);
        }
    }
}

}  // namespace codesign

#endif

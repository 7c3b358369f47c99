// Requantization by a multiplication: y = clip((x * multiplier[c] + addend[c]) >> right, low, high).
#ifndef CODESIGN_MULTIPLY_SHIFT_HPP
#define CODESIGN_MULTIPLY_SHIFT_HPP

#include "types.hpp"

namespace codesign {

// C: positions, folds (channels / lanes); x, y (beats); multiplier, addend (codes) and how many folds and lanes their
// arrays have (1 where all channels agree); wide (a code that holds every intermediate result); right, low, high;
// clip_low, clip_high (whether x can get there).
template <class C, class In, class Out>
void multiply_shift(In& in, Out& out,
                    const typename C::multiplier::rom multiplier[C::multiplier_folds][C::multiplier_lanes],
                    const typename C::addend::rom addend[C::addend_folds][C::addend_lanes]) {
#pragma HLS INLINE
    typedef typename C::wide::type wide;
    typedef typename C::wide::sum sum;
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = C::x::read(in);
            typename C::y::word y;
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                const typename C::multiplier::type m =
                    multiplier[C::multiplier_folds > 1 ? f : 0][C::multiplier_lanes > 1 ? l : 0];
                const sum a = sum(addend[C::addend_folds > 1 ? f : 0][C::addend_lanes > 1 ? l : 0]);
                const sum scaled = product<typename C::wide, typename C::x::element, typename C::multiplier>(
                    C::x::get(x, l), m);
                wide v = wide(wide(scaled + a) >> C::right);
                if (C::clip_low && v < wide(C::low)) v = wide(C::low);
                if (C::clip_high && v > wide(C::high)) v = wide(C::high);
                C::y::set(y, l, typename C::y::type(v));
            }
            C::y::write(out, y);
        }
    }
}

}  // namespace codesign

#endif

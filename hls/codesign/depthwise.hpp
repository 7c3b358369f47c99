// The convolution of each channel with weights of its own.
#ifndef CODESIGN_DEPTHWISE_HPP
#define CODESIGN_DEPTHWISE_HPP

#include "types.hpp"

namespace codesign {

// C: multiplier (fabric, slice, slices); positions, folds (beats per pixel), taps (beats of a fold), beside
// (taps in a beat), each (results per channel), products (beside * lanes of y); x, y (beats of beside * lanes and
// lanes * each), weight, bias (codes). The beats of a position come fold by fold, those of a fold one after the other.
// Word f * taps + t of the weights holds in lane (s * lanes + l) * each + j the weight of tap t * beside + s.
template <class C, bool Biased, class In, class Out>
void depthwise_loop(In& in, Out& out,
                    const typename C::weight::rom weights[C::folds * C::taps][C::products],
                    const typename C::bias::rom bias[Biased ? C::folds : 1][C::y::lanes]) {
#pragma HLS INLINE
    typedef typename C::y::element accumulator;
    typedef typename accumulator::sum sum;
    sum partial[C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=partial complete dim=0

position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
        tap:
            for (int t = 0; t < C::taps; ++t) {
#pragma HLS PIPELINE II=1
                const typename C::x::word x = C::x::read(in);
                typename C::y::word y;
                for (int p = 0; p < C::y::lanes; ++p) {
#pragma HLS UNROLL
                    const sum start = Biased ? sum(bias[Biased ? f : 0][p]) : sum(0);
                    sum tree = 0;
                    for (int s = 0; s < C::beside; ++s) {
#pragma HLS UNROLL
                        tree += C::multiplier::template product<accumulator, typename C::x::element,
                                                                typename C::weight>(
                            C::x::get(x, (s * C::y::lanes + p) / C::each),
                            weights[f * C::taps + t][s * C::y::lanes + p]);
                    }
                    partial[p] = (t == 0 ? start : partial[p]) + tree;
                    C::y::set(y, p, accumulator::code(partial[p]));
                }
                if (t == C::taps - 1) C::y::write(out, y);
            }
        }
    }
}

template <class C, class In, class Out>
void depthwise(In& in, Out& out,
               const typename C::weight::rom weights[C::folds * C::taps][C::products],
               const typename C::bias::rom bias[C::folds][C::y::lanes]) {
#pragma HLS INLINE
    depthwise_loop<C, true>(in, out, weights, bias);
}

template <class C, class In, class Out>
void depthwise(In& in, Out& out, const typename C::weight::rom weights[C::folds * C::taps][C::products]) {
#pragma HLS INLINE
    const typename C::bias::rom none[1][C::y::lanes] = {{0}};
    depthwise_loop<C, false>(in, out, weights, none);
}

}  // namespace codesign

#endif

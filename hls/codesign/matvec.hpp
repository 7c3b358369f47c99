// The folded matrix-vector product: y = x * W + b on pe x simd multipliers.
#ifndef CODESIGN_MATVEC_HPP
#define CODESIGN_MATVEC_HPP

#include "pragmas.hpp"
#include "types.hpp"

namespace codesign {

// C: positions, in_folds, out_folds; x and y (beats of simd and pe lanes), weight, bias (codes).
//
// Output fold after output fold; the first one computes while it reads, the others take the vector from the buffer:
//   fold 0: read x[0] read x[1] ... -> y[0]    fold 1: x[0] x[1] ... (buffer) -> y[1]    ...
// Word f * in_folds + s of the weights holds the weight of input lane i for output lane p in lane p * simd + i.
template <class C, bool Biased, class In, class Out>
void matvec_loop(In& in, Out& out,
                 const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                 const typename C::bias::rom bias[Biased ? C::out_folds : 1][C::y::lanes]) {
#pragma HLS INLINE
    typedef typename C::y::element accumulator;
    typedef typename accumulator::sum sum;
    typename C::x::word buffer[C::in_folds];
    sum partial[C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=partial complete dim=0

position:
    for (int position = 0; position < C::positions; ++position) {
    output_fold:
        for (int f = 0; f < C::out_folds; ++f) {
        input_fold:
            for (int s = 0; s < C::in_folds; ++s) {
#pragma HLS PIPELINE II=1
                typename C::x::word x;
                if (f == 0) {
                    x = C::x::read(in);
                    buffer[s] = x;
                } else {
                    x = buffer[s];
                }
                for (int p = 0; p < C::y::lanes; ++p) {
#pragma HLS UNROLL
                    // The tree of products first, so that only one addition lies between two cycles.
                    sum tree = 0;
                    for (int i = 0; i < C::x::lanes; ++i) {
#pragma HLS UNROLL
                        tree += product<accumulator, typename C::x::element, typename C::weight>(
                            C::x::get(x, i), weights[f * C::in_folds + s][p * C::x::lanes + i]);
                    }
                    const sum start = Biased ? sum(bias[Biased ? f : 0][p]) : sum(0);
                    partial[p] = (s == 0 ? start : partial[p]) + tree;
                }
                if (s == C::in_folds - 1) {
                    typename C::y::word y;
                    for (int p = 0; p < C::y::lanes; ++p) {
#pragma HLS UNROLL
                        C::y::set(y, p, typename C::y::type(partial[p]));
                    }
                    C::y::write(out, y);
                }
            }
        }
    }
}

template <class C, class In, class Out>
void matvec(In& in, Out& out,
            const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
            const typename C::bias::rom bias[C::out_folds][C::y::lanes]) {
#pragma HLS INLINE
    matvec_loop<C, true>(in, out, weights, bias);
}

template <class C, class In, class Out>
void matvec(In& in, Out& out,
            const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes]) {
#pragma HLS INLINE
    const typename C::bias::rom none[1][C::y::lanes] = {{0}};
    matvec_loop<C, false>(in, out, weights, none);
}

}  // namespace codesign

#endif

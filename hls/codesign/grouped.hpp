// The folded product with a block-diagonal matrix: y = x * W + b for each group of channels, on pe x simd multipliers.
#ifndef CODESIGN_GROUPED_HPP
#define CODESIGN_GROUPED_HPP

#include "matvec.hpp"
#include "pragmas.hpp"
#include "types.hpp"

namespace codesign {

// C: multiplier; positions, groups, folds (beats of results of a group), out_folds (of all groups), in_folds; x and y
// (beats of simd and pe lanes), weight, bias (codes).
//
// Group after group as `matvec` does it: its first fold computes while it reads, the others take the vector from the
// buffer. The weights of a group lie behind those of the one before.
template <class C, bool Biased, class In, class Out>
void grouped_loop(In& in, Out& out,
                  const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                  const typename C::bias::rom bias[Biased ? C::out_folds : 1][C::y::lanes]) {
#pragma HLS INLINE
    typename C::x::word buffer[C::in_folds];
    typename C::y::element::sum partial[C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=partial complete dim=0

position:
    for (int position = 0; position < C::positions; ++position) {
    group:
        for (int g = 0; g < C::groups; ++g) {
        output_fold:
            for (int f = 0; f < C::folds; ++f) {
            input_fold:
                for (int s = 0; s < C::in_folds; ++s) {
#pragma HLS PIPELINE II=1
                    const typename C::x::word x = input<C>(in, buffer, s, f == 0);
                    const int fold = g * C::folds + f;
                    accumulate<C, Biased>(x, weights, bias, fold * C::in_folds + s, fold, s == 0, partial);
                    if (s == C::in_folds - 1) C::y::write(out, results<C>(partial));
                }
            }
        }
    }
}

template <class C, class In, class Out>
void grouped(In& in, Out& out,
             const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
             const typename C::bias::rom bias[C::out_folds][C::y::lanes]) {
#pragma HLS INLINE
    grouped_loop<C, true>(in, out, weights, bias);
}

template <class C, class In, class Out>
void grouped(In& in, Out& out,
             const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes]) {
#pragma HLS INLINE
    const typename C::bias::rom none[1][C::y::lanes] = {{0}};
    grouped_loop<C, false>(in, out, weights, none);
}

}  // namespace codesign

#endif

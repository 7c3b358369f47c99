// The folded matrix-vector product: y = x * W + b on pe x simd multipliers.
#ifndef CODESIGN_MATVEC_HPP
#define CODESIGN_MATVEC_HPP

#include "pragmas.hpp"
#include "types.hpp"

namespace codesign {

// For each output the sum of the products of one beat, each made by a multiplier of its own.
// C: multiplier (fabric, slice, slices); in_folds, out_folds; x and y (beats of simd and pe lanes), weight (code).
template <class C, class Multiplier> struct products {
    typedef typename C::y::element accumulator;
    typedef typename accumulator::sum sum;

    static void add_up(const typename C::x::word& x,
                       const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                       int word, sum tree[C::y::lanes]) {
#pragma HLS INLINE
        for (int p = 0; p < C::y::lanes; ++p) {
#pragma HLS UNROLL
            sum s = 0;
            for (int i = 0; i < C::x::lanes; ++i) {
#pragma HLS UNROLL
                s += Multiplier::template product<accumulator, typename C::x::element, typename C::weight>(
                    C::x::get(x, i), weights[word][p * C::x::lanes + i]);
            }
            tree[p] = s;
        }
    }
};

// The same, two outputs at a time sharing the multiplier of an input; an odd one is left with its own.
template <class C, int Shift> struct products<C, shared_slice<Shift> > {
    typedef typename C::y::element accumulator;
    typedef typename accumulator::sum sum;

    static void add_up(const typename C::x::word& x,
                       const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                       int word, sum tree[C::y::lanes]) {
#pragma HLS INLINE
        for (int p = 0; p < C::y::lanes; p += 2) {
#pragma HLS UNROLL
            sum s = 0;
            sum t = 0;
            for (int i = 0; i < C::x::lanes; ++i) {
#pragma HLS UNROLL
                if (p + 1 < C::y::lanes) {
                    sum low;
                    sum high;
                    shared_slice<Shift>::template pair<accumulator, typename C::x::element, typename C::weight>(
                        C::x::get(x, i), weights[word][p * C::x::lanes + i], weights[word][(p + 1) * C::x::lanes + i],
                        low, high);
                    s += low;
                    t += high;
                } else {
                    s += slice::template product<accumulator, typename C::x::element, typename C::weight>(
                        C::x::get(x, i), weights[word][p * C::x::lanes + i]);
                }
            }
            tree[p] = s;
            if (p + 1 < C::y::lanes) tree[p + 1] = t;
        }
    }
};

// C: multiplier; positions, in_folds, out_folds; x and y (beats of simd and pe lanes), weight, bias (codes).
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
                // The trees of products first, so that only one addition lies between two cycles.
                sum tree[C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=tree complete dim=0
                products<C, typename C::multiplier>::add_up(x, weights, f * C::in_folds + s, tree);
                for (int p = 0; p < C::y::lanes; ++p) {
#pragma HLS UNROLL
                    const sum start = Biased ? sum(bias[Biased ? f : 0][p]) : sum(0);
                    partial[p] = (s == 0 ? start : partial[p]) + tree[p];
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

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

// A beat of the vector, from the stream where it `reads`, else from where it was kept then.
template <class C, class In>
typename C::x::word input(In& in, typename C::x::word buffer[C::in_folds], int place, bool reads) {
#pragma HLS INLINE
    typename C::x::word x;
    if (reads) {
        x = C::x::read(in);
        buffer[place] = x;
    } else {
        x = buffer[place];
    }
    return x;
}

// Adds the products of a beat to the sums, which start anew, with the bias of the fold, where it is the first of a vector.
template <class C, bool Biased>
void accumulate(const typename C::x::word& x,
                const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                const typename C::bias::rom bias[Biased ? C::out_folds : 1][C::y::lanes], int word, int fold, bool starts,
                typename C::y::element::sum partial[C::y::lanes]) {
#pragma HLS INLINE
    typedef typename C::y::element::sum sum;
    // The trees of products first, so that only one addition lies between two cycles.
    sum tree[C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=tree complete dim=0
    products<C, typename C::multiplier>::add_up(x, weights, word, tree);
    for (int p = 0; p < C::y::lanes; ++p) {
#pragma HLS UNROLL
        const sum start = Biased ? sum(bias[Biased ? fold : 0][p]) : sum(0);
        partial[p] = (starts ? start : partial[p]) + tree[p];
    }
}

// The sums as a beat.
template <class C> typename C::y::word results(const typename C::y::element::sum partial[C::y::lanes]) {
#pragma HLS INLINE
    typename C::y::word y;
    for (int p = 0; p < C::y::lanes; ++p) {
#pragma HLS UNROLL
        C::y::set(y, p, C::y::element::code(partial[p]));
    }
    return y;
}

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
    typename C::x::word buffer[C::in_folds];
    typename C::y::element::sum partial[C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=partial complete dim=0

position:
    for (int position = 0; position < C::positions; ++position) {
    output_fold:
        for (int f = 0; f < C::out_folds; ++f) {
        input_fold:
            for (int s = 0; s < C::in_folds; ++s) {
#pragma HLS PIPELINE II=1
                const typename C::x::word x = input<C>(in, buffer, s, f == 0);
                accumulate<C, Biased>(x, weights, bias, f * C::in_folds + s, f, s == 0, partial);
                if (s == C::in_folds - 1) C::y::write(out, results<C>(partial));
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

// round(2^frac * e_i / sum_j e_j), half up, with e_i = table[max(x) - x_i], and 0 beyond the table.
#ifndef CODESIGN_SOFTMAX_HPP
#define CODESIGN_SOFTMAX_HPP

#include "types.hpp"

namespace codesign {

// C: positions, folds (channels / lanes), entries (entries of the table), frac; x, y (beats); high, the largest code of
// the result; distance, power, total, quotient (unsigned codes: max(x) - x, an entry, their sum, 2^(frac+1) * entry +
// total).

// The largest element of a beat.
template <class C>
typename C::x::type softmax_largest(const typename C::x::word& x) {
#pragma HLS INLINE
    typename C::x::type most = C::x::get(x, 0);
    for (int l = 1; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
        if (C::x::get(x, l) > most) most = C::x::get(x, l);
    }
    return most;
}

// Fills in the exponentials of a beat and gives their sum.
template <class C>
typename C::total::type softmax_powers(const typename C::x::word& x, const typename C::x::type best,
                                       const typename C::power::rom table[C::entries],
                                       typename C::power::type powers[C::x::lanes]) {
#pragma HLS INLINE
    typedef typename C::distance::type distance;
    typedef typename C::power::type power;
    typedef typename C::total::type total;
    total sum = 0;
    for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
        const distance d = distance(distance(best) - distance(C::x::get(x, l)));
        power e = 0;
        if (!C::bounded || d < distance(C::entries)) e = power(table[int(d)]);
        powers[l] = e;
        sum = total(sum + total(e));
    }
    return sum;
}

// The results of a beat of exponentials, `all` being the sum over the position.
template <class C>
typename C::y::word softmax_quotients(const typename C::power::type powers[C::x::lanes],
                                      const typename C::total::type all) {
#pragma HLS INLINE
    typedef typename C::quotient::type quotient;
    typename C::y::word y;
    for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
        const quotient above = quotient(quotient(quotient(powers[l]) << (C::frac + 1)) + quotient(all));
        const quotient below = quotient(quotient(all) << 1);
        quotient q = quotient(above / below);
        if (q > quotient(C::high)) q = quotient(C::high);
        C::y::set(y, l, typename C::y::type(q));
    }
    return y;
}

// A position is one beat: everything in one loop.
template <class C, class In, class Out>
void softmax_at_once(In& in, Out& out, const typename C::power::rom table[C::entries]) {
#pragma HLS INLINE
position:
    for (int position = 0; position < C::positions; ++position) {
#pragma HLS PIPELINE II=1
        typename C::power::type powers[C::x::lanes];
#pragma HLS ARRAY_PARTITION variable=powers complete
        const typename C::x::word x = C::x::read(in);
        const typename C::total::type all = softmax_powers<C>(x, softmax_largest<C>(x), table, powers);
        C::y::write(out, softmax_quotients<C>(powers, all));
    }
}

// A position is several beats: three sweeps over them, one after the other.
template <class C, class In, class Out> void softmax(In& in, Out& out, const typename C::power::rom table[C::entries]) {
#pragma HLS INLINE
    typedef typename C::x::type value;
    typedef typename C::total::type total;
    typename C::x::word buffer[C::folds];
    typename C::power::type powers[C::folds][C::x::lanes];
#pragma HLS ARRAY_PARTITION variable=powers complete dim=2
position:
    for (int position = 0; position < C::positions; ++position) {
        value best = 0;
        total all = 0;
    largest:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = C::x::read(in);
            buffer[f] = x;
            const value most = softmax_largest<C>(x);
            if (f == 0 || most > best) best = most;
        }
    sum:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            typename C::power::type row[C::x::lanes];
#pragma HLS ARRAY_PARTITION variable=row complete
            all = total(all + softmax_powers<C>(buffer[f], best, table, row));
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                powers[f][l] = row[l];
            }
        }
    divide:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            typename C::power::type row[C::x::lanes];
#pragma HLS ARRAY_PARTITION variable=row complete
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                row[l] = powers[f][l];
            }
            C::y::write(out, softmax_quotients<C>(row, all));
        }
    }
}

}  // namespace codesign

#endif

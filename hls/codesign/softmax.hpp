// round(2^frac * e_i / sum_j e_j), half up, with e_i = table[max(x) - x_i], and 0 beyond the table.
#ifndef CODESIGN_SOFTMAX_HPP
#define CODESIGN_SOFTMAX_HPP

#include <hls_stream.h>

#include "types.hpp"

namespace codesign {

// C: positions, folds (channels / lanes), depth (entries of the table), frac; x, y (beats); high, the largest code of
// the result; distance, power, total, quotient (unsigned codes: max(x) - x, an entry, their sum, 2^(frac+1) * entry +
// total). Three sweeps over the channels of a position, one after the other.
template <class C>
void softmax(hls::stream<typename C::x::word>& in, hls::stream<typename C::y::word>& out,
             const typename C::power::rom table[C::depth]) {
#pragma HLS INLINE
    typedef typename C::x::type value;
    typedef typename C::distance::type distance;
    typedef typename C::power::type power;
    typedef typename C::total::type total;
    typedef typename C::quotient::type quotient;
    typename C::x::word buffer[C::folds];
    power powers[C::folds][C::x::lanes];
#pragma HLS ARRAY_PARTITION variable=powers complete dim=2
position:
    for (int position = 0; position < C::positions; ++position) {
        value best = 0;
        total all = 0;
    largest:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = in.read();
            buffer[f] = x;
            value most = C::x::get(x, 0);
            for (int l = 1; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                if (C::x::get(x, l) > most) most = C::x::get(x, l);
            }
            if (f == 0 || most > best) best = most;
        }
    sum:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = buffer[f];
            total tree = 0;
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                const distance d = distance(distance(best) - distance(C::x::get(x, l)));
                power e = 0;
                if (!C::bounded || d < distance(C::depth)) e = power(table[int(d)]);
                powers[f][l] = e;
                tree = total(tree + total(e));
            }
            all = total(all + tree);
        }
    divide:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            typename C::y::word y;
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                const quotient above = quotient(quotient(quotient(powers[f][l]) << (C::frac + 1)) + quotient(all));
                const quotient below = quotient(quotient(all) << 1);
                quotient q = quotient(above / below);
                if (q > quotient(C::high)) q = quotient(C::high);
                C::y::set(y, l, typename C::y::type(q));
            }
            out.write(y);
        }
    }
}

}  // namespace codesign

#endif

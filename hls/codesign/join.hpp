// z = left * x + right * y, element by element.
#ifndef CODESIGN_JOIN_HPP
#define CODESIGN_JOIN_HPP

#include "types.hpp"

namespace codesign {

// One beat. C: x, y, z (beats of the same lanes); left, right (constants) and left_code, right_code, which hold them.
template <class C> inline typename C::z::word joined(const typename C::x::word& x, const typename C::y::word& y) {
#pragma HLS INLINE
    typedef typename C::z::element sum_code;
    typedef typename sum_code::sum sum;
    typename C::z::word z;
    for (int l = 0; l < C::z::lanes; ++l) {
#pragma HLS UNROLL
        const sum from_x = product<sum_code, typename C::left_code, typename C::x::element>(
            typename C::left_code::type(C::left), C::x::get(x, l));
        const sum from_y = product<sum_code, typename C::right_code, typename C::y::element>(
            typename C::right_code::type(C::right), C::y::get(y, l));
        C::z::set(z, l, typename C::z::type(from_x + from_y));
    }
    return z;
}

// C: beats, and as above.
template <class C, class First, class Second, class Out> void join(First& first, Second& second, Out& out) {
#pragma HLS INLINE
beat:
    for (int b = 0; b < C::beats; ++b) {
#pragma HLS PIPELINE II=1
        const typename C::x::word x = C::x::read(first);
        C::z::write(out, joined<C>(x, C::y::read(second)));
    }
}

// C: positions, folds (beats per position), and as above. The beats of the second stream are read once, at the first
// position, and kept for the others.
template <class C, class First, class Second, class Out> void join_held(First& first, Second& second, Out& out) {
#pragma HLS INLINE
    typename C::y::word held[C::folds];
#pragma HLS ARRAY_PARTITION variable=held complete dim=0
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            if (position == 0) held[f] = C::y::read(second);
            const typename C::x::word x = C::x::read(first);
            C::z::write(out, joined<C>(x, held[f]));
        }
    }
}

}  // namespace codesign

#endif

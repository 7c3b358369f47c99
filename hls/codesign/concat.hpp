// The channels of two streams behind each other, or some of those of one.
#ifndef CODESIGN_CONCAT_HPP
#define CODESIGN_CONCAT_HPP

#include "types.hpp"

namespace codesign {

// The elements of a beat in a type that holds them.
template <class From, class To> typename To::word recoded(const typename From::word& x) {
#pragma HLS INLINE
    typename To::word y;
    for (int l = 0; l < To::lanes; ++l) {
#pragma HLS UNROLL
        To::set(y, l, typename To::type(From::get(x, l)));
    }
    return y;
}

// C: positions, folds (beats per position), first (those of the first stream); x, y, z (beats of the same lanes).
template <class C, class One, class Other, class Out> void append(One& one, Other& other, Out& out) {
#pragma HLS INLINE
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            if (f < C::first) {
                C::z::write(out, recoded<typename C::x, typename C::z>(C::x::read(one)));
            } else {
                C::z::write(out, recoded<typename C::y, typename C::z>(C::y::read(other)));
            }
        }
    }
}

// C: positions, folds (beats per position), start, stop; x, y (beats of the same lanes).
template <class C, class In, class Out> void pick(In& in, Out& out) {
#pragma HLS INLINE
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = C::x::read(in);
            if (f >= C::start && f < C::stop) C::y::write(out, recoded<typename C::x, typename C::y>(x));
        }
    }
}

}  // namespace codesign

#endif

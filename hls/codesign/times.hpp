// z = (left * x + left_addend) * (right * y + right_addend), element by element.
#ifndef CODESIGN_TIMES_HPP
#define CODESIGN_TIMES_HPP

#include "types.hpp"

namespace codesign {

// factor * x + addend, in the code F that holds every result.
template <class F, class FactorCode, class X>
inline typename F::type factor(long long factor, long long addend, const typename X::type& x) {
#pragma HLS INLINE
    typedef typename F::sum sum;
    const sum scaled = product<F, FactorCode, X>(typename FactorCode::type(factor), x);
    return typename F::type(scaled + sum(addend));
}

// One beat. C: x, y, z (beats of the same lanes); u, v (codes of the two factors); left, left_addend, right, right_addend
// (constants) and left_code, right_code, which hold left and right.
template <class C>
inline typename C::z::word multiplied(const typename C::x::word& x, const typename C::y::word& y) {
#pragma HLS INLINE
    typedef typename C::u u_code;
    typedef typename C::v v_code;
    typename C::z::word z;
    for (int l = 0; l < C::z::lanes; ++l) {
#pragma HLS UNROLL
        const typename u_code::type u = factor<u_code, typename C::left_code, typename C::x::element>(
            C::left, C::left_addend, C::x::get(x, l));
        const typename v_code::type v = factor<v_code, typename C::right_code, typename C::y::element>(
            C::right, C::right_addend, C::y::get(y, l));
        C::z::set(z, l, typename C::z::type(product<typename C::z::element, u_code, v_code>(u, v)));
    }
    return z;
}

// C: beats, and as above.
template <class C, class First, class Second, class Out> void times(First& first, Second& second, Out& out) {
#pragma HLS INLINE
beat:
    for (int b = 0; b < C::beats; ++b) {
#pragma HLS PIPELINE II=1
        const typename C::x::word x = C::x::read(first);
        C::z::write(out, multiplied<C>(x, C::y::read(second)));
    }
}

// C: positions, folds (beats per position), and as above. The beats of the second stream are read once, at the first
// position, and kept for the others.
template <class C, class First, class Second, class Out> void times_held(First& first, Second& second, Out& out) {
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
            C::z::write(out, multiplied<C>(x, held[f]));
        }
    }
}

}  // namespace codesign

#endif

// z = left * x + right * y, element by element.
#ifndef CODESIGN_JOIN_HPP
#define CODESIGN_JOIN_HPP

#include "types.hpp"

namespace codesign {

// C: beats; x, y, z (beats of the same lanes); left, right (constants) and left_code, right_code, which hold them.
template <class C, class First, class Second, class Out> void join(First& first, Second& second, Out& out) {
#pragma HLS INLINE
    typedef typename C::z::element sum_code;
    typedef typename sum_code::sum sum;
beat:
    for (int b = 0; b < C::beats; ++b) {
#pragma HLS PIPELINE II=1
        const typename C::x::word x = C::x::read(first);
        const typename C::y::word y = C::y::read(second);
        typename C::z::word z;
        for (int l = 0; l < C::z::lanes; ++l) {
#pragma HLS UNROLL
            const sum from_x = product<sum_code, typename C::left_code, typename C::x::element>(
                typename C::left_code::type(C::left), C::x::get(x, l));
            const sum from_y = product<sum_code, typename C::right_code, typename C::y::element>(
                typename C::right_code::type(C::right), C::y::get(y, l));
            C::z::set(z, l, typename C::z::type(from_x + from_y));
        }
        C::z::write(out, z);
    }
}

}  // namespace codesign

#endif

// z = left * x + right * y, element by element.
#ifndef CODESIGN_JOIN_HPP
#define CODESIGN_JOIN_HPP

#include <hls_stream.h>

#include "types.hpp"

namespace codesign {

// C: beats; x, y, z (beats of the same lanes); left, right (constants) and left_code, right_code, which hold them.
template <class C>
void join(hls::stream<typename C::x::word>& first, hls::stream<typename C::y::word>& second,
          hls::stream<typename C::z::word>& out) {
#pragma HLS INLINE
    typedef typename C::z::element sum_code;
    typedef typename sum_code::sum sum;
beat:
    for (int b = 0; b < C::beats; ++b) {
#pragma HLS PIPELINE II=1
        const typename C::x::word x = first.read();
        const typename C::y::word y = second.read();
        typename C::z::word z;
        for (int l = 0; l < C::z::lanes; ++l) {
#pragma HLS UNROLL
            const sum from_x = product<sum_code, typename C::left_code, typename C::x::element>(
                typename C::left_code::type(C::left), C::x::get(x, l));
            const sum from_y = product<sum_code, typename C::right_code, typename C::y::element>(
                typename C::right_code::type(C::right), C::y::get(y, l));
            C::z::set(z, l, typename C::z::type(from_x + from_y));
        }
        out.write(z);
    }
}

}  // namespace codesign

#endif

// What a code and a beat are made of: ap_int for synthesis and the authoritative simulation, native integers for
// the fast one (-DCODESIGN_NATIVE). Both headers define the same names:
//
//   sint<W>, uint<W>     a code of W bits:  type (holds every code), sum (at least W bits, arithmetic modulo a power
//                        of two; whatever is computed in it is exact when the result fits W bits), rom (an element
//                        of a constant array), held (a sum that fits W bits, in what is quick to compile where there
//                        are thousands of them) and hold, which makes it of a sum; code is a sum modulo 2^W
//   product<S, X, Y>     x * y as an S::sum
//   fabric, slice, slices   multipliers made of adders, of one DSP slice, of several: product<S, X, Y> is x * y
//   shared_slice<Shift>  a slice for two products with the same input: pair<S, X, W> gives x * first and x * second
//   packed<Element, Lanes>  word (the lanes of a beat), get and set of one lane, push and pop of a narrower beat,
//                        one part after the other, the first at lane 0
//
// A stream of beats is one FIFO of words, hls::stream<word>, or an array of FIFOs, one for each lane,
// hls::stream<type>[lanes]. A kernel works with both at each of its ends:
//
//   template <class C, class In, class Out> void kernel(In& in, Out& out) {
//       ...
//       const typename C::x::word x = C::x::read(in);
//       C::y::write(out, y);
//
// In and Out are deduced from the streams of the process, and say no more than which of the two a stream is: read and
// write take no stream of other words.
#ifndef CODESIGN_TYPES_HPP
#define CODESIGN_TYPES_HPP

#include <hls_stream.h>

#ifdef CODESIGN_NATIVE
#include "types_native.hpp"
#else
#include "types_ap.hpp"
#endif

namespace codesign {

template <class Element, int Lanes> struct beat : packed<Element, Lanes> {
    typedef packed<Element, Lanes> base;
    typedef typename base::word word;
    typedef typename base::type type;

    static word read(hls::stream<word>& stream) {
#pragma HLS INLINE
        return stream.read();
    }

    static void write(hls::stream<word>& stream, const word& value) {
#pragma HLS INLINE
        stream.write(value);
    }

    static word read(hls::stream<type> (&streams)[Lanes]) {
#pragma HLS INLINE
        word value;
        for (int l = 0; l < base::lanes; ++l) {
#pragma HLS UNROLL
            base::set(value, l, streams[l].read());
        }
        return value;
    }

    static void write(hls::stream<type> (&streams)[Lanes], const word& value) {
#pragma HLS INLINE
        for (int l = 0; l < base::lanes; ++l) {
#pragma HLS UNROLL
            streams[l].write(base::get(value, l));
        }
    }
};

}  // namespace codesign

#endif

// What a code and a beat are made of: ap_int for synthesis and the authoritative simulation, native integers for
// the fast one (-DCODESIGN_NATIVE). Both headers define the same names:
//
//   sint<W>, uint<W>     a code of W bits:  type (holds every code), sum (at least W bits, arithmetic modulo a power
//                        of two; whatever is computed in it is exact when the result fits W bits), rom (an element
//                        of a constant array)
//   product<S, X, Y>     x * y as an S::sum
//   beat<Element, Lanes> word (what a stream carries), get and set of one lane, push and pop of a narrower beat
#ifndef CODESIGN_TYPES_HPP
#define CODESIGN_TYPES_HPP

#ifdef CODESIGN_NATIVE
#include "types_native.hpp"
#else
#include "types_ap.hpp"
#endif

#endif

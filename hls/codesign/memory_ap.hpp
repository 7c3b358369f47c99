// A memory word is one ap_uint. Beats leave it and enter it by shifts of a constant number of bits, which need no
// multiplexers: the lowest first, and what enters comes from above.
#ifndef CODESIGN_MEMORY_AP_HPP
#define CODESIGN_MEMORY_AP_HPP

#include "types.hpp"

namespace codesign {

template <int Bits> struct memory_of {
    typedef ap_uint<Bits> word;

    static word zeros() { return word(0); }

    // Beat number `index` (0, 1, ... in this order).
    template <class Beat> static typename Beat::word take(word& w, int) {
        const typename Beat::word beat = typename Beat::word(w);
        w = w >> int(Beat::width);
        return beat;
    }

    // The next of `Beats` beats; with all of them, and zeros above them before the first, the word is whole.
    template <class Beat, int Beats> static void put(word& w, const typename Beat::word& beat, int) {
        w = (w >> int(Beat::width)) | (word(beat) << int((Beats - 1) * Beat::width));
    }

    // A beat of zeros.
    template <class Beat, int Beats> static void skip(word& w, int) { w = w >> int(Beat::width); }

    // The lanes of a beat that are in its word number `part` (0, 1, ... in this order): `slots` of them, in the last
    // what is left.
    template <class C> static void put_part(typename C::beat::word& beat, const word& w, int part) {
        typedef typename C::beat::word beat_word;
        const int bits = C::slots * C::beat::element::width;
        const int rest = C::beat::width - (C::words_per_beat - 1) * bits;
        if (part == C::words_per_beat - 1) {
            const ap_uint<rest> lanes = ap_uint<rest>(w);
            beat = (beat >> int(rest)) | (beat_word(lanes) << int(C::beat::width - rest));
        } else {
            const ap_uint<bits> lanes = ap_uint<bits>(w);
            beat = (beat >> int(bits)) | (beat_word(lanes) << int(C::beat::width - bits));
        }
    }

    // The same lanes as a word; above the last of the beat come zeros.
    template <class C> static word take_part(typename C::beat::word& beat, int) {
        const int bits = C::slots * C::beat::element::width;
        const word w = word(ap_uint<bits>(beat));
        beat = beat >> int(bits);
        return w;
    }
};

}  // namespace codesign

#endif

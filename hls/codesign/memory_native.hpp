// A memory word is an array of native integers, the lowest first: the bytes of the word where integers are little endian.
#ifndef CODESIGN_MEMORY_NATIVE_HPP
#define CODESIGN_MEMORY_NATIVE_HPP

#include "types.hpp"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "native integers are the words of a memory only where the lowest byte comes first"
#endif

namespace codesign {

template <int Bits> struct memory_of {
    static const int piece_bytes = Bits < 64 ? Bits / 8 : 8;
    static const int piece_bits = 8 * piece_bytes;
    typedef typename native_integer<piece_bytes, false>::type piece;
    struct word {
        piece at[Bits / piece_bits];
    };

    static word zeros() { return word(); }

    // The code whose lowest bit is bit number `bit`.
    template <class Element> static typename Element::type code(const word& w, int bit) {
        const int low = bit % piece_bits;
        piece bits = piece(w.at[bit / piece_bits] >> low);
        if (low + Element::width > piece_bits) bits |= piece(w.at[bit / piece_bits + 1] << (piece_bits - low));
        // The highest bit of the code to the highest of the piece and back, with its sign.
        const int above = piece_bits - Element::width;
        typedef typename native_integer<piece_bytes, Element::is_signed>::type extended;
        return typename Element::type(extended(piece(bits << above)) >> above);
    }

    // Puts a code there, where zeros are.
    template <class Element> static void set_code(word& w, int bit, typename Element::type value) {
        const int low = bit % piece_bits;
        const int above = piece_bits - Element::width;
        const piece bits = piece(piece(piece(value) << above) >> above);
        w.at[bit / piece_bits] |= piece(bits << low);
        if (low + Element::width > piece_bits) w.at[bit / piece_bits + 1] |= piece(bits >> (piece_bits - low));
    }

    // Beat number `index` (0, 1, ... in this order).
    template <class Beat> static typename Beat::word take(word& w, int index) {
        typedef typename Beat::element element;
        typename Beat::word beat;
        for (int l = 0; l < Beat::lanes; ++l) beat.lane[l] = code<element>(w, index * Beat::width + l * element::width);
        return beat;
    }

    // The next of `Beats` beats; with all of them the word is whole.
    template <class Beat, int Beats> static void put(word& w, const typename Beat::word& beat, int index) {
        typedef typename Beat::element element;
        if (index == 0) w = word();
        for (int l = 0; l < Beat::lanes; ++l) {
            memory_of::set_code<element>(w, index * Beat::width + l * element::width, beat.lane[l]);
        }
    }

    // A beat of zeros.
    template <class Beat, int Beats> static void skip(word& w, int index) {
        if (index == 0) w = word();
    }

    // The lanes of a beat that are in its word number `part` (0, 1, ... in this order): `slots` of them, in the last
    // what is left.
    template <class C> static void put_part(typename C::beat::word& beat, const word& w, int part) {
        typedef typename C::beat::element element;
        for (int s = 0; s < C::slots; ++s) {
            const int lane = part * C::slots + s;
            if (lane < C::beat::lanes) beat.lane[lane] = code<element>(w, s * element::width);
        }
    }

    // The same lanes as a word; above the last of the beat come zeros.
    template <class C> static word take_part(typename C::beat::word& beat, int part) {
        typedef typename C::beat::element element;
        word w = word();
        for (int s = 0; s < C::slots; ++s) {
            const int lane = part * C::slots + s;
            if (lane < C::beat::lanes) memory_of::set_code<element>(w, s * element::width, beat.lane[lane]);
        }
        return w;
    }
};

}  // namespace codesign

#endif

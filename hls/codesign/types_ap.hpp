// Codes are ap_int, a beat is one packed word: lane l in bits l * width ... (l + 1) * width - 1. What is wider than
// AP_INT_MAX_W is several words.
#ifndef CODESIGN_TYPES_AP_HPP
#define CODESIGN_TYPES_AP_HPP

#include <ap_int.h>

#include "pragmas.hpp"
#include "storage.hpp"

namespace codesign {

// Constant arrays have exactly W bits per element in synthesis, where width is memory. Every simulation reads them
// from native integers: long lists of ap_int constants are slow to compile. The compiler that wrote the constants has
// checked that each fits W bits. CODESIGN_EXACT_ROM gives a simulation the arrays of synthesis.
#if defined(__SYNTHESIS__) || defined(CODESIGN_EXACT_ROM)
template <int W, bool Signed> struct rom_element;
template <int W> struct rom_element<W, true> { typedef ap_int<W> type; };
template <int W> struct rom_element<W, false> { typedef ap_uint<W> type; };
#else
template <int W, bool Signed> struct rom_element { typedef typename storage<W, Signed>::type type; };
#endif

template <int W> struct sint {
    static const int width = W;
    static const bool is_signed = true;
    typedef ap_int<W> type;
    typedef ap_int<W> sum;
    typedef typename rom_element<W, true>::type rom;
    typedef rom held;
    static held hold(const sum& value) { return held(value); }
    static type code(const sum& value) { return value; }
};

template <int W> struct uint {
    static const int width = W;
    static const bool is_signed = false;
    typedef ap_uint<W> type;
    typedef ap_uint<W> sum;
    typedef typename rom_element<W, false>::type rom;
    typedef rom held;
    static held hold(const sum& value) { return held(value); }
    static type code(const sum& value) { return value; }
};

// ap_int widens a product to hold it, so the multiplier is as narrow as its operands.
template <class Sum, class X, class Y>
inline typename Sum::sum product(const typename X::type& x, const typename Y::type& y) {
    return typename Sum::sum(x * y);
}

// The code that holds every product of two codes. A multiplier is bound to what a pragma names through a variable of
// exactly this type.
template <int W, bool Signed> struct code_of;
template <int W> struct code_of<W, true> { typedef ap_int<W> type; };
template <int W> struct code_of<W, false> { typedef ap_uint<W> type; };
template <class X, class Y> struct product_of : code_of<X::width + Y::width, X::is_signed || Y::is_signed> {};

struct fabric {
    template <class Sum, class X, class Y>
    static typename Sum::sum product(const typename X::type& x, const typename Y::type& y) {
#pragma HLS INLINE
        const typename product_of<X, Y>::type p = x * y;
        CODESIGN_MUL_FABRIC(p)
        return typename Sum::sum(p);
    }
};

struct slice {
    template <class Sum, class X, class Y>
    static typename Sum::sum product(const typename X::type& x, const typename Y::type& y) {
#pragma HLS INLINE
        const typename product_of<X, Y>::type p = x * y;
        CODESIGN_MUL_SLICE(p)
        return typename Sum::sum(p);
    }
};

struct slices {
    template <class Sum, class X, class Y>
    static typename Sum::sum product(const typename X::type& x, const typename Y::type& y) {
#pragma HLS INLINE
        const typename product_of<X, Y>::type p = x * y;
        CODESIGN_MUL_SLICES(p)
        return typename Sum::sum(p);
    }
};

// The widths are those of the slice's ports. The low Shift bits are the first product with its sign; the bits above
// are the second, less one where the first is negative.
template <int Shift> struct shared_slice : slice {
    template <class Sum, class X, class W>
    static void pair(const typename X::type& x, const typename W::type& first, const typename W::type& second,
                     typename Sum::sum& low, typename Sum::sum& high) {
#pragma HLS INLINE
        const ap_int<27> both = (ap_int<27>(second) << Shift) + ap_int<27>(first);
        const ap_int<45> p = both * ap_int<18>(x);
        CODESIGN_MUL_SLICE(p)
        low = typename Sum::sum(ap_int<Shift>(p));
        high = typename Sum::sum(ap_int<45 - Shift>(p >> Shift) + ap_uint<1>(p[Shift - 1]));
    }
};

template <class Element, int Lanes, bool Fits = (Lanes * Element::width <= AP_INT_MAX_W)> struct packed {
    static const int lanes = Lanes;
    static const int width = Lanes * Element::width;
    typedef Element element;
    typedef typename Element::type type;
    typedef ap_uint<Lanes * Element::width> word;

    static type get(const word& w, int lane) {
        const ap_uint<Element::width> bits = w.range((lane + 1) * Element::width - 1, lane * Element::width);
        return type(bits);
    }

    static void set(word& w, int lane, const type& value) {
        w.range((lane + 1) * Element::width - 1, lane * Element::width) = ap_uint<Element::width>(value);
    }

    // Puts part number `index` (0, 1, ... in this order) into w. A shift needs no multiplexers.
    template <class Part> static void push(word& w, const typename Part::word& part, int) {
        w = (w >> int(Part::width)) | (word(part) << int(width - Part::width));
    }

    // Takes part number `index` (0, 1, ... in this order) out of w.
    template <class Part> static typename Part::word pop(word& w, int) {
        const typename Part::word part = typename Part::word(w);
        w = w >> int(Part::width);
        return part;
    }
};

// A pair: as many lanes as one word holds, and the others, which may again be a pair. The tools take such a struct apart
// into its words, and a memory of them into a memory of each; only an array of FIFOs carries it.
template <class Element, int Lanes> struct packed<Element, Lanes, false> {
    static const int lanes = Lanes;
    static const int width = Lanes * Element::width;
    static const int front_lanes = AP_INT_MAX_W / Element::width;
    typedef Element element;
    typedef typename Element::type type;
    typedef packed<Element, front_lanes> front;
    typedef packed<Element, Lanes - front_lanes> rest;
    struct word {
        typename front::word first;
        typename rest::word second;
    };

    static type get(const word& w, int lane) {
        return lane < front_lanes ? front::get(w.first, lane) : rest::get(w.second, lane - front_lanes);
    }

    static void set(word& w, int lane, const type& value) {
        if (lane < front_lanes) {
            front::set(w.first, lane, value);
        } else {
            rest::set(w.second, lane - front_lanes, value);
        }
    }

    template <class Part> static void push(word& w, const typename Part::word& part, int) {
        shift<Part>(w);
        for (int l = 0; l < Part::lanes; ++l) {
#pragma HLS UNROLL
            packed::set(w, Lanes - Part::lanes + l, Part::get(part, l));
        }
    }

    template <class Part> static typename Part::word pop(word& w, int) {
        typename Part::word part;
        for (int l = 0; l < Part::lanes; ++l) {
#pragma HLS UNROLL
            Part::set(part, l, packed::get(w, l));
        }
        shift<Part>(w);
        return part;
    }

    // Every lane takes the place of the one that stands a part before it.
    template <class Part> static void shift(word& w) {
        for (int l = 0; l < packed::lanes; ++l) {
#pragma HLS UNROLL
            if (l + Part::lanes < Lanes) packed::set(w, l, packed::get(w, l + Part::lanes));
        }
    }
};

}  // namespace codesign

#endif

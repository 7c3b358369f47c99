// Codes are the smallest native integers that hold them, a beat is an array of them. Compile with -fwrapv: sums wrap.
#ifndef CODESIGN_TYPES_NATIVE_HPP
#define CODESIGN_TYPES_NATIVE_HPP

#include "storage.hpp"

namespace codesign {

template <int W> struct sint {
    static const int width = W;
    static const bool is_signed = true;
    typedef typename storage<W, true>::type type;
    typedef typename native_integer<(W <= 32 ? 4 : 8), true>::type sum;
    typedef type rom;
    typedef sum held; // not narrowed again after each addition, which is slow to compile
    static held hold(sum value) { return value; }

    // The low W bits, the highest of them as the sign.
    static type code(sum value) {
        typedef typename native_integer<sizeof(sum), false>::type bits;
        const int above = 8 * int(sizeof(sum)) - W;
        return type(sum(bits(value) << above) >> above);
    }
};

template <int W> struct uint {
    static const int width = W;
    static const bool is_signed = false;
    typedef typename storage<W, false>::type type;
    typedef typename native_integer<(W <= 32 ? 4 : 8), true>::type sum;
    typedef type rom;
    typedef sum held; // not narrowed again after each addition, which is slow to compile
    static held hold(sum value) { return value; }

    // The low W bits.
    static type code(sum value) {
        typedef typename native_integer<sizeof(sum), false>::type bits;
        const int above = 8 * int(sizeof(sum)) - W;
        return type(bits(value) << above >> above);
    }
};

template <class Sum, class X, class Y>
inline typename Sum::sum product(typename X::type x, typename Y::type y) {
    return typename Sum::sum(x) * typename Sum::sum(y);
}

// What a multiplier is made of is no question here.
struct fabric {
    template <class Sum, class X, class Y>
    static typename Sum::sum product(typename X::type x, typename Y::type y) {
        return codesign::product<Sum, X, Y>(x, y);
    }
};
typedef fabric slice;
typedef fabric slices;

// One multiplication for two products, as in the slice: the low Shift bits are the first with its sign, the bits above
// the second, less one where the first is negative.
template <int Shift> struct shared_slice : slice {
    template <class Sum, class X, class W>
    static void pair(typename X::type x, typename W::type first, typename W::type second, typename Sum::sum& low,
                     typename Sum::sum& high) {
        const int both = int(second) * (1 << Shift) + int(first);
        const long long p = (long long)both * (long long)int(x);
        low = typename Sum::sum((long long)((unsigned long long)p << (64 - Shift)) >> (64 - Shift));
        high = typename Sum::sum((p >> Shift) + ((p >> (Shift - 1)) & 1));
    }
};

template <class Element, int Lanes> struct packed {
    static const int lanes = Lanes;
    static const int width = Lanes * Element::width;
    typedef Element element;
    typedef typename Element::type type;
    struct word {
        type lane[Lanes];
    };

    static type get(const word& w, int lane) { return w.lane[lane]; }

    static void set(word& w, int lane, type value) { w.lane[lane] = value; }

    template <class Part> static void push(word& w, const typename Part::word& part, int index) {
        for (int i = 0; i < Part::lanes; ++i) w.lane[index * Part::lanes + i] = part.lane[i];
    }

    template <class Part> static typename Part::word pop(word& w, int index) {
        typename Part::word part;
        for (int i = 0; i < Part::lanes; ++i) part.lane[i] = w.lane[index * Part::lanes + i];
        return part;
    }
};

}  // namespace codesign

#endif

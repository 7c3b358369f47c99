// Codes are the smallest native integers that hold them, a beat is an array of them. Compile with -fwrapv: sums wrap.
#ifndef CODESIGN_TYPES_NATIVE_HPP
#define CODESIGN_TYPES_NATIVE_HPP

#include "storage.hpp"

namespace codesign {

template <int W> struct sint {
    static const int width = W;
    typedef typename storage<W, true>::type type;
    typedef typename native_integer<(W <= 32 ? 4 : 8), true>::type sum;
    typedef type rom;
};

template <int W> struct uint {
    static const int width = W;
    typedef typename storage<W, false>::type type;
    typedef typename native_integer<(W <= 32 ? 4 : 8), true>::type sum;
    typedef type rom;
};

template <class Sum, class X, class Y>
inline typename Sum::sum product(typename X::type x, typename Y::type y) {
    return typename Sum::sum(x) * typename Sum::sum(y);
}

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

// The smallest native integer that holds a number of bits.
#ifndef CODESIGN_STORAGE_HPP
#define CODESIGN_STORAGE_HPP

namespace codesign {

template <int Bytes, bool Signed> struct native_integer;
template <> struct native_integer<1, true> { typedef signed char type; };
template <> struct native_integer<1, false> { typedef unsigned char type; };
template <> struct native_integer<2, true> { typedef short type; };
template <> struct native_integer<2, false> { typedef unsigned short type; };
template <> struct native_integer<4, true> { typedef int type; };
template <> struct native_integer<4, false> { typedef unsigned int type; };
template <> struct native_integer<8, true> { typedef long long type; };
template <> struct native_integer<8, false> { typedef unsigned long long type; };

// storage<W, Signed>::type: the native integer for W bits, 1 <= W <= 64.
template <int W, bool Signed> struct storage {
    static_assert(W >= 1 && W <= 64, "a code has 1 to 64 bits");
    static const int bytes = W <= 8 ? 1 : W <= 16 ? 2 : W <= 32 ? 4 : 8;
    typedef typename native_integer<bytes, Signed>::type type;
};

}  // namespace codesign

#endif

// Larger images: every pixel repeated, or a border around all of them.
#ifndef CODESIGN_UPSAMPLE_HPP
#define CODESIGN_UPSAMPLE_HPP

#include "types.hpp"

namespace codesign {

// C: height, width (pixels of the image), folds (beats per pixel), down, across (how often); x (beats).
template <class C, class In, class Out> void repeat(In& in, Out& out) {
#pragma HLS INLINE
    typename C::x::word line[C::width * C::folds];
row:
    for (int row = 0; row < C::height; ++row) {
    again:
        for (int again = 0; again < C::down; ++again) {
        column:
            for (int column = 0; column < C::width; ++column) {
            copy:
                for (int copy = 0; copy < C::across; ++copy) {
                fold:
                    for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
                        typename C::x::word x;
                        if (again == 0 && copy == 0) {
                            x = C::x::read(in);
                            line[column * C::folds + f] = x;
                        } else {
                            x = line[column * C::folds + f];
                        }
                        C::x::write(out, x);
                    }
                }
            }
        }
    }
}

// C: rows, columns (pixels of the result), folds; top, bottom, left, right (the rows from `top` to before `bottom` and the
// columns from `left` to before `right` are the image's); x (beats); fill.
template <class C, class In, class Out> void border(In& in, Out& out) {
#pragma HLS INLINE
row:
    for (int row = 0; row < C::rows; ++row) {
    column:
        for (int column = 0; column < C::columns; ++column) {
        fold:
            for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
                typename C::x::word x;
                if (row >= C::top && row < C::bottom && column >= C::left && column < C::right) {
                    x = C::x::read(in);
                } else {
                    for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                        C::x::set(x, l, typename C::x::type(C::fill));
                    }
                }
                C::x::write(out, x);
            }
        }
    }
}

}  // namespace codesign

#endif

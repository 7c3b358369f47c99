// For each output pixel all elements that its window sees, through a ring of the last rows and pixels.
#ifndef CODESIGN_WINDOW_HPP
#define CODESIGN_WINDOW_HPP

#include "types.hpp"

namespace codesign {

// C: steps; beats (of the image); ring (beats that are kept); span, room, begin (beats: how far a window reaches, how far
// reading may be ahead of it, and how far the first element of the first one lies before the image); height, width,
// below, beside (rows and columns of the image, and of the windows); x (beats); counter, place (codes for everything that
// is counted, and for places in the ring); fill. The taps of a window are three loops of outer, middle and inner turns;
// the next element lies `next_inner` further in the stream and `row_`, `column_inner` further in the image, and so on
// for the next turn of each loop, the next window beside and the next row of windows (places modulo the ring).
//
// `ahead` is how many beats have been read beyond the window's first element:
//   write while ahead >= span or all is read;  read while ahead < room and not all is read.
template <class C, class In, class Out> void window(In& in, Out& out) {
#pragma HLS INLINE
    typedef typename C::counter::type counter;
    typedef typename C::place::type place;
    typename C::x::word buffer[C::ring];
    counter left = counter(C::beats), ahead = counter(C::begin);
    counter row = counter(C::first_row), column = counter(C::first_column);
    counter outer = 0, middle = 0, inner = 0, x_position = 0, y_position = 0;
    place to = 0, from = place(C::first_place);
    bool done = false;
step:
    for (int t = 0; t < C::steps; ++t) {
#pragma HLS PIPELINE II=1
        const bool reads = left != counter(0) && (done || ahead < counter(C::room));
        const bool writes = !done && (left == counter(0) || ahead >= counter(C::span));
        counter further = 0;
        if (writes) {
            const bool inside = row >= counter(0) && row < counter(C::height) && column >= counter(0) &&
                                column < counter(C::width);
            const typename C::x::word seen = buffer[int(from)];
            typename C::x::word y;
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                C::x::set(y, l, inside ? C::x::get(seen, l) : typename C::x::type(C::fill));
            }
            C::x::write(out, y);
            const bool inner_done = inner == counter(C::inner - 1);
            const bool middle_done = middle == counter(C::middle - 1);
            const bool outer_done = outer == counter(C::outer - 1);
            const bool row_done = x_position == counter(C::beside - 1);
            long long step, down, across;
            if (!inner_done) {
                inner = counter(inner + counter(1));
                step = C::next_inner, down = C::row_inner, across = C::column_inner;
            } else if (!middle_done) {
                inner = 0;
                middle = counter(middle + counter(1));
                step = C::next_middle, down = C::row_middle, across = C::column_middle;
            } else if (!outer_done) {
                inner = 0;
                middle = 0;
                outer = counter(outer + counter(1));
                step = C::next_outer, down = C::row_outer, across = C::column_outer;
            } else {
                inner = 0;
                middle = 0;
                outer = 0;
                if (!row_done) {
                    x_position = counter(x_position + counter(1));
                    step = C::next_beside, down = C::row_beside, across = C::column_beside;
                    further = counter(C::beats_beside);
                } else {
                    x_position = 0;
                    done = y_position == counter(C::below - 1);
                    y_position = counter(y_position + counter(1));
                    step = C::next_below, down = C::row_below, across = C::column_below;
                    further = counter(C::beats_below);
                }
            }
            row = counter(row + counter(down));
            column = counter(column + counter(across));
            const int moved = int(from) + int(step);
            from = place(moved >= C::ring ? moved - C::ring : moved);
        }
        if (reads) {
            buffer[int(to)] = C::x::read(in);
            to = place(to == place(C::ring - 1) ? place(0) : place(to + place(1)));
            left = counter(left - counter(1));
        }
        ahead = counter(ahead + counter(reads ? 1 : 0) - further);
    }
}

}  // namespace codesign

#endif

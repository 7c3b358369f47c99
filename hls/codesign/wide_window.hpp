// For each output pixel all elements that its window sees, whole or in wide parts, through row buffers and registers.
#ifndef CODESIGN_WIDE_WINDOW_HPP
#define CODESIGN_WIDE_WINDOW_HPP

#include "types.hpp"

namespace codesign {

// C: steps; height, width (of the image), pitch (shifts per row of the image, `width` of them with a pixel); first,
// across, down (shifts until the first window is complete, from one to the next beside it, and to the next row of
// windows); below, beside (rows and columns of windows); taps_down, taps_across (taps of a window), reach_down,
// reach_across (rows and columns from one tap to the next); columns (pixels from the first tap of a row to the last),
// kept_columns (all but one); buffers, row_depth (row buffers, at least one, and the pixels of each); stride_down,
// stride_across; padded; elements (of a window), parts (beats of a window); first_row, first_column (where the first
// window starts, 0 or below it); x and y (beats: a pixel, and a part of a window); counter (a code for everything
// that is counted); fill.
//
// A shift moves every pixel on by one place:  pixel -> row of registers -> row buffer -> row of registers -> ...
template <class C, class In, class Out>
void wide_window_loop(In& in, Out& out, typename C::x::word rows[C::buffers][C::row_depth]) {
#pragma HLS INLINE
    typedef typename C::counter::type counter;
    typename C::x::word seen[C::taps_down][C::columns];
#pragma HLS ARRAY_PARTITION variable=seen complete dim=0
    typename C::x::type kept[C::elements];
#pragma HLS ARRAY_PARTITION variable=kept complete dim=0
    counter wait = counter(C::first), parts = 0, x_pixel = 0, y_pixel = 0, place = 0;
    counter x_position = 0, y_position = 0, row = counter(C::first_row), column = counter(C::first_column);
    bool done = false;
step:
    for (int t = 0; t < C::steps; ++t) {
#pragma HLS PIPELINE II=1
        const bool shifts = done || wait != counter(1) || parts == counter(0);
        const bool completes = shifts && !done && wait == counter(1);
        if (shifts) {
            typename C::x::word pixel = seen[C::taps_down - 1][C::columns - 1];  // behind the image: any
            const bool reads = x_pixel < counter(C::width) && y_pixel < counter(C::height);
            const bool row_ends = x_pixel == counter(C::pitch - 1);
            if (reads) pixel = C::x::read(in);
            for (int i = 0; i < C::taps_down; ++i) {
#pragma HLS UNROLL
                const typename C::x::word next = i == C::taps_down - 1 ? pixel : rows[i % C::buffers][int(place)];
                if (i > 0) rows[(i + C::buffers - 1) % C::buffers][int(place)] = next;
                for (int j = 0; j < C::kept_columns; ++j) {
#pragma HLS UNROLL
                    seen[i][j] = seen[i][j + 1];
                }
                seen[i][C::columns - 1] = next;
            }
            place = counter(place == counter(C::row_depth - 1) ? counter(0) : counter(place + counter(1)));
            x_pixel = counter(row_ends ? counter(0) : counter(x_pixel + counter(1)));
            if (row_ends && y_pixel < counter(C::height)) y_pixel = counter(y_pixel + counter(1));
            if (!done) wait = counter(wait - counter(1));
        }
        if (completes) {
            for (int i = 0; i < C::taps_down; ++i) {
#pragma HLS UNROLL
                const counter y = counter(row + counter(i * C::reach_down));
                for (int j = 0; j < C::taps_across; ++j) {
#pragma HLS UNROLL
                    const counter x = counter(column + counter(j * C::reach_across));
                    const bool inside = !C::padded || (y >= counter(0) && y < counter(C::height) && x >= counter(0) &&
                                                       x < counter(C::width));
                    for (int c = 0; c < C::x::lanes; ++c) {
#pragma HLS UNROLL
                        kept[(i * C::taps_across + j) * C::x::lanes + c] =
                            inside ? C::x::get(seen[i][j * C::reach_across], c) : typename C::x::type(C::fill);
                    }
                }
            }
            parts = counter(C::parts);
            const bool row_done = x_position == counter(C::beside - 1);
            if (!row_done) {
                x_position = counter(x_position + counter(1));
                column = counter(column + counter(C::stride_across));
                wait = counter(C::across);
            } else {
                x_position = 0;
                column = counter(C::first_column);
                done = y_position == counter(C::below - 1);
                y_position = counter(y_position + counter(1));
                row = counter(row + counter(C::stride_down));
                wait = counter(C::down);
            }
        }
        const bool writes = parts != counter(0);
        if (writes) {
            const int part = C::parts == 1 ? 0 : C::parts - int(parts);
            typename C::y::word y;
            for (int l = 0; l < C::y::lanes; ++l) {
#pragma HLS UNROLL
                C::y::set(y, l, kept[part * C::y::lanes + l]);
            }
            C::y::write(out, y);
            parts = counter(parts - counter(1));
        }
    }
}

// Row buffers in RAM. What is written is read again `row_depth` shifts later, which is more than the pipeline is deep.
template <class C, class In, class Out> void wide_window(In& in, Out& out) {
#pragma HLS INLINE
    typename C::x::word rows[C::buffers][C::row_depth];
#pragma HLS ARRAY_PARTITION variable=rows complete dim=1
#pragma HLS DEPENDENCE variable=rows inter false
    wide_window_loop<C>(in, out, rows);
}

// Short row buffers, in registers.
template <class C, class In, class Out> void small_wide_window(In& in, Out& out) {
#pragma HLS INLINE
    typename C::x::word rows[C::buffers][C::row_depth];
#pragma HLS ARRAY_PARTITION variable=rows complete dim=0
    wide_window_loop<C>(in, out, rows);
}

}  // namespace codesign

#endif

// For each output pixel the elements that its window sees of the image, without padding, through a ring of the last rows.
#ifndef CODESIGN_INSIDE_WINDOW_HPP
#define CODESIGN_INSIDE_WINDOW_HPP

#include "types.hpp"

namespace codesign {

// C: steps; beats (of the image); ring (beats that are kept); span, room, begin (beats: how far a window reaches with its
// padding, how far reading may be ahead of it, and how far the first element of the first one lies before the image);
// below, beside (rows and columns of windows); folds (beats of a tap); next_column, next_row (places in the ring from the
// last beat of a tap to the next one in its row, and from the start of a row of taps to the next); beats_beside,
// beats_below (from one window to the next); x (beats); counter, place (codes for everything that is counted, and for
// places in the ring); table (a code of the tables).
//
// rows[y] holds how many rows of taps of the windows in row y lie inside the image, and the place in the ring of the
// first one; columns[x] holds the same for columns. `ahead` is how many beats have been read beyond the window's first
// element, padding included:
//   write while ahead >= span or all is read;  read while ahead < room and not all is read.
template <class C, class In, class Out>
void inside_window(In& in, Out& out, const typename C::table::rom rows[C::below][2],
                   const typename C::table::rom columns[C::beside][2]) {
#pragma HLS INLINE
    typedef typename C::counter::type counter;
    typedef typename C::place::type place;
    typename C::x::word buffer[C::ring];
    counter left = counter(C::beats), ahead = counter(C::begin);
    counter taps_down = counter(rows[0][0]), taps_across = counter(columns[0][0]);
    counter x_position = 0, y_position = 0, row = 0, column = 0, fold = 0;
    const int first = int(rows[0][1]) + int(columns[0][1]);
    place to = 0, from = place(first >= C::ring ? first - C::ring : first), line = from;
    bool done = false;
step:
    for (int t = 0; t < C::steps; ++t) {
#pragma HLS PIPELINE II=1
        const bool reads = left != counter(0) && (done || ahead < counter(C::room));
        const bool writes = !done && (left == counter(0) || ahead >= counter(C::span));
        counter further = 0;
        if (writes) {
            C::x::write(out, buffer[int(from)]);
            const bool fold_done = fold == counter(C::folds - 1);
            const bool column_done = column == counter(taps_across - counter(1));
            const bool row_done = row == counter(taps_down - counter(1));
            int base = int(from);
            int step = 1;
            fold = counter(fold_done ? counter(0) : counter(fold + counter(1)));
            if (fold_done) {
                column = counter(column_done ? counter(0) : counter(column + counter(1)));
                step = C::next_column;
            }
            if (fold_done && column_done) {
                row = counter(row_done ? counter(0) : counter(row + counter(1)));
                base = int(line);
                step = C::next_row;
            }
            const bool next_window = fold_done && column_done && row_done;
            if (next_window) {
                const bool next_below = x_position == counter(C::beside - 1);
                x_position = counter(next_below ? counter(0) : counter(x_position + counter(1)));
                if (next_below) {
                    done = y_position == counter(C::below - 1);
                    y_position = counter(done ? counter(0) : counter(y_position + counter(1)));
                }
                further = counter(next_below ? counter(C::beats_below) : counter(C::beats_beside));
                taps_down = counter(rows[int(y_position)][0]);
                taps_across = counter(columns[int(x_position)][0]);
                base = int(rows[int(y_position)][1]);
                step = int(columns[int(x_position)][1]);
            }
            const int moved = base + step;
            from = place(moved >= C::ring ? moved - C::ring : moved);
            if (fold_done && column_done) line = from;
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

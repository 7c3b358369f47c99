// The folded product of windows of which only the taps inside the image come.
#ifndef CODESIGN_INSIDE_MATVEC_HPP
#define CODESIGN_INSIDE_MATVEC_HPP

#include "matvec.hpp"
#include "types.hpp"

namespace codesign {

// C: that of a product (see matvec.hpp) and steps; below, beside (rows and columns of windows); tap_folds (beats of a
// tap), row_folds (beats of a row of taps); counter (a code for everything that is counted); table (a code of the tables).
//
// rows[y] holds how many rows of taps come of the windows in row y, and the first of their words of weights; columns[x]
// holds the same for columns. Output fold after output fold as for any product.
template <class C, bool Biased, class In, class Out>
void inside_matvec_loop(In& in, Out& out,
                        const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                        const typename C::bias::rom bias[Biased ? C::out_folds : 1][C::y::lanes],
                        const typename C::table::rom rows[C::below][2],
                        const typename C::table::rom columns[C::beside][2]) {
#pragma HLS INLINE
    typedef typename C::counter::type counter;
    typename C::x::word buffer[C::in_folds];
    typename C::y::element::sum partial[C::y::lanes];
#pragma HLS ARRAY_PARTITION variable=partial complete dim=0
    counter taps_down = counter(rows[0][0]), taps_across = counter(columns[0][0]);
    counter x_position = 0, y_position = 0, output = 0, row = 0, column = 0, fold = 0, place = 0;
    counter word = counter(int(rows[0][1]) + int(columns[0][1])), line = word, start = word;
step:
    for (int t = 0; t < C::steps; ++t) {
#pragma HLS PIPELINE II=1
        const bool reads = output == counter(0);
        const bool starts = place == counter(0);
        const bool fold_done = fold == counter(C::tap_folds - 1);
        const bool column_done = fold_done && column == counter(taps_across - counter(1));
        const bool row_done = column_done && row == counter(taps_down - counter(1));
        const bool output_done = row_done && output == counter(C::out_folds - 1);
        const typename C::x::word x = input<C>(in, buffer, int(place), reads);
        accumulate<C, Biased>(x, weights, bias, int(word), int(output), starts, partial);
        if (row_done) C::y::write(out, results<C>(partial));
        if (output_done) {
            const bool below = x_position == counter(C::beside - 1);
            const bool all = below && y_position == counter(C::below - 1);
            x_position = counter(below ? counter(0) : counter(x_position + counter(1)));
            if (below) y_position = counter(all ? counter(0) : counter(y_position + counter(1)));
            taps_down = counter(rows[int(y_position)][0]);
            taps_across = counter(columns[int(x_position)][0]);
            start = counter(int(rows[int(y_position)][1]) + int(columns[int(x_position)][1]));
        } else if (row_done) {
            start = counter(start + counter(C::in_folds));
        }
        if (row_done) line = start;
        else if (column_done) line = counter(line + counter(C::row_folds));
        word = counter(column_done ? line : counter(word + counter(1)));
        place = counter(row_done ? counter(0) : counter(place + counter(1)));
        fold = counter(fold_done ? counter(0) : counter(fold + counter(1)));
        if (fold_done) column = counter(column_done ? counter(0) : counter(column + counter(1)));
        if (column_done) row = counter(row_done ? counter(0) : counter(row + counter(1)));
        if (row_done) output = counter(output_done ? counter(0) : counter(output + counter(1)));
    }
}

template <class C, class In, class Out>
void inside_matvec(In& in, Out& out,
                   const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                   const typename C::bias::rom bias[C::out_folds][C::y::lanes],
                   const typename C::table::rom rows[C::below][2], const typename C::table::rom columns[C::beside][2]) {
#pragma HLS INLINE
    inside_matvec_loop<C, true>(in, out, weights, bias, rows, columns);
}

template <class C, class In, class Out>
void inside_matvec(In& in, Out& out,
                   const typename C::weight::rom weights[C::out_folds * C::in_folds][C::y::lanes * C::x::lanes],
                   const typename C::table::rom rows[C::below][2], const typename C::table::rom columns[C::beside][2]) {
#pragma HLS INLINE
    const typename C::bias::rom none[1][C::y::lanes] = {{0}};
    inside_matvec_loop<C, false>(in, out, weights, none, rows, columns);
}

}  // namespace codesign

#endif

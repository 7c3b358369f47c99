// Requantization by a table: y = entries[c][x - first].
#ifndef CODESIGN_TABLE_HPP
#define CODESIGN_TABLE_HPP

#include "types.hpp"

namespace codesign {

// C: positions, folds (channels / lanes), codes (entries per channel); x, y (beats), entry, index (codes); first, the
// code of x that the first entry belongs to; entry_folds, entry_lanes (1 and 1 where one table serves all channels).
// Lane l has a memory of its own, with the tables of all its folds one after the other.
template <class C, class In, class Out>
void table(In& in, Out& out, const typename C::entry::rom entries[C::entry_lanes][C::entry_folds * C::codes]) {
#pragma HLS INLINE
    typedef typename C::index::type index;
position:
    for (int position = 0; position < C::positions; ++position) {
    fold:
        for (int f = 0; f < C::folds; ++f) {
#pragma HLS PIPELINE II=1
            const typename C::x::word x = C::x::read(in);
            typename C::y::word y;
            for (int l = 0; l < C::x::lanes; ++l) {
#pragma HLS UNROLL
                const index i = index(index(C::x::get(x, l)) - index(C::first));
                const int start = C::entry_folds > 1 ? f * C::codes : 0;
                C::y::set(y, l, typename C::y::type(entries[C::entry_lanes > 1 ? l : 0][start + int(i)]));
            }
            C::y::write(out, y);
        }
    }
}

}  // namespace codesign

#endif

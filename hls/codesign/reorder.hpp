// The beats of a sample in the order of nested loops, through a ring of the last beats.
#ifndef CODESIGN_REORDER_HPP
#define CODESIGN_REORDER_HPP

#include "types.hpp"

namespace codesign {

// C: beats (of a sample), delay (steps from reading a beat to writing one), steps (both together), ring (beats that are
// kept), loops; x (beats); place, turn, move (codes). `turns` holds the last turn of each loop, innermost first;
// `moves` how far the next place lies in the ring when that loop goes on and those inside it start again.
template <class C, class In, class Out>
void reorder(In& in, Out& out, const typename C::turn::rom turns[1][C::loops],
             const typename C::move::rom moves[1][C::loops]) {
#pragma HLS INLINE
    typedef typename C::place::type place;
    typename C::x::word buffer[C::ring];
    typename C::turn::type turn[C::loops];
#pragma HLS ARRAY_PARTITION variable=turn complete dim=0
    place to = 0, from = 0;
start:
    for (int l = 0; l < C::loops; ++l) {
#pragma HLS UNROLL
        turn[l] = 0;
    }
step:
    for (int t = 0; t < C::steps; ++t) {
#pragma HLS PIPELINE II=1
        if (t >= C::delay) {
            C::x::write(out, buffer[int(from)]);
            int moved = int(from);
            bool carry = true;
            for (int l = 0; l < C::loops; ++l) {
#pragma HLS UNROLL
                const bool last = int(turn[l]) == int(turns[0][l]);
                if (carry) {
                    if (!last) moved = int(from) + int(moves[0][l]);
                    turn[l] = last ? typename C::turn::type(0) : typename C::turn::type(turn[l] + 1);
                }
                carry = carry && last;
            }
            from = place(moved >= C::ring ? moved - C::ring : moved);
        }
        if (t < C::beats) {
            buffer[int(to)] = C::x::read(in);
            to = place(int(to) == C::ring - 1 ? 0 : int(to) + 1);
        }
    }
}

}  // namespace codesign

#endif

// A product with a constant matrix as a graph of additions: no multipliers, a vector per cycle.
#ifndef CODESIGN_ADDER_GRAPH_HPP
#define CODESIGN_ADDER_GRAPH_HPP

#include "types.hpp"

namespace codesign {

// (a << left) + (b << right) as a code R that holds the result: sums are exact modulo a power of two, so it does not
// matter that it may not hold the operands. The shifts are constants once this is inlined.
template <class R, class A, class B> inline typename R::held added(A a, int left, B b, int right) {
#pragma HLS INLINE
    typedef typename R::sum sum;
    return R::hold((sum(a) << left) + (sum(b) << right));
}

// (a << left) - (b << right).
template <class R, class A, class B> inline typename R::held subtracted(A a, int left, B b, int right) {
#pragma HLS INLINE
    typedef typename R::sum sum;
    return R::hold((sum(a) << left) - (sum(b) << right));
}

// C: positions; x and y (beats of all inputs and all outputs). Graph::sum_up gives the y of an x.
template <class C, class Graph, class In, class Out> void adder_graph(In& in, Out& out) {
#pragma HLS INLINE
position:
    for (int position = 0; position < C::positions; ++position) {
#pragma HLS PIPELINE II=1
        const typename C::x::word x = C::x::read(in);
        typename C::y::word y;
        Graph::sum_up(x, y);
        C::y::write(out, y);
    }
}

}  // namespace codesign

#endif

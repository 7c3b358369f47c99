// small: the interface. Made by codesign 0.1.0 from the model sha256:0123456789ab.
#ifndef CODESIGN_TOP_H
#define CODESIGN_TOP_H

// The widest word, in bits; ap_int.h must not be included before.
#ifndef AP_INT_MAX_W
#define AP_INT_MAX_W 1024
#endif

#include <hls_stream.h>

#include "codesign/types.hpp"

// Ports: one sample is so many beats of so many lanes, element e of the sample (row-major) in lane e % lanes of beat
// e / lanes, its code in bits lane * width ... of the word.
// x: 1 beats of 4 lanes of 4 bits; global_in
typedef codesign::beat<codesign::sint<4>, 4> x_beat;
// y: 1 beats of 1 lanes of 1 bits; global_out
typedef codesign::beat<codesign::uint<1>, 1> y_beat;

// Reads one sample from each input and writes one to each output.
void small(
    hls::stream<x_beat::word>& x,
    hls::stream<y_beat::word>& y);

#endif

// The configuration of each process. Made by codesign 0.1.0 from the model sha256:0123456789ab.
#ifndef CODESIGN_CONFIG_H
#define CODESIGN_CONFIG_H

#include "codesign/types.hpp"

// What the streams between the processes carry.
typedef codesign::beat<codesign::sint<7>, 2> dense_1_out_beat;
typedef codesign::beat<codesign::uint<3>, 2> relu_out_beat;
typedef codesign::beat<codesign::uint<3>, 4> packed_beat;
typedef codesign::beat<codesign::sint<7>, 1> dense_2_out_beat;
typedef codesign::beat<codesign::sint<3>, 1> scores_beat;

// /dense/MatMul
struct dense_1_config {
    static const int positions = 1;
    static const int in_folds = 1;
    static const int out_folds = 2;
    typedef codesign::beat<codesign::sint<4>, 4> x;
    typedef codesign::beat<codesign::sint<7>, 2> y;
    typedef codesign::sint<3> weight;
    typedef codesign::sint<3> bias;
    typedef codesign::fabric multiplier;
};

// /act/Relu
struct relu_config {
    static const int beats = 2;
    typedef codesign::beat<codesign::sint<7>, 2> x;
    typedef codesign::beat<codesign::uint<3>, 2> y;
    typedef codesign::sint<8> wide;
    static const long long bias = 0LL;
    static const long long half = 3LL;
    static const int right = 3;
    static const int left = 0;
    static const bool even = true;
    static const long long low = 0LL;
    static const long long high = 7LL;
    static const bool clip_low = true;
    static const bool clip_high = true;
};

// /dense_2/MatMul
struct pack_config {
    static const int beats = 1;
    static const int ratio = 2;
    typedef codesign::beat<codesign::uint<3>, 2> x;
    typedef codesign::beat<codesign::uint<3>, 4> y;
};

// /dense_2/MatMul
struct dense_2_config {
    static const int positions = 1;
    static const int in_folds = 1;
    static const int out_folds = 2;
    typedef codesign::beat<codesign::uint<3>, 4> x;
    typedef codesign::beat<codesign::sint<7>, 1> y;
    typedef codesign::sint<3> weight;
    typedef codesign::uint<1> bias;
    typedef codesign::fabric multiplier;
};

// /out/Quant
struct quant_config {
    static const int positions = 1;
    static const int folds = 2;
    static const int steps = 4;
    typedef codesign::beat<codesign::sint<7>, 1> x;
    typedef codesign::beat<codesign::sint<3>, 1> y;
    typedef codesign::sint<5> level;
    static const int level_folds = 1;
    static const int level_lanes = 1;
    typedef codesign::sint<2> base;
    static const int base_folds = 1;
    static const int base_lanes = 1;
    typedef codesign::uint<1> fall;
    static const int fall_folds = 1;
    static const int fall_lanes = 1;
    static const bool rising = true;
    static const bool falling = false;
    typedef codesign::sint<8> wide;
    typedef codesign::uint<3> count;
};

// /ArgMax
struct best_config {
    static const int positions = 1;
    static const int folds = 2;
    typedef codesign::beat<codesign::sint<3>, 1> x;
    typedef codesign::beat<codesign::uint<1>, 1> y;
};

#endif

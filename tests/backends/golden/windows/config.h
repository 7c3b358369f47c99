// The configuration of each process. Made by codesign 0.1.0 from the model sha256:0.
#ifndef CODESIGN_CONFIG_H
#define CODESIGN_CONFIG_H

#include "codesign/types.hpp"

// What the streams between the processes carry.
typedef codesign::beat<codesign::sint<4>, 18> conv_1_window_out_beat;
typedef codesign::beat<codesign::sint<10>, 2> conv_1_out_beat;
typedef codesign::beat<codesign::uint<3>, 2> relu_out_beat;
typedef codesign::beat<codesign::uint<3>, 2> conv_2_window_out_beat;
typedef codesign::beat<codesign::sint<10>, 2> conv_2_out_beat;
typedef codesign::beat<codesign::sint<10>, 8> pool_window_out_beat;

// /conv_1_window
struct conv_1_window_config {
    static const int steps = 46;
    static const int height = 4;
    static const int width = 9;
    static const int pitch = 9;
    static const int first = 11;
    static const int across = 1;
    static const int down = 1;
    static const int below = 4;
    static const int beside = 9;
    static const int taps_down = 3;
    static const int taps_across = 3;
    static const int reach_down = 1;
    static const int reach_across = 1;
    static const int columns = 3;
    static const int kept_columns = 2;
    static const int buffers = 2;
    static const int row_depth = 9;
    static const int stride_down = 1;
    static const int stride_across = 1;
    static const bool padded = true;
    static const int elements = 18;
    static const int parts = 1;
    static const long long first_row = -1LL;
    static const long long first_column = -1LL;
    typedef codesign::beat<codesign::sint<4>, 2> x;
    typedef codesign::beat<codesign::sint<4>, 18> y;
    typedef codesign::sint<6> counter;
    static const long long fill = 0LL;
};

// /conv_1
struct conv_1_config {
    static const int positions = 36;
    static const int in_folds = 1;
    static const int out_folds = 2;
    typedef codesign::beat<codesign::sint<4>, 18> x;
    typedef codesign::beat<codesign::sint<10>, 2> y;
    typedef codesign::sint<3> weight;
    typedef codesign::sint<3> bias;
    typedef codesign::fabric multiplier;
};

// /relu
struct relu_config {
    static const int beats = 72;
    typedef codesign::beat<codesign::sint<10>, 2> x;
    typedef codesign::beat<codesign::uint<3>, 2> y;
    typedef codesign::sint<11> wide;
    static const long long bias = 0LL;
    static const long long half = 15LL;
    static const int right = 5;
    static const int left = 0;
    static const bool even = true;
    static const long long low = 0LL;
    static const long long high = 7LL;
    static const bool clip_low = true;
    static const bool clip_high = true;
};

// /conv_2_window
struct conv_2_window_config {
    static const int steps = 522;
    static const int beats = 72;
    static const int ring = 44;
    static const int span = 42;
    static const int room = 44;
    static const int begin = 20;
    static const int below = 4;
    static const int beside = 9;
    static const int folds = 2;
    static const int next_column = 1;
    static const int next_row = 18;
    static const int beats_beside = 2;
    static const long long beats_below = 2LL;
    typedef codesign::beat<codesign::uint<3>, 2> x;
    typedef codesign::sint<9> counter;
    typedef codesign::uint<6> place;
    typedef codesign::uint<6> table;
};

// /conv_2
struct conv_2_config {
    static const int positions = 36;
    static const int in_folds = 18;
    static const int out_folds = 1;
    typedef codesign::beat<codesign::uint<3>, 2> x;
    typedef codesign::beat<codesign::sint<10>, 2> y;
    typedef codesign::sint<3> weight;
    typedef codesign::uint<1> bias;
    typedef codesign::fabric multiplier;
    static const int steps = 500;
    static const int below = 4;
    static const int beside = 9;
    static const int tap_folds = 2;
    static const int row_folds = 6;
    typedef codesign::sint<7> counter;
    typedef codesign::uint<3> table;
};

// /pool_window
struct pool_window_config {
    static const int steps = 36;
    static const int height = 4;
    static const int width = 9;
    static const int pitch = 9;
    static const int first = 11;
    static const int across = 2;
    static const int down = 12;
    static const int below = 2;
    static const int beside = 4;
    static const int taps_down = 2;
    static const int taps_across = 2;
    static const int reach_down = 1;
    static const int reach_across = 1;
    static const int columns = 2;
    static const int kept_columns = 1;
    static const int buffers = 1;
    static const int row_depth = 9;
    static const int stride_down = 2;
    static const int stride_across = 2;
    static const bool padded = false;
    static const int elements = 8;
    static const int parts = 1;
    static const long long first_row = 0LL;
    static const long long first_column = 0LL;
    typedef codesign::beat<codesign::sint<10>, 2> x;
    typedef codesign::beat<codesign::sint<10>, 8> y;
    typedef codesign::sint<6> counter;
    static const long long fill = 0LL;
};

// /pool
struct pool_config {
    static const int positions = 8;
    static const int taps = 1;
    static const int folds = 1;
    static const int beside = 4;
    static const bool largest = true;
    typedef codesign::beat<codesign::sint<10>, 8> x;
    typedef codesign::beat<codesign::sint<10>, 2> y;
};

#endif

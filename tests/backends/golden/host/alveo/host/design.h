// The numbers of the design that the host needs. Made by codesign 0.1.0 from the model abc.
#ifndef CODESIGN_HOST_DESIGN_H
#define CODESIGN_HOST_DESIGN_H

#include "port.hpp"

namespace codesign {
namespace design {

static const char kernel[] = "small_kernel";
static const char* const compute_units[] = {"small_kernel_1", "small_kernel_2"};

// What the kernel must report of itself.
static const unsigned int digest[4] = {0xded2c23au, 0x40698326u, 0x5102df69u, 0xc4a45aa2u};
static const unsigned int layout_version = 1;

// Samples that the buffers of one compute unit hold.
static const std::int64_t max_batch = 100;

// x: global_in
static const std::int64_t input_0_shape[] = {4};
static const std::int64_t input_0_lengths[] = {4};
static const std::int64_t input_0_strides[] = {1};
static const double input_0_numbers[] = {
    -1.8749999999999998, -1.625, -1.3749999999999998, -1.125, -0.8749999999999999, -0.625, -0.37499999999999994, -0.125,
    0.12500000000000003, 0.375, 0.6250000000000001, 0.875, 1.1250000000000002, 1.375, 1.6250000000000002, -2.2499999999999996,
    -1.9499999999999997, -1.65, -1.3499999999999999, -1.0499999999999998, -0.7499999999999999, -0.44999999999999996, -0.15, 0.15000000000000002,
    0.45, 0.75, 1.05, 1.35, 1.6500000000000001, 1.95, -3.7499999999999996, -3.25,
    -2.7499999999999996, -2.25, -1.7499999999999998, -1.25, -0.7499999999999999, -0.25, 0.25000000000000006, 0.75,
    1.2500000000000002, 1.75, 2.2500000000000004, 2.75, 3.2500000000000004, -0.75, -0.65, -0.5499999999999999,
    -0.45, -0.35, -0.25, -0.15, -0.05, 0.05000000000000001, 0.15000000000000002, 0.25000000000000006,
    0.35000000000000003, 0.45000000000000007, 0.55, 0.6500000000000001,
};
static const Stairs input_0_function_0 = {-8, false, input_0_numbers + 0, 15};
static const Stairs input_0_function_1 = {-8, false, input_0_numbers + 15, 15};
static const Stairs input_0_function_2 = {-8, false, input_0_numbers + 30, 15};
static const Stairs input_0_function_3 = {-8, false, input_0_numbers + 45, 15};
static const Function input_0_functions[] = {
    {nullptr, nullptr, &input_0_function_0},
    {nullptr, nullptr, &input_0_function_1},
    {nullptr, nullptr, &input_0_function_2},
    {nullptr, nullptr, &input_0_function_3},
};

// y: global_out
static const std::int64_t output_0_shape[] = {1};
static const std::int64_t output_0_lengths[] = {1};
static const std::int64_t output_0_strides[] = {1};
static const double output_0_numbers[] = {
    1.0, 0.0,
};

static const Port inputs[] = {
    {"x", "global_in", 1,
     input_0_shape, input_0_lengths, input_0_strides,
     4, -8, 7,
     {64, 4, true, 128, 1, 128},
     {input_0_functions, 4},
     {nullptr, nullptr, 1}},
};

static const Port outputs[] = {
    {"y", "global_out", 1,
     output_0_shape, output_0_lengths, output_0_strides,
     1, 0, 1,
     {64, 1, false, 512, 1, 512},
     {nullptr, 1},
     {output_0_numbers, output_0_numbers + 1, 1}},
};

}  // namespace design
}  // namespace codesign

#endif

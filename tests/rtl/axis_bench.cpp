// Drives a design of one AXI4-Stream in and one out with random stalls; both ports are called s_axis_x and m_axis_y.
// Arguments: how many beats, beats per sample, the beat whose tlast is wrong (-1: none), seed. Words come from standard
// input, one per line; standard output has each word that is given and its tlast, and at last misframed.
#include <verilated.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "Vcosim.h"

static std::uint64_t state;

static unsigned draw() {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return unsigned(state >> 40);
}

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const long beats = atol(argv[1]), sample = atol(argv[2]), wrong = atol(argv[3]);
    state = std::uint64_t(atol(argv[4])) * 2 + 1;
    VerilatedContext context;
    Vcosim top(&context);
    long sent = 0, given = 0;
    bool offered = false;
    for (long cycle = 0; given < beats; ++cycle) {
        if (cycle > 100 * beats + 1000) return 3;
        const bool reset = cycle < 3;
        top.aresetn = !reset;
        top.aclk = 0;
        if (!reset && !offered && sent < beats && draw() % 4) {
            unsigned long long word;
            if (scanf("%llu", &word) != 1) return 2;
            top.s_axis_x_tdata = word;
            top.s_axis_x_tlast = (sent % sample == sample - 1) != (sent == wrong);
            offered = true;
        }
        top.s_axis_x_tvalid = offered;
        top.m_axis_y_tready = draw() % 4 != 0;
        top.eval();
        if (reset && top.m_axis_y_tvalid && cycle > 1) return 4;
        if (offered && top.s_axis_x_tready) {
            ++sent;
            offered = false;
        }
        if (top.m_axis_y_tvalid && top.m_axis_y_tready) {
            printf("%llu %d\n", (unsigned long long)top.m_axis_y_tdata, int(top.m_axis_y_tlast));
            ++given;
        }
        top.aclk = 1;
        top.eval();
    }
    printf("%d\n", int(top.misframed));
    return 0;
}

// The design as a shared object for simulation from Python. Made by codesign 0.1.0 from the model sha256:0123456789ab.
#include "../src/small.cpp"

#include <cstdio>
#include <exception>

#define EXPORTED extern "C" __attribute__((visibility("default")))

template <class Beat> static void feed(hls::stream<typename Beat::word>& stream, const long long* codes, int beats) {
    for (int b = 0; b < beats; ++b) {
        typename Beat::word word;
        for (int l = 0; l < Beat::lanes; ++l) Beat::set(word, l, typename Beat::type(codes[b * Beat::lanes + l]));
        stream.write(word);
    }
}

template <class Beat> static void drain(hls::stream<typename Beat::word>& stream, long long* codes, int beats) {
    for (int b = 0; b < beats; ++b) {
        const typename Beat::word word = stream.read();
        for (int l = 0; l < Beat::lanes; ++l) codes[b * Beat::lanes + l] = (long long)(Beat::get(word, l));
    }
}

static int fail(char* message, long long size, const char* problem, const char* stream) {
    std::snprintf(message, (unsigned long)size, problem, stream);
    return 1;
}

// Codes of `samples` samples, each port an array (samples, elements). Gives 0, or 1 and a message.
EXPORTED int codesign_run(const long long* const* inputs, long long* const* outputs, long long samples, char* message,
                          long long size) {
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) hls::csim::marks()[i].left = 0;
    try {
        hls::stream<x_beat::word> port_x("x");
        hls::stream<y_beat::word> port_y("y");
        for (long long n = 0; n < samples; ++n) {
            feed<x_beat>(port_x, inputs[0] + n * 4, 1);
            ::small(port_x, port_y);
            if (!port_x.empty())
                return fail(message, size, "%s was not read to its end", "x");
            drain<y_beat>(port_y, outputs[0] + n * 1, 1);
            if (!port_y.empty())
                return fail(message, size, "%s got more beats than a sample has", "y");
        }
    } catch (const std::exception& problem) {
        return fail(message, size, "%s", problem.what());
    }
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) {
        if (hls::csim::marks()[i].left > 0)
            return fail(message, size, "stream %s was not read to its end", hls::csim::marks()[i].name);
    }
    return 0;
}

// The most beats that stream number `index` ever held; 0 when there is no such stream, else 1.
EXPORTED int codesign_high_water(long long index, const char** name, long long* beats) {
    if (index >= (long long)hls::csim::marks().size()) return 0;
    *name = hls::csim::marks()[(unsigned long)index].name;
    *beats = (long long)hls::csim::marks()[(unsigned long)index].high;
    return 1;
}

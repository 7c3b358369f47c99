// Runs the design on the vectors in vectors/ and compares. Made by codesign 0.1.0 from the model sha256:0123456789ab.
#include "../src/small.h"

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

typedef std::vector<long long> codes;

// All codes of a port, one line per sample in the file. Simulators run in a folder of their own somewhere below the
// project, so the vectors are looked for upwards, unless the first argument names their folder.
static bool load(const char* folder, const char* port, codes& found) {
    std::string place = folder ? std::string(folder) + "/" : "tb/vectors/";
    for (int up = 0; up < (folder ? 1 : 12); ++up) {
        std::ifstream file((place + port + ".dat").c_str());
        if (file) {
            long long code;
            while (file >> code) found.push_back(code);
            return file.eof();
        }
        place = "../" + place;
    }
    return false;
}

template <class Beat> static void feed(hls::stream<typename Beat::word>& stream, const long long* sample, int beats) {
    for (int b = 0; b < beats; ++b) {
        typename Beat::word word;
        for (int l = 0; l < Beat::lanes; ++l) Beat::set(word, l, typename Beat::type(sample[b * Beat::lanes + l]));
        stream.write(word);
    }
}

template <class Beat>
static bool agrees(hls::stream<typename Beat::word>& stream, const codes& expected, unsigned long n, int beats,
                   const char* port) {
    bool good = true;
    for (int b = 0; b < beats; ++b) {
        const typename Beat::word word = stream.read();
        for (int l = 0; l < Beat::lanes; ++l) {
            const int element = b * Beat::lanes + l;
            const long long wanted = expected[n * (unsigned long)(beats * Beat::lanes) + (unsigned long)element];
            const long long got = (long long)(Beat::get(word, l));
            if (got != wanted && good) {
                std::printf("%s: sample %lu, element %d: got %lld, expected %lld\n", port, n, element, got, wanted);
                good = false;
            }
        }
    }
    return good;
}

int main(int argc, char** argv) {
    const char* folder = argc > 1 ? argv[1] : 0;
    codes codes_x;
    if (!load(folder, "x", codes_x)) {
        std::printf("the vectors x.dat were not found; give their folder as the argument\n");
        return 2;
    }
    codes codes_y;
    if (!load(folder, "y", codes_y)) {
        std::printf("the vectors y.dat were not found; give their folder as the argument\n");
        return 2;
    }
    const unsigned long samples = codes_x.size() / 4;
    if (codes_x.size() != samples * 4 || samples == 0) {
        std::printf("the vectors x.dat do not hold whole samples of 4 codes\n");
        return 2;
    }
    if (codes_y.size() != samples * 1 || samples == 0) {
        std::printf("the vectors y.dat do not hold whole samples of 1 codes\n");
        return 2;
    }
    hls::stream<x_beat::word> port_x("x");
    hls::stream<y_beat::word> port_y("y");
    for (unsigned long n = 0; n < samples; ++n) {
        feed<x_beat>(port_x, &codes_x[n * 4], 1);
        ::small(port_x, port_y);
        if (!agrees<y_beat>(port_y, codes_y, n, 1, "y")) return 1;
    }
    std::printf("%lu samples agree\n", samples);
    return 0;
}

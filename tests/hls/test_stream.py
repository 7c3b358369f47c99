"""The stand-in for hls::stream: first in, first out, loud when read empty, and it knows how full it was."""

import subprocess
from pathlib import Path

from codesign import resources
from codesign.verification import toolchain

PROGRAM = r"""
#include <hls_stream.h>
#include <cstdio>
#include <cstring>

struct Wide { int lane[300]; };

static int failures = 0;
#define CHECK(what) do { if (!(what)) { std::printf("line %d: %s\n", __LINE__, #what); ++failures; } } while (0)

// Writes and reads in uneven steps, so that the ring turns round and grows while it is turned.
template <class T> void keeps_order(T (*make)(int), int (*read)(const T&)) {
    hls::stream<T> s("order");
    int next = 0, expected = 0;
    for (int round = 1; round < 200; ++round) {
        for (int i = 0; i < round; ++i) s.write(make(next++));
        for (int i = 0; i < round - 1; ++i) CHECK(read(s.read()) == expected++);
    }
    CHECK(int(s.size()) == next - expected);
    while (!s.empty()) CHECK(read(s.read()) == expected++);
    CHECK(next == expected);
}

static signed char make_byte(int k) { return (signed char)(k); }
static int read_byte(const signed char& k) { static int n = 0; CHECK(k == (signed char)(n)); return n++; }
static Wide make_wide(int k) { Wide w; w.lane[0] = k; w.lane[299] = -k; return w; }
static int read_wide(const Wide& w) { CHECK(w.lane[299] == -w.lane[0]); return w.lane[0]; }

int main() {
    keeps_order<signed char>(make_byte, read_byte);
    keeps_order<Wide>(make_wide, read_wide);

    try {
        hls::stream<int> empty("lonely");
        empty.read();
        CHECK(!"reached");
    } catch (const std::exception& problem) {
        CHECK(std::strcmp(problem.what(), "stream lonely was read while it was empty") == 0);
    }

    for (int beats = 1; beats <= 5; beats += 2) {
        hls::stream<int> s("marked");
        for (int i = 0; i < beats; ++i) s << i;
        int first;
        s >> first;
        int value = -1;
        while (s.read_nb(value)) {}
        CHECK(first == 0 && value == (beats > 1 ? beats - 1 : -1));
        if (beats == 3) s.write(7);
    }
    bool found = false;
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) {
        const hls::csim::Mark& mark = hls::csim::marks()[i];
        if (std::strcmp(mark.name, "marked") != 0) continue;
        CHECK(!found && mark.high == 5 && mark.left == 1);
        found = true;
    }
    CHECK(found);

    {
        hls::stream<int> lanes[3];
        hls::csim::name(lanes, "lanes");
        for (int i = 0; i < 3; ++i)
            for (int n = 0; n <= i; ++n) lanes[i].write(n);
        lanes[0].read();
        try {
            lanes[0].read();
            CHECK(!"reached");
        } catch (const std::exception& problem) {
            CHECK(std::strcmp(problem.what(), "stream lanes was read while it was empty") == 0);
        }
    }
    int named = 0;
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) {
        const hls::csim::Mark& mark = hls::csim::marks()[i];
        if (std::strcmp(mark.name, "lanes") != 0) continue;
        CHECK(mark.high == 3 && mark.left == 5);
        ++named;
    }
    CHECK(named == 1);
    return failures != 0;
}
"""


def test_the_stand_in_stream_behaves(tmp_path: Path) -> None:
    source, program = tmp_path / "stream.cpp", tmp_path / "stream"
    source.write_text(PROGRAM)
    toolchain.run(
        [
            toolchain.compiler(), "-std=c++11", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined,address",
            "-fno-sanitize-recover", f"-I{resources.folder('hls') / 'csim'}", source, "-o", program,
        ],
        seconds=120,
    )  # fmt: skip
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

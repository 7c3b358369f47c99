// The kernel as a shared object, which the in-process device loads in place of an xclbin.
// Made by codesign 0.1.0 from the model abc.
#include "../../kernel/small_kernel.cpp"

#include <cstdio>
#include <exception>
#include <mutex>

#define EXPORTED extern "C" __attribute__((visibility("default")))

static_assert(8 * sizeof(memory_word) == 512, "a word of memory has 512 bits");

namespace {

// `words` words hold `codes` codes, of which a sample has `sample`. Kind 0 is read, 1 is written.
struct Memory {
    const char* name;
    int kind;
    long long sample, codes, words;
};
const Memory memories[] = {
    {"x", 0, 4, 128, 1},
    {"y", 1, 1, 512, 1},
};
const int port_count = 2;
const int memory_count = port_count + 1;  // the last is the status

struct Unit {
    const char* name;
    int banks[memory_count];
};
const Unit units[] = {
    {"small_kernel_1", {0, 1, 2}},
    {"small_kernel_2", {1, 2, 0}},
};
const int unit_count = 2;

struct Bank {
    const char* tag;
    long long bytes;
};
const Bank banks[] = {
    {"HBM[0]", 4194304LL},
    {"HBM[1]", 4194304LL},
    {"HBM[2]", 4194304LL},
};
const int bank_count = 3;

int fail(char* message, long long size, const char* what, const char* name) {
    std::snprintf(message, (unsigned long)size, "%s%s", what, name);
    return 1;
}

}  // namespace

EXPORTED const char* codesign_kernel_name() { return "small_kernel"; }

// Each gives 0 where there is none of that number, else 1.
EXPORTED int codesign_compute_unit(int unit, const char** name) {
    if (unit < 0 || unit >= unit_count) return 0;
    *name = units[unit].name;
    return 1;
}

// Kind 0 is a memory that is read, 1 one that is written, 2 an int.
EXPORTED int codesign_argument(int unit, int index, const char** name, int* kind, int* bank) {
    if (unit < 0 || unit >= unit_count || index < 0 || index > memory_count) return 0;
    *name = index < port_count ? memories[index].name
            : index < memory_count ? "status" : "samples";
    *kind = index < port_count ? memories[index].kind : index < memory_count ? 1 : 2;
    *bank = index < memory_count ? units[unit].banks[index] : -1;
    return 1;
}

EXPORTED int codesign_bank(int bank, const char** tag, long long* bytes) {
    if (bank < 0 || bank >= bank_count) return 0;
    *tag = banks[bank].tag;
    *bytes = banks[bank].bytes;
    return 1;
}

// One launch of a compute unit; `bytes` are the sizes of its memories. Gives 0, or 1 and a message.
EXPORTED int codesign_launch(int unit, void* const* memory, const long long* bytes, int samples, char* message,
                             long long size) {
    static std::mutex one_at_a_time;  // the generated code keeps one set of marks
    std::lock_guard<std::mutex> lock(one_at_a_time);
    if (unit < 0 || unit >= unit_count) return fail(message, size, "there is no such compute unit", "");
    if (samples < 0 || samples > 100) return fail(message, size, "so many samples are not possible", "");
    for (int i = 0; i < port_count; ++i) {
        const Memory& m = memories[i];
        const long long words = (samples * m.sample + m.codes - 1) / m.codes * m.words;
        if (bytes[i] < words * (long long)(sizeof(memory_word)))
            return fail(message, size, "the buffer is too small for the samples: ", m.name);
    }
    if (bytes[port_count] < (long long)(sizeof(unsigned int)) * 6)
        return fail(message, size, "the buffer is too small: ", "status");
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) hls::csim::marks()[i].left = 0;
    try {
        ::small_kernel(static_cast<const memory_word*>(memory[0]), static_cast<memory_word*>(memory[1]), static_cast<unsigned int*>(memory[2]), samples);
    } catch (const std::exception& problem) {
        return fail(message, size, problem.what(), "");
    }
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) {
        if (hls::csim::marks()[i].left > 0)
            return fail(message, size, "a stream was not read to its end: ", hls::csim::marks()[i].name);
    }
    return 0;
}

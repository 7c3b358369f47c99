// The kernel as a shared object for simulation from Python. Made by codesign 0.1.0 from the model abc.
#include "../kernel/small_kernel.cpp"

#include <cstdio>
#include <exception>

// One start. `memories` are those of the kernel in their order, the status last. Gives 0, or 1 and a message.
extern "C" __attribute__((visibility("default"))) int codesign_kernel_run(void* const* memories, int samples, char* message,
                                                                          long long size) {
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) hls::csim::marks()[i].left = 0;
    try {
        ::small_kernel(static_cast<const memory_word*>(memories[0]), static_cast<memory_word*>(memories[1]), static_cast<unsigned int*>(memories[2]), samples);
    } catch (const std::exception& problem) {
        std::snprintf(message, (unsigned long)size, "%s", problem.what());
        return 1;
    }
    for (unsigned long i = 0; i < hls::csim::marks().size(); ++i) {
        if (hls::csim::marks()[i].left > 0) {
            std::snprintf(message, (unsigned long)size, "stream %s was not read to its end", hls::csim::marks()[i].name);
            return 1;
        }
    }
    return 0;
}

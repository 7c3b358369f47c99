// small_kernel: the interface. Made by codesign 0.1.0 from the model abc.
#ifndef CODESIGN_KERNEL_H
#define CODESIGN_KERNEL_H

#include "../src/small.h"

#include "../src/codesign/memory.hpp"

// A word of 512 bits, little endian in memory.
typedef codesign::memory_of<512> codesign_memory;
typedef codesign_memory::word memory_word;

// Runs samples samples, at most 1000, that follow each other in memory without a gap, and writes
// status: four words of the design's digest, the version of the memory layout, the most samples of a batch. With no
// samples it does nothing else.
// x, read: 4 codes of 4 bits per sample; a word holds 32 beats of 4 codes; global_in
// y, written: 1 codes of 1 bits per sample; a word holds 512 beats of 1 codes; global_out
extern "C" void small_kernel(
    const memory_word* x,
    memory_word* y,
    unsigned int* status, int samples);

#endif

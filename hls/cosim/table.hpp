// What the bench knows of a design: its ports, processes and streams. `design.h`, printed for each design, fills it.
#pragma once

#include <cstdint>

#include "Vcosim.h"
#include "verilated.h"

typedef Vcosim Top;
typedef std::uint32_t Word;

// A beat is `words` words of 32 bits, the lowest first; the bits above the port's width are 0.
struct Input {
    const char* name;
    long beats;  // of one sample
    int words;
    void (*data)(Top&, const Word*);
    void (*valid)(Top&, bool);
    bool (*ready)(const Top&);
};

struct Output {
    const char* name;
    long beats;
    int words;
    void (*data)(const Top&, Word*);
    bool (*valid)(const Top&);
    void (*ready)(Top&, bool);
};

// A loop of a process, which issues `steps` iterations for each sample.
struct Loop {
    int process;
    long steps;
};

// A process at one end of a stream; `loop` is the one that reads or writes there.
struct End {
    int process;
    int loop;
    int stream;
};

struct Stream {
    const char* name;
    long depth;
    long beats;
};

// The ports of codesign_cosim.sv that tell what happens, as words: bit i belongs to row i of the table.
struct Probe {
    int bits;
    void (*read)(const Top&, Word*);
};

// Ports of Verilator are integers of the least size that holds them, or arrays of words.
inline void put(CData& port, const Word* x) { port = (CData)x[0]; }
inline void put(SData& port, const Word* x) { port = (SData)x[0]; }
inline void put(IData& port, const Word* x) { port = x[0]; }
inline void put(QData& port, const Word* x) { port = (QData)x[1] << 32 | x[0]; }
template <class Wide> inline void put(Wide& port, const Word* x) {
    for (unsigned i = 0; i < sizeof(port) / sizeof(Word); ++i) port[i] = x[i];
}

inline void get(const CData& port, Word* x) { x[0] = port; }
inline void get(const SData& port, Word* x) { x[0] = port; }
inline void get(const IData& port, Word* x) { x[0] = port; }
inline void get(const QData& port, Word* x) {
    x[0] = (Word)port;
    x[1] = (Word)(port >> 32);
}
template <class Wide> inline void get(const Wide& port, Word* x) {
    for (unsigned i = 0; i < sizeof(port) / sizeof(Word); ++i) x[i] = port[i];
}

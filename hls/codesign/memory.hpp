// Between memory and streams: words in bursts, and the beats that are packed in them.
//
// Where a beat fits a word, a word holds as many whole beats as fit, one after the other from the lowest bits. Where it
// does not, a beat takes several words of `slots` lanes each, the last of what is left. Samples follow each other
// without a gap; the last word of a batch is filled up with zeros. Words are little endian.
//
// C: beat, memory (its words), beats (per sample), beats_per_word, words_per_beat (one of the two is 1), slots (lanes
// per word). The beats of a batch are fewer than 2^31.
#ifndef CODESIGN_MEMORY_HPP
#define CODESIGN_MEMORY_HPP

#include "types.hpp"

#ifdef CODESIGN_NATIVE
#include "memory_native.hpp"
#else
#include "memory_ap.hpp"
#endif

namespace codesign {

// The words that the beats of a batch take; none for less than one sample.
template <class C> inline int words_of(int samples) {
#pragma HLS INLINE
    if (samples <= 0) return 0;
    const unsigned int beats = (unsigned int)samples * (unsigned int)C::beats;
    return int((beats + (unsigned int)(C::beats_per_word - 1)) / (unsigned int)C::beats_per_word) * C::words_per_beat;
}

// The words of a batch, one per cycle, from consecutive addresses: bursts as long as the port allows.
template <class C, class Words> void load(const typename C::memory::word* memory, Words& words, int samples) {
#pragma HLS INLINE
    const int count = codesign::words_of<C>(samples);
word:
    for (int w = 0; w < count; ++w) {
#pragma HLS PIPELINE II=1
        words.write(memory[w]);
    }
}

// The same the other way.
template <class C, class Words> void store(Words& words, typename C::memory::word* memory, int samples) {
#pragma HLS INLINE
    const int count = codesign::words_of<C>(samples);
word:
    for (int w = 0; w < count; ++w) {
#pragma HLS PIPELINE II=1
        memory[w] = words.read();
    }
}

// Takes words apart that hold one beat or several. The last word may hold fewer: it takes as long as the others.
template <class C, class Words, class Beats> void unpack(Words& words, Beats& beats, int samples) {
#pragma HLS INLINE
    const int count = codesign::words_of<C>(samples);
    int left = samples * C::beats;
    typename C::memory::word word;
word:
    for (int w = 0; w < count; ++w) {
    slot:
        for (int s = 0; s < C::beats_per_word; ++s) {
#pragma HLS PIPELINE II=1
            if (s == 0) word = words.read();
            const typename C::beat::word beat = C::memory::template take<typename C::beat>(word, s);
            if (left > 0) C::beat::write(beats, beat);
            --left;
        }
    }
}

// Fills words with one beat or several; zeros behind the last.
template <class C, class Beats, class Words> void pack(Beats& beats, Words& words, int samples) {
#pragma HLS INLINE
    const int count = codesign::words_of<C>(samples);
    int left = samples * C::beats;
    typename C::memory::word word = C::memory::zeros();
word:
    for (int w = 0; w < count; ++w) {
    slot:
        for (int s = 0; s < C::beats_per_word; ++s) {
#pragma HLS PIPELINE II=1
            if (left > 0) {
                C::memory::template put<typename C::beat, C::beats_per_word>(word, C::beat::read(beats), s);
            } else {
                C::memory::template skip<typename C::beat, C::beats_per_word>(word, s);
            }
            --left;
            if (s == C::beats_per_word - 1) words.write(word);
        }
    }
}

// Puts beats together that take several words.
template <class C, class Words, class Beats> void gather(Words& words, Beats& beats, int samples) {
#pragma HLS INLINE
    const int count = samples * C::beats;
    typename C::beat::word beat;
beat:
    for (int b = 0; b < count; ++b) {
    part:
        for (int p = 0; p < C::words_per_beat; ++p) {
#pragma HLS PIPELINE II=1
            C::memory::template put_part<C>(beat, words.read(), p);
            if (p == C::words_per_beat - 1) C::beat::write(beats, beat);
        }
    }
}

// Spreads beats over several words.
template <class C, class Beats, class Words> void scatter(Beats& beats, Words& words, int samples) {
#pragma HLS INLINE
    const int count = samples * C::beats;
    typename C::beat::word beat;
beat:
    for (int b = 0; b < count; ++b) {
    part:
        for (int p = 0; p < C::words_per_beat; ++p) {
#pragma HLS PIPELINE II=1
            if (p == 0) beat = C::beat::read(beats);
            words.write(C::memory::template take_part<C>(beat, p));
        }
    }
}

}  // namespace codesign

#endif
